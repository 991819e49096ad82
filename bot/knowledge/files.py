"""The texts of the knowledge files as this process knows them, and what is kept of them.

All of a process's knowledge comes from one reading of the folder. `bot.knowledge.fresh` puts a newer one in its place when
the files change; what was computed from the old one is dropped then, so that no two parts speak of different files.
"""

from collections.abc import Callable, Mapping
from functools import _lru_cache_wrapper, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from bot.settings import get_settings

FOLDER = Path("bot", "knowledge", "data")
"""Where the files are, inside the project's folder."""
KINDS = frozenset({".yml", ".csv"})

Texts = Mapping[str, str]
"""The files by name; those of a subfolder as `services/did.yml`."""
T = TypeVar("T")

_kept: "list[_lru_cache_wrapper[Any]]" = []
_known: list[Texts] = []


class KnowledgeError(Exception):
    """A knowledge file is missing or wrong; the message names the file, the entry and the field."""


def from_knowledge(*, maxsize: int | None = None) -> Callable[[Callable[..., T]], "_lru_cache_wrapper[T]"]:
    """Keep results as `lru_cache` does, until the knowledge is read anew. For what is computed from it."""

    def keep(function: Callable[..., T]) -> "_lru_cache_wrapper[T]":
        kept = lru_cache(maxsize)(function)
        _kept.append(kept)
        return kept

    return keep


def knowledge_folder() -> Path:
    """The folder of the knowledge files."""
    return get_settings().project_dir / FOLDER


def knowledge_files(folder: Path) -> list[Path]:
    """The files of a folder that are read, in a fixed order."""
    return sorted(path for path in folder.rglob("[!.]*") if path.suffix in KINDS)


def read_texts(folder: Path) -> Texts:
    """Every file of a folder. Raises `KnowledgeError` naming the one that cannot be read."""
    texts = {}
    for path in knowledge_files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise KnowledgeError(f"{name}: non si legge ({error})") from None
    return texts


def text_of(texts: Texts, name: str) -> str:
    """One file. Raises `KnowledgeError` when it is missing."""
    try:
        return texts[name]
    except KeyError:
        raise KnowledgeError(f"{name}: il file manca") from None


def known_texts() -> Texts:
    """The files as this process knows them: read at the first call, then only when they are replaced."""
    if not _known:
        _known.append(read_texts(knowledge_folder()))
    return _known[0]


def replace_texts(texts: Texts | None) -> None:
    """Know these files from now on, or those of the folder at the next question. Not while another thread asks."""
    _known[:] = [] if texts is None else [texts]
    for kept in _kept:
        kept.cache_clear()
