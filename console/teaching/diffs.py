"""A patch as a page shows it: by file, each line with a word for what happens to it."""

from collections.abc import Iterator
from dataclasses import dataclass

SIGNS = {"+": "added", "-": "removed", " ": "same"}


@dataclass(frozen=True)
class File:
    """One file: `state` is new, gone or changed; `lines` are (kind, text), kind one of added, removed, same, gap."""

    path: str
    state: str
    lines: list[tuple[str, str]]


def files_of(patch: str) -> list[File]:
    """The files of a patch as `bot.teaching.changes.diff` writes it."""
    found: list[File] = []
    for old, new, lines in _split(patch):
        state = "new" if old == "/dev/null" else "gone" if new == "/dev/null" else "changed"
        path = (old if state == "gone" else new).partition("/")[2]
        found.append(File(path, state, lines))
    return found


def _split(patch: str) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    lines = patch.split("\n")[:-1]
    current: tuple[str, str, list[tuple[str, str]]] | None = None
    at = 0
    while at < len(lines):
        line = lines[at]
        if (
            line.startswith("--- ")
            and at + 2 < len(lines)
            and lines[at + 1].startswith("+++ ")
            and lines[at + 2][:2] == "@@"
        ):
            if current:
                yield current
            current = (line[4:], lines[at + 1][4:], [])
            at += 2
            continue
        if current and line[:2] == "@@":
            if current[2]:
                current[2].append(("gap", ""))
        elif current and line[:1] in SIGNS:
            current[2].append((SIGNS[line[0]], line[1:]))
        at += 1
    if current:
        yield current
