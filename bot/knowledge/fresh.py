"""The knowledge follows its files: what is changed there is known within seconds, without a restart.

Files that are wrong change nothing: what was known goes on being known, and whoever looks after it is told once.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from bot.knowledge.files import (
    KnowledgeError,
    Texts,
    knowledge_files,
    knowledge_folder,
    known_texts,
    read_texts,
    replace_texts,
)
from bot.knowledge.load import parse_knowledge
from bot.knowledge.names import FILES, read_index
from bot.knowledge.places.gazetteer import read_gazetteer

log = structlog.get_logger()

LOOK_SECONDS = 1.0

Stamp = tuple[tuple[str, int, int], ...]
Tell = Callable[[str], Awaitable[None]]


def check_texts(texts: Texts) -> None:
    """Read everything as it is read when it is needed. Raises `KnowledgeError` at the first thing that is wrong."""
    read_gazetteer(texts, parse_knowledge(texts))
    for name in FILES:
        read_index(texts, name)


def stamp_of(folder: Path) -> Stamp:
    """Changes whenever a file is written, added or removed. Empty when the folder cannot be read."""
    try:
        found = [(str(path), path.stat()) for path in knowledge_files(folder)]
    except OSError:
        return ()
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


class Follower:
    """Looks at the folder again and again. One a process, on its event loop."""

    def __init__(self) -> None:
        self.problem = ""
        """What is wrong with the files as they are now; empty when nothing is."""
        self._done: Stamp | None = None
        self._before: Stamp | None = None

    async def look(self) -> bool:
        """Take over what changed, once the files are as they were at the look before: a change may be of several files.

        True when the knowledge was replaced.
        """
        stamp = await asyncio.to_thread(stamp_of, knowledge_folder())
        still, self._before = stamp == self._before, stamp
        if stamp == self._done or not still:
            return False
        self._done = stamp
        try:
            texts = await asyncio.to_thread(_changed)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the files, what was known stays
            self.problem = str(error) if isinstance(error, KnowledgeError) else repr(error)
            log.warning("knowledge not taken over", reason=self.problem)
            return False
        self.problem = ""
        if texts is None:
            return False
        replace_texts(texts)
        log.info("knowledge taken over")
        return True


def _changed() -> Texts | None:
    """The files, found right; None when they are those known."""
    texts = read_texts(knowledge_folder())
    if texts == known_texts():
        return None
    check_texts(texts)
    return texts


@asynccontextmanager
async def following_files() -> AsyncIterator[Follower]:
    """Follow the files for as long as the context lasts."""
    follower = Follower()
    task = asyncio.create_task(follow_files(follower))
    try:
        yield follower
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def follow_files(
    follower: Follower, *, then: Callable[[], object] | None = None, tell: Tell | None = None
) -> None:
    """Look every second; ends only when cancelled.

    `then` is called after each change, to compute what a citizen would wait for; `tell` with each new problem.
    """
    told = ""
    while True:
        if await follower.look() and then is not None:
            then()
        if follower.problem != told:
            told = follower.problem
            if told and tell is not None:
                await tell(told)
        await asyncio.sleep(LOOK_SECONDS)
