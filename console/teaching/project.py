"""The project's files as the pages of teaching need them, read again when they changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock

from aiohttp import web
from yaml import YAMLError

from bot.knowledge import Knowledge, KnowledgeError, load_knowledge
from bot.knowledge.load import FOLDER
from bot.knowledge.spelling import fold
from bot.teaching.clustering import rarity
from bot.teaching.examples import FOLDERS, Examples, ExamplesError, read_examples
from bot.teaching.regression import RegressionError
from console.keys import SETTINGS
from console.security import refusal
from console.transcripts import labels

SUGGESTIONS = 3
State = tuple[tuple[str, int, int], ...]
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class Training:
    """The training examples, and how telling each word is among them."""

    examples: Examples

    @cached_property
    def telling(self) -> dict[str, float]:
        """For `clustering.Groups`."""
        return rarity(text for texts in self.examples.texts.values() for text in texts)


@dataclass(frozen=True)
class Project:
    """What is taught, as it was when it was asked for."""

    root: Path
    knowledge: Knowledge
    training: Training

    def title(self, intent: str | None) -> str:
        """An intent in words; those of topics taught just now too."""
        service = self.knowledge.services.get((intent or "").removeprefix("faq/"))
        return service.title if service and (intent or "").startswith("faq/") else labels.intent(intent)

    @cached_property
    def teachable(self) -> list[tuple[str, str]]:
        """Intents that learn from examples, with their words, in the order of those."""
        named = [(intent, self.title(intent)) for intent in self.training.examples.files]
        return sorted(named, key=lambda pair: pair[1].casefold())

    def suggested(self, proposed: str | None, likely: Sequence[str]) -> list[str]:
        """The intents to offer as buttons: what a colleague proposed, then what the model thought of."""
        wanted = [intent for intent in likely if intent in self.training.examples.files][:SUGGESTIONS]
        return list(dict.fromkeys([proposed, *wanted] if proposed else wanted))

    def chosen(self, written: str) -> str | None:
        """The intent meant by its name or its words; None when none or several could be."""
        found = self.search(written)
        exact = [intent for intent, title in found if written in (intent, title) or fold(written) == fold(title)]
        if len(exact) == 1:
            return exact[0]
        return found[0][0] if len(found) == 1 else None

    def search(self, written: str) -> list[tuple[str, str]]:
        """The intents whose words or name have all the words written."""
        wanted = fold(written).split()
        return [
            (intent, title)
            for intent, title in self.teachable
            if wanted and all(word in fold(f"{title} {intent}") for word in wanted)
        ]


def root_of(request: web.Request) -> Path:
    """The project's folder."""
    return request.app[SETTINGS].project_dir


async def project_of(request: web.Request) -> Project:
    """The project as its files are now. Raises HTTP 409 when one is wrong."""
    try:
        return await asyncio.to_thread(read_project, root_of(request))
    except WRONG_FILES as error:
        raise wrong_files(error) from None


WRONG_FILES = (KnowledgeError, ExamplesError, RegressionError, YAMLError)
"""What is raised when somebody left a file of the project in disorder."""


def wrong_files(error: Exception) -> web.HTTPException:
    """The refusal that says so: nothing is taught on top of a file that cannot be read."""
    told = " ".join(str(error).split())[:300]
    return refusal(web.HTTPConflict, f"Un file del progetto è da correggere prima di insegnare: {told}.")


def read_project(root: Path) -> Project:
    """The same outside of a request."""
    with _ONE_AT_A_TIME:
        return Project(
            root, _knowledge(_state(root, (FOLDER.as_posix(),)), root), _training(_state(root, FOLDERS), root)
        )


@lru_cache(maxsize=1)
def _knowledge(state: State, root: Path) -> Knowledge:
    return load_knowledge(root / FOLDER)


@lru_cache(maxsize=1)
def _training(state: State, root: Path) -> Training:
    return Training(read_examples(root))


def _state(root: Path, folders: tuple[str, ...]) -> State:
    found = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*.*")):
            about = path.stat()
            found.append((path.name, about.st_mtime_ns, about.st_size))
    return tuple(found)
