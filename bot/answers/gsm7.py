"""The alphabet of text messages (GSM 03.38): what fits into one segment of 160 places.

A character outside it turns the whole message into another coding with 70 places a segment.
"""

import math
import unicodedata

SEGMENT = 160
LONG_SEGMENT = 153
"""Places in each segment of a text message that takes several: the rest holds the numbering."""
SMALL_WORD = 3

_ONE = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO = frozenset("^{}\\[~]|€\f")

_PLAIN = str.maketrans(
    {
        "’": "'", "‘": "'", "‚": "'", "′": "'", "`": "'", "´": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "″": '"',
        "«": '"', "»": '"', "‹": "'", "›": "'", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "•": "-", "·": "-",
        "…": "...", "→": "->", "←": "<-", "×": "x", "\t": " ",
        "À": "A'", "È": "E'", "Ì": "I'", "Ò": "O'", "Ù": "U'", "á": "à", "í": "ì", "ó": "ò", "ú": "ù", "°": "o",
    }
)  # fmt: skip


def plain(text: str) -> str:
    """The text with the characters of the alphabet only: the nearest letter where there is one, `?` where none is.

    Emoji and other pictures are left out.
    """
    return "".join(c if c in _ONE or c in _TWO else _nearest(c) for c in text.translate(_PLAIN))


def _nearest(character: str) -> str:
    if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc", "Cs", "Co", "Cn", "So", "Sk"):
        return ""
    parts = unicodedata.normalize("NFKD", character).translate(_PLAIN)
    known = "".join(c for c in parts if c in _ONE or c in _TWO)
    return known or (" " if character.isspace() else "?")


def septets(text: str) -> int:
    """Places the text takes. Raises `ValueError` for a character outside the alphabet."""
    outside = sorted(set(text) - _ONE - _TWO)
    if outside:
        raise ValueError(f"not in the GSM alphabet: {''.join(outside)}")
    return sum(2 if c in _TWO else 1 for c in text)


def segments(text: str) -> int:
    """Segments a text is sent, and paid for, as. Raises `ValueError` for a character outside the alphabet."""
    places = septets(text)
    if places <= SEGMENT:
        return 1
    if not set(text) & _TWO:
        return math.ceil(places / LONG_SEGMENT)
    # A character that takes two places is not parted.
    count, used = 1, 0
    for c in text:
        size = 2 if c in _TWO else 1
        count, used = (count + 1, size) if used + size > LONG_SEGMENT else (count, used + size)
    return count


def shortened(text: str, room: int) -> str:
    """The text within `room` places: whole words with a final dot when it must be cut; empty when nothing fits."""
    text = plain(text)
    if septets(text) <= room:
        return text
    words = text.split()
    while words and septets(" ".join(words)) + 1 > room:
        words.pop()
    # A cut title does not end with an article or a preposition.
    while words and len(words[-1]) <= SMALL_WORD:
        words.pop()
    return f"{' '.join(words).rstrip(',;:.-')}." if words else ""
