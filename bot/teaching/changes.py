"""Changes to the project's files: shown as a diff, written all or none, turned round again.

What operators teach lives in these files. A change carries what the file was, so that nobody overwrites what somebody
else wrote meanwhile.
"""

import difflib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

CONTEXT = 3
NOTHING = "/dev/null"
_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_NO_END = "\\ No newline at end of file"


class ReverseError(Exception):
    """A file is no longer as the change left it, just where it would be turned round; `path` names it."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One file, its path relative to the project. None: there is no such file."""

    path: str
    before: str | None
    after: str | None

    @property
    def lines(self) -> list[str]:
        """The change as a unified diff."""
        before, after = _lines(self.before), _lines(self.after)
        old = f"a/{self.path}" if self.before is not None else NOTHING
        new = f"b/{self.path}" if self.after is not None else NOTHING
        return _with_ends(difflib.unified_diff(before, after, old, new, n=CONTEXT))


def _lines(text: str | None) -> list[str]:
    # Not str.splitlines, which cuts at characters that are no line ends in these files.
    return re.findall(r"[^\n]*\n|[^\n]+$", text or "")


def _with_ends(lines: Iterable[str]) -> list[str]:
    told: list[str] = []
    for line in lines:
        told += [line[:-1]] if line.endswith("\n") else [line, _NO_END]
    return told


def diff(changes: Sequence[Change]) -> str:
    """All changes as one patch that `git apply` and `patch -p1` take; empty when nothing changes."""
    told = [line for change in changes for line in change.lines]
    return "\n".join(told) + "\n" if told else ""


def digest(changes: Sequence[Change], *, growing: frozenset[str] = frozenset()) -> str:
    """What was shown, in 64 hexadecimal digits: the same later means that the very same would be written.

    Files named in `growing` are only added to by everybody: of them only the lines that change count.
    """
    told: list[list[object]] = []
    for change in changes:
        if change.path in growing:
            told.append(
                [change.path, [line for line in change.lines if line[:1] in "+-" and line[:3] not in ("---", "+++")]]
            )
        else:
            told.append([change.path, change.before, change.after])
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def read(root: Path, path: str) -> str | None:
    """The text of a file, line ends as they are; None when there is none."""
    try:
        return (root / path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None


def write(root: Path, changes: Sequence[Change]) -> None:
    """Write all, each file at once and whole. If one cannot be written, those before it are put back.

    Raises `OSError`.
    """
    done: list[Change] = []
    try:
        for change in changes:
            _put(root / change.path, change.after)
            done.append(change)
    except OSError:
        for change in done:
            _put(root / change.path, change.before)
        raise


def put_back(root: Path, changes: Sequence[Change]) -> None:
    """Undo `write` just after it."""
    write(root, [Change(path=one.path, before=one.after, after=one.before) for one in changes])


def _put(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


# --- turning round ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Hunk:
    start: int
    old: list[str]
    new: list[str]
    before: int  # lines of context at the beginning, and at the end
    after: int


def reverse(patch: str, current: Callable[[str], str | None]) -> list[Change]:
    """The changes that take a patch back, on the files as they are now. Raises `ReverseError`."""
    changes = []
    for old, new, hunks in _files(patch):
        path = (new if new != NOTHING else old).partition("/")[2]
        text = current(path)
        if new == NOTHING:
            if text is not None:
                raise ReverseError(path)
            changes.append(Change(path=path, before=None, after="".join(hunks[0].old)))
            continue
        if text is None:
            raise ReverseError(path)
        lines = _lines(text)
        for hunk in reversed(hunks):
            lines = _taken_back(path, lines, hunk)
        if old == NOTHING and lines:
            raise ReverseError(path)
        changes.append(Change(path=path, before=text, after=None if old == NOTHING else "".join(lines)))
    return changes


def _files(patch: str) -> list[tuple[str, str, list[_Hunk]]]:
    found: list[tuple[str, str, list[_Hunk]]] = []
    lines = patch.split("\n")[:-1]
    at = 0
    while at < len(lines):
        old, new = lines[at][4:], lines[at + 1][4:]
        at += 2
        hunks = []
        while at < len(lines) and (head := _HUNK.match(lines[at])):
            end = at + 1
            while end < len(lines) and lines[end][:1] in " +-\\" and not _is_head(lines, end):
                end += 1
            hunks.append(_hunk(int(head[2]), lines[at + 1 : end]))
            at = end
        found.append((old, new, hunks))
    return found


def _is_head(lines: list[str], at: int) -> bool:
    return (
        lines[at].startswith("--- ")
        and at + 2 < len(lines)
        and lines[at + 1].startswith("+++ ")
        and _HUNK.match(lines[at + 2]) is not None
    )


def _hunk(start: int, body: list[str]) -> _Hunk:
    old: list[str] = []
    new: list[str] = []
    signs = []
    for place, line in enumerate(body):
        if line == _NO_END:
            continue
        end = "" if place + 1 < len(body) and body[place + 1] == _NO_END else "\n"
        signs.append(line[0])
        if line[0] in " -":
            old.append(line[1:] + end)
        if line[0] in " +":
            new.append(line[1:] + end)
    changed = [place for place, sign in enumerate(signs) if sign != " "]
    return _Hunk(start - 1, old, new, changed[0], len(signs) - 1 - changed[-1])


def _taken_back(path: str, lines: list[str], hunk: _Hunk) -> list[str]:
    """The lines before the hunk was applied; less and less of what stood around has to be the same still."""
    if not hunk.new and not lines:
        return hunk.old
    for fuzz in range(CONTEXT + 1):
        head, tail = min(fuzz, hunk.before), min(fuzz, hunk.after)
        new = hunk.new[head : len(hunk.new) - tail]
        old = hunk.old[head : len(hunk.old) - tail]
        if not new:
            break
        places = [at for at in range(len(lines) - len(new) + 1) if lines[at : at + len(new)] == new]
        if places:
            at = min(places, key=lambda place: abs(place - hunk.start - head))
            return lines[:at] + old + lines[at + len(new) :]
    raise ReverseError(path)
