"""An answer as a channel carries it: within its lengths, in its alphabet, with buttons or with numbered choices."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answers.gsm7 import SEGMENT, plain, septets
from bot.conversations.model import Button, Link
from channels.capabilities import Capabilities
from channels.sender import Part

LONG_SEGMENT = 153
"""Places in each segment of a text message that takes several: the rest holds the numbering."""
MORE = "Scrivi 1 per continuare."
_EMOJI = re.compile("[\U0001f000-\U0001faff☀-➿⬀-⯿️‍]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The parts to send now. `rest_from`: where the unsent rest of the text begins, to be sent when asked for."""

    parts: list[Part]
    rest_from: int | None = None


def render(
    text: str, buttons: Sequence[Button], links: Sequence[Link], channel: Capabilities, *, from_char: int = 0
) -> Rendered:
    """Make an answer fit a channel; `from_char` starts in the middle, where an earlier part was cut."""
    body = text[from_char:].lstrip()
    tail = _written(text, buttons, links, channel)
    if channel.alphabet == "gsm7":
        return _as_text_message(text, body, tail, channel)
    whole = "\n".join(piece for piece in (body, tail) if piece)
    pieces = split(whole, channel.max_text)
    shown = tuple(buttons) if not channel.numbered else ()
    parts = [Part(text=piece) for piece in pieces]
    parts[-1] = replace(parts[-1], buttons=shown, links=tuple(links) if channel.links else ())
    return Rendered(parts=parts)


def _written(text: str, buttons: Sequence[Button], links: Sequence[Link], channel: Capabilities) -> str:
    """What a channel without buttons or titled links has written out below the text, unless the text says it itself."""
    lines = [] if channel.links else [f"{link.title}: {link.url}" for link in links if "://" in link.url]
    if channel.numbered:
        choices = [f"{number} {button.title}" for number, button in enumerate(buttons, start=1)]
        lines += [] if " ".join(choices).lower() in text.lower() else choices
    return "\n".join(lines)


def split(text: str, most: int | None) -> list[str]:
    """Pieces of at most `most` characters, cut after sentences where possible, else between words, else anywhere."""
    if most is None or len(text) <= most:
        return [text]
    pieces: list[str] = []
    while len(text) > most:
        cut = _last(_SENTENCE_END, text, most) or text.rfind(" ", 1, most + 1)
        cut = cut if cut > 0 else most
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text] if text else pieces


def _last(pattern: re.Pattern[str], text: str, most: int) -> int:
    return max((found.start() for found in pattern.finditer(text, 0, most + 1) if found.start() > most // 3), default=0)


def _as_text_message(text: str, body: str, tail: str, channel: Capabilities) -> Rendered:
    room = SEGMENT if channel.max_segments in (None, 1) else LONG_SEGMENT * (channel.max_segments or 1)
    whole = _gsm("\n".join(piece for piece in (body, tail) if piece))
    if segments(whole) <= (channel.max_segments or 1):
        return Rendered(parts=[Part(text=whole, segments=segments(whole))])
    # Cut in the original, so that the rest can be found again: each character may take more places than one.
    fitting = len(body)
    while fitting and septets(_gsm(body[:fitting])) + len(MORE) + 1 > room:
        fitting -= max(1, (septets(_gsm(body[:fitting])) + len(MORE) + 1 - room) // 2)
    cut = _last(_SENTENCE_END, body, fitting) or body.rfind(" ", 1, fitting + 1)
    cut = cut if cut > 0 else fitting
    said = f"{_gsm(body[:cut].rstrip())}\n{MORE}"
    rest = len(text) - len(body) + cut
    return Rendered(parts=[Part(text=said, segments=segments(said))], rest_from=rest)


def _gsm(text: str) -> str:
    return plain(_EMOJI.sub("", text)).strip()


def segments(text: str) -> int:
    """Segments a text in the GSM alphabet is charged as."""
    places = septets(text)
    return 1 if places <= SEGMENT else math.ceil(places / LONG_SEGMENT)
