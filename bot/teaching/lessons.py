"""Lessons: files changed and the row that says who did it, both or neither.

One lesson at a time is written, whoever teaches and from whichever machine: the database holds the lock. What was shown
is written or nothing is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.settings import get_settings
from bot.teaching.changes import Change, diff, digest, put_back, read, reverse, write
from bot.teaching.live import files_known, know_files
from bot.teaching.regression import GROWING
from bot.teaching.tables import lessons, review_clusters

Kind = Literal["examples", "entities", "topic", "answer", "centre", "place", "owner", "regression"]
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('sportello teaching'))")


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What would be written, before anybody said yes. `title` says it in words; `intent` when it is about one."""

    kind: Kind
    title: str
    changes: tuple[Change, ...]
    intent: str | None = None

    @property
    def diff(self) -> str:
        """What changes, as a patch."""
        return diff(self.changes)

    @property
    def digest(self) -> str:
        """Names what was shown: given back to `teach`, the very same is written or nothing."""
        return digest(self.changes, growing=GROWING)


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who teaches: an account of the console, or a name alone."""

    name: str
    account_id: UUID | None = None


class ChangedError(Exception):
    """Files are no longer as they were shown; `proposal` is what would be written now."""

    def __init__(self, proposal: Proposal) -> None:
        self.proposal = proposal
        super().__init__(proposal.title)


class NotWritableError(Exception):
    """The project's folder cannot be written; the message says so in Italian."""


Also = Callable[[AsyncConnection, UUID], Awaitable[None]]


async def _nothing(connection: AsyncConnection, lesson_id: UUID) -> None:
    return None


async def teach(
    engine: AsyncEngine,
    root: Path,
    propose: Callable[[Path], Proposal],
    *,
    shown: str,
    author: Author,
    also: Also = _nothing,
) -> UUID:
    """Write what `propose` makes of the files as they are now, if that is what was shown. Returns the lesson's id.

    `also` is done in the same transaction, with the lesson's id. Raises `ChangedError` when files changed meanwhile,
    `NotWritableError`, and whatever `propose` raises.
    """
    lesson_id = uuid4()
    async with engine.connect() as connection, connection.begin() as transaction:
        await connection.execute(_ONE_AT_A_TIME)
        proposal = await asyncio.to_thread(propose, root)
        if proposal.digest != shown:
            raise ChangedError(proposal)
        row = {
            "id": lesson_id,
            "kind": proposal.kind,
            "title": proposal.title,
            "intent": proposal.intent,
            "account_id": author.account_id,
            "author": author.name,
            "diff": proposal.diff,
            "files": [change.path for change in proposal.changes],
        }
        await connection.execute(insert(lessons).values(**row))
        await also(connection, lesson_id)
        await _written(connection, root, proposal.changes, transaction.commit)
    return lesson_id


async def _written(
    connection: AsyncConnection, root: Path, changes: Sequence[Change], commit: Callable[[], Awaitable[None]]
) -> None:
    """The files first, then the rows: if those do not stay, neither do the files."""
    settings = get_settings().model_copy(update={"project_dir": root})
    known = await files_known(connection, settings)
    try:
        await asyncio.to_thread(write, root, changes)
    except OSError as error:
        raise NotWritableError(not_writable(root, error)) from None
    try:
        # A lesson goes live when somebody puts it live, not when the system happens to be started again.
        if known:
            await know_files(connection, settings)
        await commit()
    except BaseException:
        await asyncio.shield(asyncio.to_thread(put_back, root, changes))
        raise


def not_writable(root: Path, error: OSError) -> str:
    """One sentence about a folder that does not take what is taught."""
    why = error.strerror or "errore del disco"
    return f"Non posso scrivere in {root}: {why}. Non abbiamo cambiato niente: avvisa chi gestisce il sistema."


async def lesson_of(connection: AsyncConnection, lesson_id: UUID) -> RowMapping | None:
    """One lesson."""
    return (await connection.execute(select(lessons).where(lessons.c.id == lesson_id))).mappings().one_or_none()


async def latest_lessons(
    connection: AsyncConnection, *, most: int = 100, before: UUID | None = None
) -> list[RowMapping]:
    """Lessons, the latest first."""
    query = select(lessons).order_by(lessons.c.taught_at.desc(), lessons.c.id).limit(most)
    if before is not None:
        start = select(lessons.c.taught_at).where(lessons.c.id == before).scalar_subquery()
        query = query.where(lessons.c.taught_at < start)
    return list((await connection.execute(query)).mappings())


def undoing(lesson: RowMapping) -> Callable[[Path], Proposal]:
    """What takes a lesson back. The proposal raises `ReverseError` when others changed the same lines since."""

    def propose(root: Path) -> Proposal:
        changes = tuple(reverse(lesson["diff"], lambda path: read(root, path)))
        return Proposal(
            kind=lesson["kind"], title=f"Annullata: {lesson['title']}", changes=changes, intent=lesson["intent"]
        )

    return propose


async def undo(
    engine: AsyncEngine, root: Path, lesson_id: UUID, *, shown: str, author: Author, also: Also = _nothing
) -> None:
    """Take a lesson back: its files as they were, its messages to review again.

    Raises `ChangedError`, `NotWritableError`, `ReverseError`; `LookupError` for a lesson that is gone or undone already.
    """
    async with engine.connect() as connection, connection.begin() as transaction:
        await connection.execute(_ONE_AT_A_TIME)
        lesson = await lesson_of(connection, lesson_id)
        if lesson is None or lesson["undone_at"] is not None:
            raise LookupError(lesson_id)
        proposal = await asyncio.to_thread(undoing(lesson), root)
        if proposal.digest != shown:
            raise ChangedError(proposal)
        done = update(lessons).where(lessons.c.id == lesson_id)
        await connection.execute(done.values(undone_at=func.clock_timestamp(), undone_by=author.name))
        again = update(review_clusters).where(review_clusters.c.lesson_id == lesson_id)
        await connection.execute(again.values(status="open", decided_at=None, decided_by=None, lesson_id=None))
        await also(connection, lesson_id)
        await _written(connection, root, proposal.changes, transaction.commit)
