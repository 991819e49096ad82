"""Values of a YAML file changed in its text, so that comments, order, quotes and line breaks stay as somebody wrote them.

A file is never dumped anew. What comes out is read again, and unless it says exactly what was wanted nothing is changed.
"""

import difflib
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

WIDTH = 110
FOLDED_WIDTH = 100

Data = dict[str, Any] | list[Any] | str | int | float | bool | None
Edit = tuple[int, int, str]


class YamlEditError(Exception):
    """The change cannot be made without touching other things."""


def load(text: str) -> Any:
    """What the text says."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def changed(text: str, wanted: Any) -> str:
    """The text with the fewest changes that make it say `wanted`. Keys are added at the end of their mapping, none goes.

    Raises `YamlEditError`.
    """
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    if node is None:
        raise YamlEditError("il file è vuoto")
    writer = _Writer(text)
    edits = [(start, end, at, new) for at, (start, end, new) in enumerate(writer.edits(node, load(text), wanted))]
    after = text
    for start, end, _, new in sorted(edits, reverse=True):
        after = after[:start] + new + after[end:]
    if load(after) != wanted:
        raise YamlEditError("il file non si può cambiare in questo punto senza toccare il resto")
    return after


def dumped(value: Any, indent: int, *, folded: bool = True) -> str:
    """A mapping or list in block style, each line after `indent` spaces; long texts folded."""
    return "".join(f"{' ' * indent}{line}\n" for line in _block(value, folded=folded))


def _block(value: Any, *, folded: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _entry(key, inner, folded=folded)
    else:
        for item in value:
            lines = list(_block(item, folded=folded)) if isinstance(item, dict | list) else _inline(item).split("\n")
            yield f"- {lines[0]}"
            yield from (f"  {line}" for line in lines[1:])


def _entry(key: str, value: Any, *, folded: bool) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield f"{key}:"
        # Lists stand under their key as the files at hand have them.
        inner = _block(value, folded=folded)
        yield from (f"  {line}" if folded or isinstance(value, dict) else line for line in inner)
    elif folded and isinstance(value, str) and len(key) + len(value) + 2 > FOLDED_WIDTH - 2:
        yield f"{key}: >-"
        yield from (f"  {line}" for line in _wrapped(value, FOLDED_WIDTH - 2))
    else:
        yield f"{key}: {_inline(value)}"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _inline(value: Any, style: str | None = None) -> str:
    """One scalar, or an empty collection, on one line; in quotes of `style` when it had them."""
    kept = style if style in ("'", '"') and isinstance(value, str) else None
    told: str = yaml.safe_dump(value, allow_unicode=True, width=2**20, default_style=kept, default_flow_style=True)
    return told.removesuffix("\n").removesuffix("\n...")


def _in_flow(value: Any) -> str:
    """A value inside brackets, where commas and brackets need quotes."""
    told: str = yaml.safe_dump([value], allow_unicode=True, width=2**20, default_flow_style=True)
    return told.strip()[1:-1]


class _Writer:
    """Finds what to replace in one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.folded = any(line.rstrip().endswith((": >-", ": >")) for line in self.lines)

    def _at(self, mark: yaml.Mark) -> int:
        return self.starts[mark.line] + mark.column

    def _end(self, node: yaml.Node) -> int:
        """Where a node's own text ends: the marks of blocks lie behind the comments and blank lines that follow."""
        if isinstance(node, yaml.ScalarNode):
            return self._end_of_block(node) if node.style in ("|", ">") else self._at(node.end_mark)
        assert isinstance(node, yaml.CollectionNode)
        if node.flow_style or not node.value:
            return self._at(node.end_mark)
        last = node.value[-1]
        return self._end(last[1] if isinstance(node, yaml.MappingNode) else last)

    def _end_of_block(self, node: yaml.ScalarNode) -> int:
        first = node.start_mark.line
        own = self._indent(first)
        last = first
        for number in range(first + 1, len(self.lines)):
            line = self.lines[number]
            if line.strip() and self._indent(number) <= own:
                break
            if line.strip():
                last = number
        return self.starts[last] + len(self.lines[last])

    def _indent(self, number: int) -> int:
        line = self.lines[number]
        return len(line) - len(line.lstrip(" "))

    # --- what differs ---

    def edits(self, node: yaml.Node, old: Any, new: Any) -> Iterator[Edit]:
        """What to replace so that the node says `new`."""
        if old == new and type(old) is type(new):
            return
        if isinstance(node, yaml.MappingNode) and isinstance(new, dict):
            yield from self._mapping(node, old, new)
        elif isinstance(node, yaml.SequenceNode) and isinstance(new, list) and new and old:
            yield from (self._flow if node.flow_style else self._sequence)(node, old, new)
        elif isinstance(node, yaml.ScalarNode) and not isinstance(new, dict | list):
            yield self._scalar(node, new)
        else:
            raise YamlEditError("un elenco non può prendere questo posto")

    def _mapping(self, node: yaml.MappingNode, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Edit]:
        if set(old) - set(new):
            raise YamlEditError("nessuna voce si può togliere")
        for key, value in node.value:
            if old[key.value] == new[key.value] and type(old[key.value]) is type(new[key.value]):
                continue
            if node.flow_style:
                yield self._at(value.start_mark), self._end(value), _in_flow(new[key.value])
            elif self._same_kind(value, old[key.value], new[key.value]):
                yield from self.edits(value, old[key.value], new[key.value])
            else:
                entry = _entry(key.value, new[key.value], folded=self.folded)
                indent = " " * key.start_mark.column
                told = f"\n{indent}".join(entry)
                yield self._at(key.start_mark), self._end(value), told
        added = {key: value for key, value in new.items() if key not in old}
        if added and node.flow_style:
            end = self._end(node.value[-1][1])
            yield end, end, "".join(f", {key}: {_in_flow(value)}" for key, value in added.items())
        elif added:
            indent = " " * node.value[0][0].start_mark.column
            lines = [line for key, value in added.items() for line in _entry(key, value, folded=self.folded)]
            yield self._new_lines(self._after(self._end(node)), [f"{indent}{line}" for line in lines])

    def _same_kind(self, node: yaml.Node, old: Any, new: Any) -> bool:
        """Whether the old value's own text can be changed; else its whole entry is written anew."""
        if isinstance(new, dict):
            return isinstance(node, yaml.MappingNode) and bool(old)
        if isinstance(new, list):
            return isinstance(node, yaml.SequenceNode) and bool(old) and bool(new)
        if not isinstance(node, yaml.ScalarNode):
            return False
        if node.style in ("|", ">"):
            return isinstance(new, str) and bool(new)
        if not self.folded or not isinstance(new, str) or node.start_mark.line != node.end_mark.line:
            return True
        # A line may grow by a word before it is folded.
        return node.start_mark.column + len(new) <= max(FOLDED_WIDTH, node.start_mark.column + len(str(old)) + 12)

    def _sequence(self, node: yaml.SequenceNode, old: list[Any], new: list[Any]) -> Iterator[Edit]:
        keys_old, keys_new = [repr(one) for one in old], [repr(one) for one in new]
        dash = " " * self.lines[node.value[0].start_mark.line].index("-")
        matcher = difflib.SequenceMatcher(None, keys_old, keys_new, autojunk=False)
        for what, first, last, start, end in matcher.get_opcodes():
            if what == "equal":
                continue
            pairs = min(last - first, end - start)
            for step in range(pairs):
                yield from self._item(node.value[first + step], old[first + step], new[start + step])
            for gone in node.value[first + pairs : last]:
                yield self._lines_of(gone)
            fresh = new[start + pairs : end]
            if fresh:
                told = [f"{dash}{line}" for line in _block(fresh, folded=self.folded)]
                place = (
                    self._lines_of(node.value[first + pairs - 1])[1]
                    if first + pairs
                    else self._lines_of(node.value[0])[0]
                )
                yield self._new_lines(place, told)

    def _new_lines(self, place: int, lines: list[str]) -> Edit:
        """Whole lines put in where a line begins, or after a last line that does not end."""
        if place > len(self.text):
            return len(self.text), len(self.text), "".join(f"\n{line}" for line in lines)
        return place, place, "".join(f"{line}\n" for line in lines)

    def _after(self, place: int) -> int:
        """Where the next line begins; behind the text when the last line does not end."""
        end = self.text.find("\n", place)
        return len(self.text) + 1 if end < 0 else end + 1

    def _item(self, node: yaml.Node, old: Any, new: Any) -> Iterator[Edit]:
        if isinstance(old, dict) and isinstance(new, dict) and set(old) <= set(new):
            yield from self.edits(node, old, new)
        elif isinstance(new, dict | list) or isinstance(old, dict | list):
            column = " " * node.start_mark.column
            told = f"\n{column}".join(_block(new, folded=self.folded))
            yield self._at(node.start_mark), self._end(node), told
        else:
            yield from self.edits(node, old, new)

    def _lines_of(self, node: yaml.Node) -> Edit:
        """An item with its dash, whole lines."""
        return self.starts[node.start_mark.line], self._after(self._end(node)), ""

    def _flow(self, node: yaml.SequenceNode, old: list[Any], new: list[Any]) -> Iterator[Edit]:
        if len(new) == len(old):
            for item, was, is_now in zip(node.value, old, new, strict=True):
                if was != is_now:
                    yield self._at(item.start_mark), self._end(item), _in_flow(is_now)
        elif new[: len(old)] == old:
            end = self._end(node.value[-1])
            # A line of its own where the last one is full.
            line = self.lines[node.end_mark.line]
            told = ", ".join(map(_in_flow, new[len(old) :]))
            if len(line) + len(told) + 2 > WIDTH + 20:
                indent = " " * (self._indent(node.start_mark.line) + 2)
                yield end, end, f",\n{indent}{told}"
            else:
                yield end, end, f", {told}"
        else:
            yield self._at(node.start_mark), self._end(node), "[" + ", ".join(map(_in_flow, new)) + "]"

    # --- one text ---

    def _scalar(self, node: yaml.ScalarNode, new: Any) -> Edit:
        start, end = self._at(node.start_mark), self._end(node)
        raw = self.text[start:end]
        if node.style == ">" and isinstance(new, str):
            head, _, body = raw.partition("\n")
            lines = body.split("\n")
            indent = " " * (len(lines[0]) - len(lines[0].lstrip(" ")))
            kept = _kept_lines([line.strip() for line in lines], new, WIDTH - len(indent))
            return start, end, "\n".join([head, *(f"{indent}{line}" for line in kept)])
        told = _inline(new, node.style)
        if "\n" in raw and isinstance(new, str):
            # Over several lines: only those are touched whose words change.
            lines = raw.split("\n")
            indent = " " * (len(lines[1]) - len(lines[1].lstrip(" ")))
            kept = _kept_lines([line.strip() for line in lines], told, WIDTH)
            told = f"\n{indent}".join(kept)
        return start, end, told


def _kept_lines(lines: Sequence[str], new: str, width: int) -> list[str]:
    """The new words in the old lines: each stays on the line it was on, new ones go where their neighbours are."""
    words = [(word, number) for number, line in enumerate(lines) for word in line.split()]
    wanted = new.split()
    placed: list[list[str]] = [[] for _ in lines]
    matcher = difflib.SequenceMatcher(None, [word for word, _ in words], wanted, autojunk=False)
    for what, first, last, start, end in matcher.get_opcodes():
        for step in range(end - start):
            if what in ("equal", "replace"):
                number = words[min(first + step, last - 1)][1]
            else:
                number = words[max(first - 1, 0)][1] if words else 0
            placed[number].append(wanted[start + step])
    kept: list[str] = []
    for old, line in zip(lines, map(" ".join, placed), strict=True):
        if line:
            # A line may grow by a word before it is broken.
            kept += [line] if len(line) <= max(width, len(old) + 12) else _wrapped(line, width)
    return kept
