"""Services and sites found by the names people give them, in running text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.knowledge.files import KnowledgeError, Texts, from_knowledge, known_texts
from bot.knowledge.load import read_yaml
from bot.knowledge.spelling import fold


@dataclass(frozen=True)
class Named:
    """`id` was named at `start` to `end` of the folded text, with the words `name`."""

    id: str
    name: str
    start: int
    end: int


Index = tuple[re.Pattern[str], dict[str, str]]
FILES = ("service_names.yml", "centre_names.yml")


@from_knowledge()
def _index(file: str) -> Index:
    return read_index(known_texts(), file)


def read_index(texts: Texts, file: str) -> Index:
    """The pattern that finds the names of a file, and the id of each. Raises `KnowledgeError`."""
    entries = read_yaml(texts, file)
    if not isinstance(entries, dict) or not all(isinstance(names, list) and names for names in entries.values()):
        raise KnowledgeError(f"{file}: ogni id deve avere un elenco di nomi")
    by_name = {str(name): key for key, names in entries.items() for name in names}
    longest_first = sorted(by_name, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")\b"), by_name


def _find(file: str, text: str) -> Iterator[Named]:
    pattern, by_name = _index(file)
    for match in pattern.finditer(fold(text)):
        yield Named(by_name[match[0]], match[0], match.start(), match.end())


def named_services(text: str) -> list[Named]:
    """The services a text names, in order."""
    return list(_find(FILES[0], text))


def named_sites(text: str) -> list[Named]:
    """The centres and sites a text points at by street or nickname, in order."""
    return list(_find(FILES[1], text))
