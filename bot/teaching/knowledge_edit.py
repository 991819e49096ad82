"""What changing answers and changing centres share: sources asked for, the whole knowledge read before it is proposed.

Every fact has a source. Nothing is proposed that the knowledge's own rules refuse.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from yaml import YAMLError

from bot.knowledge import Knowledge, KnowledgeError
from bot.knowledge.files import FOLDER, read_texts
from bot.knowledge.load import parse_knowledge
from bot.teaching.changes import Change, read
from bot.teaching.yaml_edit import YamlEditError, changed, load

READABLE = 60
DATA = FOLDER.as_posix()


class KnowledgeEditError(Exception):
    """What was written cannot be kept; the message says why in Italian, `field` names the field of the form."""

    def __init__(self, message: str, field: str = "") -> None:
        self.field = field
        super().__init__(message)


@dataclass(frozen=True, kw_only=True)
class NewSource:
    """Where a fact comes from. Without a title there is none."""

    title: str = ""
    url: str = ""
    date: str = ""

    def as_data(self) -> list[dict[str, str | None]]:
        """As the files have it: none or one. Raises `KnowledgeEditError`."""
        if not self.title:
            if self.url or self.date:
                raise KnowledgeEditError("Scrivi il titolo della fonte.", "fonte")
            return []
        if self.url and not re.fullmatch(r"https?://[^\s<>\"]{3,1000}", self.url):
            raise KnowledgeEditError("L'indirizzo della fonte inizia con https:// e non ha spazi.", "fonte-indirizzo")
        return [{"title": self.title, "url": self.url or None, "date": self.date or None}]


def data_of(root: Path, path: str) -> Any:
    """What a file says; None when there is none. Raises `KnowledgeError` naming the file when it is wrong."""
    text = read(root, path)
    try:
        return None if text is None else load(text)
    except YAMLError as error:
        raise KnowledgeError(f"{path}: {error}") from None


def texts_with(root: Path, changes: Sequence[Change]) -> dict[str, str]:
    """The knowledge files as the changes would leave them."""
    texts = dict(read_texts(root / FOLDER))
    for change in changes:
        name = change.path.removeprefix(f"{DATA}/")
        if name != change.path and change.after is not None:
            texts[name] = change.after
    return texts


def checked_with(root: Path, changes: Sequence[Change]) -> Knowledge:
    """The knowledge as the changes would leave it. Raises `KnowledgeEditError` when it could not be read."""
    try:
        return parse_knowledge(texts_with(root, changes))
    except KnowledgeError as error:
        raise KnowledgeEditError(f"Così non si può salvare: {error}") from None


def edited(root: Path, path: str, wanted: Any) -> Change:
    """The change that makes a file say `wanted`. Raises `KnowledgeEditError`."""
    before = read(root, path)
    if before is None:
        raise KnowledgeEditError(f"{path} non c'è più.")
    try:
        return Change(path=path, before=before, after=changed(before, wanted))
    except YamlEditError as error:
        raise KnowledgeEditError(f"{path}: {error}.") from None


def dated(text: str, field: str) -> str | None:
    """A day as the files have it. Raises `KnowledgeEditError`."""
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise KnowledgeEditError("La data si scrive con giorno, mese e anno.", field) from None


def set_if_known(entry: dict[str, Any], name: str, value: Any) -> None:
    """Set a value; a key that was never written is not written to say that nothing is known."""
    if value or name in entry:
        entry[name] = value


def ask_source(words_changed: bool, source: NewSource, confirmed: bool) -> None:
    """Nothing new is said without a source. Raises `KnowledgeEditError`."""
    if words_changed and not source.title and not confirmed:
        raise KnowledgeEditError(
            "Da dove lo sai? Aggiungi la fonte, o conferma che lo dice una di quelle elencate.", "fonte"
        )
