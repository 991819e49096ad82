"""A message with its place names replaced by marks, so that the grammar around them can be read with patterns.

"abito a San Mauro, in via Nizza" becomes "abito a <0> , in via <1>".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.knowledge.places.spots import Spot
from bot.knowledge.places.tokens import Token

_SENTENCE_END = re.compile(r" [.;!?\n]+(?= |$)")


@dataclass(frozen=True)
class Frame:
    """Tokens and spots as one string. `hidden` tokens are left out of it; of `streets` one word stays, "via"."""

    tokens: Sequence[Token]
    spots: Sequence[Spot]
    hidden: frozenset[int] = frozenset()
    streets: frozenset[int] = frozenset()

    @cached_property
    def text(self) -> str:
        """The string, with a space before every word and mark."""
        starts = {spot.first: k for k, spot in enumerate(self.spots)}
        inside = {i for spot in self.spots for i in range(spot.first + 1, spot.last)}
        parts = []
        for i, token in enumerate(self.tokens):
            if i in starts:
                parts.append(f"<{starts[i]}>")
            elif i not in inside and i not in self.hidden:
                parts.append("via" if i in self.streets else token.text)
        return "".join(f" {part}" for part in parts)

    @cached_property
    def marks(self) -> list[tuple[int, int]]:
        """Where each spot's mark stands in the text."""
        found = {int(m[1]): m.span() for m in re.finditer(r"<(\d+)>", self.text)}
        return [found[k] for k in range(len(self.spots))]

    def before(self, k: int) -> str:
        """What stands before a spot in its sentence, ending with a space."""
        text = self.text[: self.marks[k][0]]
        ends = [m.end() for m in _SENTENCE_END.finditer(text.rstrip() + " ")]
        inner = [end for end in ends if end < len(text.rstrip())]
        return text[inner[-1] if inner else 0 :] if text.strip() else " "

    def after(self, k: int) -> str:
        """What follows a spot, over all sentences."""
        return self.text[self.marks[k][1] :]

    def between(self, i: int, j: int) -> str:
        """What stands between two spots."""
        return self.text[self.marks[i][1] : self.marks[j][0]]
