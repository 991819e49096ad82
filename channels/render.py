"""An answer as a channel carries it: within its lengths, in its alphabet, with buttons or with numbered choices."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answers.gsm7 import LONG_SEGMENT, plain, segments, shortened
from bot.conversations.model import Button, Link
from channels.capabilities import Capabilities
from channels.sender import Part

MORE = "Scrivi 1 per continuare."
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_SPACE = re.compile(r"\s+")
_SPACES = re.compile(r" {2,}")
_BLANK_ENDS = re.compile(r" *\n *")


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The parts to send now. `rest_from`: where in the whole the unsent rest begins, to be sent when asked for."""

    parts: list[Part]
    rest_from: int | None = None


def render(
    text: str, buttons: Sequence[Button], links: Sequence[Link], channel: Capabilities, *, from_char: int = 0
) -> Rendered:
    """Make an answer fit a channel; `from_char` starts in the middle, where an earlier part was cut.

    No parts when there is nothing to say.
    """
    if channel.alphabet == "gsm7":
        return _as_text_messages(text, buttons, links, channel, from_char)
    text = text.strip()
    shown = tuple(buttons) if _shown(text, buttons, links, channel) else ()
    lines = [*_written_links(links, channel), *([] if shown else _written_choices(text, buttons))]
    whole = "\n".join(piece for piece in (text, *lines) if piece)
    parts = [Part(text=piece) for piece in split(whole, channel.max_text) if piece]
    if parts:
        parts[-1] = replace(parts[-1], buttons=shown, links=tuple(links) if channel.links else ())
    return Rendered(parts=parts)


def _shown(text: str, buttons: Sequence[Button], links: Sequence[Link], channel: Capabilities) -> bool:
    """Whether the channel shows the choices itself; where they can be written instead, only if all its limits hold."""
    if not channel.numbered or not buttons or not channel.buttons:
        return bool(buttons) and not channel.numbered
    whole = "\n".join((text, *_written_links(links, channel)))
    most = channel.max_text_with_choices
    if not text or (most is not None and len(whole) > most):
        return False
    titles = [button.title for button in buttons]
    if len({title.casefold() for title in titles}) < len(titles) or not all(title.strip() for title in titles):
        return False
    if any(len(button.payload.encode()) > (channel.max_payload_bytes or len(button.payload) * 4) for button in buttons):
        return False
    return _fit(titles, channel.buttons, channel.max_button_title) or _fit(
        titles, channel.list_rows, channel.max_row_title
    )


def _fit(titles: Sequence[str], places: int, room: int | None) -> bool:
    return len(titles) <= places and (room is None or all(len(title) <= room for title in titles))


def _written_links(links: Sequence[Link], channel: Capabilities) -> list[str]:
    """Links written out, where a channel has none with titles."""
    return [] if channel.links else [f"{link.title}: {link.url}" for link in links if "://" in link.url]


def _written_choices(text: str, buttons: Sequence[Button]) -> list[str]:
    """Choices with their numbers, unless the text says them itself."""
    choices = [f"{number} {button.title}" for number, button in enumerate(buttons, start=1)]
    said = re.search(rf"(?<!\w){re.escape(' '.join(choices))}(?!\w)", text, re.IGNORECASE) if choices else None
    return [] if said else choices


def split(text: str, most: int | None) -> list[str]:
    """Pieces of at most `most` characters, cut after sentences where possible, else between words, else anywhere."""
    if most is None or len(text) <= most:
        return [text]
    pieces: list[str] = []
    while len(text) > most:
        cut = _cut(text, most)
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text] if text else pieces


def _cut(text: str, most: int) -> int:
    """Where to cut a text longer than `most`: at least 1, at most `most`."""
    return _last(_SENTENCE_END, text, most, most // 3) or _last(_SPACE, text, most, 0) or most


def _last(pattern: re.Pattern[str], text: str, most: int, least: int) -> int:
    """The start of the last place where the pattern fits after `least` and not after `most`; 0 when none does."""
    return max((at.start() for at in pattern.finditer(text, 0, most + 1) if at.start() > least), default=0)


def _as_text_messages(
    text: str, buttons: Sequence[Button], links: Sequence[Link], channel: Capabilities, from_char: int
) -> Rendered:
    """One text message. What does not fit is left for when it is asked for; choices stay together, at the end."""
    said = "\n".join(piece for piece in (text.strip(), *_written_links(links, channel)) if piece)
    most = channel.max_segments
    choices = _gsm("\n".join(_written_choices(text, buttons)))
    if most is not None and choices and segments(choices) > most:
        choices = _narrow(buttons, most * LONG_SEGMENT)
    body = said[from_char:].lstrip()
    whole = "\n".join(piece for piece in (_gsm(body), choices) if piece)
    if not whole:
        return Rendered(parts=[])
    if most is None or segments(whole) <= most:
        return Rendered(parts=[Part(text=whole, segments=segments(whole))])
    # Cut in the original, so that the rest can be found again: each character may take more places than one.
    fitting = _fitting(body, most)
    cut = _cut(body, fitting) if fitting < len(body) else fitting
    first = f"{_gsm(body[:cut])}\n{MORE}"
    return Rendered(parts=[Part(text=first, segments=segments(first))], rest_from=len(said) - len(body[cut:].lstrip()))


def _fitting(body: str, most: int) -> int:
    """How many characters of the body fit into so many segments beside the word on how to go on."""
    low, high = 1, len(body)
    while low < high:
        middle = (low + high + 1) // 2
        fits = segments(f"{_gsm(body[:middle])}\n{MORE}") <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _narrow(buttons: Sequence[Button], room: int) -> str:
    """Choices with their titles cut to equal widths, so that all are there."""
    width = room // len(buttons) - len(f"{len(buttons)} \n")
    return "\n".join(
        f"{number} {shortened(button.title, width) or _gsm(button.title)[:width]}"
        for number, button in enumerate(buttons, start=1)
    )


def _gsm(text: str) -> str:
    return _BLANK_ENDS.sub("\n", _SPACES.sub(" ", plain(text))).strip()
