"""A message as words with their places in it: folded, with the abbreviations of place names written out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.knowledge.spelling import fold

# Apostrophes are left out on purpose: "d'asti", "d asti" and "dasti" are then told apart by nothing but spaces.
_PIECE = re.compile(r"\d+|[^\W\d_]+|\n|[^\w\s'’‘`´ʼ]")

# What people shorten, longest first. Dots between the parts do not matter, spaces do unless there is a dot.
_SHORT = {
    ("t", "se"): "torinese",
    ("tor", "se"): "torinese",
    ("to", "se"): "torinese",
    ("c", "se"): "canavese",
    ("can", "se"): "canavese",
    ("cn", "se"): "canavese",
    ("m", "to"): "monferrato",
    ("mon", "to"): "monferrato",
    ("monf", "to"): "monferrato",
    ("n", "se"): "novarese",
    ("nov", "se"): "novarese",
    ("b", "se"): "biellese",
    ("biel", "se"): "biellese",
    ("v", "se"): "vercellese",
    ("verc", "se"): "vercellese",
    ("p", "te"): "piemonte",
    ("piem", "te"): "piemonte",
    ("d", "b"): "donbosco",
    ("d", "bosco"): "donbosco",
    ("s", "ta"): "santa",
    ("s", "to"): "santo",
    ("s", "ti"): "santi",
    ("m", "na"): "madonna",
    ("b", "go"): "borgo",
    ("b", "ta"): "borgata",
    ("b", "ra"): "barriera",
    ("c", "so"): "corso",
    ("p", "za"): "piazza",
    ("p", "zza"): "piazza",
    ("v", "le"): "viale",
    ("st", "da"): "strada",
    ("s", "da"): "strada",
}
# Only those that are no word of their own: "sta" and "Bra" stay what they are.
_SHORT_GLUED = {
    "".join(parts): _SHORT[parts]
    for parts in [
        ("c", "se"),
        ("m", "to"),
        ("c", "so"),
        ("p", "za"),
        ("p", "zza"),
        ("v", "le"),
        ("p", "te"),
        ("b", "go"),
        ("d", "b"),
    ]
}
_DOTTED = {
    "prov": "provincia",
    "fraz": "frazione",
    "loc": "localita",
    "v": "via",
    "p": "piazza",
    "str": "strada",
    "res": "residente",
    "resid": "residente",
    "dom": "domicilio",
    "domic": "domicilio",
    "monf": "monferrato",
    "can": "canavese",
    "canav": "canavese",
    "lig": "ligure",
    "tor": "torinese",
    "piem": "piemonte",
    "cast": "castel",
    "mad": "madonna",
    "circ": "circoscrizione",
}
_ALWAYS = {
    "monf": "monferrato",
    "canav": "canavese",
    "prov": "provincia",
    "fraz": "frazione",
    "tse": "torinese",
    "lig": "ligure",
    "piem": "piemonte",
    "circ": "circoscrizione",
    "ab": "abito",
    "abto": "abito",
    "abt": "abito",
    "abbito": "abito",
    "vvo": "vivo",
    "xke": "perche",
    "xche": "perche",
    "x": "per",
    "nn": "non",
    "sn": "sono",
    "ke": "che",
    "ki": "chi",
    "kasa": "casa",
    "qst": "questo",
    "cmq": "comunque",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number or a sign; `start` and `end` point into the message, `raw` is what stands there."""

    text: str
    raw: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it is letters."""
        return self.text[:1].isalpha()

    @property
    def is_number(self) -> bool:
        """Whether it is digits."""
        return self.text[:1].isdigit()

    @property
    def is_capital(self) -> bool:
        """Whether it was typed with a capital letter."""
        return self.raw[:1].isupper()


def tokenize(text: str) -> list[Token]:
    """The tokens of a message, in order."""
    pieces = [Token(fold(m.group()) or m.group(), m.group(), m.start(), m.end()) for m in _PIECE.finditer(text)]
    return list(_written_out(pieces, text))


def _written_out(pieces: list[Token], text: str) -> Iterator[Token]:
    i = 0
    while i < len(pieces):
        word, used = _short_form(pieces, i)
        last = pieces[i + used - 1]
        yield Token(word, text[pieces[i].start : last.end], pieces[i].start, last.end)
        i += used


def _short_form(pieces: list[Token], i: int) -> tuple[str, int]:
    """The word meant at a position, and how many pieces it is written with."""
    first = pieces[i]
    dot = i + 1 < len(pieces) and pieces[i + 1].text == "." and pieces[i + 1].start == first.end
    if dot and i + 2 < len(pieces):
        word = _SHORT.get((first.text, pieces[i + 2].text))
        if word and pieces[i + 2].start - pieces[i + 1].end <= 1:
            closing = i + 3 < len(pieces) and pieces[i + 3].text == "." and pieces[i + 3].start == pieces[i + 2].end
            # A dot at the very end closes the sentence as well, but nothing follows that could be joined wrongly.
            return word, 4 if closing else 3
    if (
        i + 1 < len(pieces)
        and (word := _SHORT.get((first.text, pieces[i + 1].text)))
        and first.text not in {"s", "v", "to", "p"}
    ):
        return word, 2
    if dot and first.text in _DOTTED:
        return _DOTTED[first.text], 2
    if first.text in _SHORT_GLUED:
        return _SHORT_GLUED[first.text], 1
    return _ALWAYS.get(first.text, first.text), 1
