"""The alphabet of text messages (GSM 03.38): what fits into one segment of 160 places.

A character outside it turns the whole message into another coding with 70 places a segment.
"""

SEGMENT = 160
SMALL_WORD = 3

_ONE = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO = frozenset("^{}\\[~]|€\f")

_PLAIN = str.maketrans(
    {
        "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ",
        "À": "A'", "È": "E'", "Ì": "I'", "Ò": "O'", "Ù": "U'", "á": "à", "í": "ì", "ó": "ò", "ú": "ù",
        "ê": "e", "î": "i", "ô": "o", "û": "u", "â": "a", "ç": "c", "°": "o",
    }
)  # fmt: skip


def plain(text: str) -> str:
    """The text with the characters of the alphabet only: the nearest where there is one, `?` otherwise."""
    return "".join(c if c in _ONE or c in _TWO else "?" for c in text.translate(_PLAIN))


def septets(text: str) -> int:
    """Places the text takes. Raises `ValueError` for a character outside the alphabet."""
    outside = sorted(set(text) - _ONE - _TWO)
    if outside:
        raise ValueError(f"not in the GSM alphabet: {''.join(outside)}")
    return sum(2 if c in _TWO else 1 for c in text)


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
