"""Services and sites found by the names people give them, in running text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import yaml

from bot.knowledge.load import knowledge_folder
from bot.knowledge.spelling import fold


@dataclass(frozen=True)
class Named:
    """`id` was named at `start` to `end` of the folded text, with the words `name`."""

    id: str
    name: str
    start: int
    end: int


@lru_cache
def _index(file: str) -> tuple[re.Pattern[str], dict[str, str]]:
    entries = yaml.safe_load((knowledge_folder() / file).read_text(encoding="utf-8"))
    by_name = {str(name): key for key, names in entries.items() for name in names}
    longest_first = sorted(by_name, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")\b"), by_name


def _find(file: str, text: str) -> Iterator[Named]:
    pattern, by_name = _index(file)
    for match in pattern.finditer(fold(text)):
        yield Named(by_name[match[0]], match[0], match.start(), match.end())


def named_services(text: str) -> list[Named]:
    """The services a text names, in order."""
    return list(_find("service_names.yml", text))


def named_sites(text: str) -> list[Named]:
    """The centres and sites a text points at by street or nickname, in order."""
    return list(_find("centre_names.yml", text))
