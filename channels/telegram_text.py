"""A message in Telegram's shapes: HTML with everything escaped, links, and keyboards under it."""

import html
import re
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.answers.appointments import ASK_CONTACT, ASK_PHONE, ASK_WHERE, CONTACT_UNCLEAR, PHONE_UNCLEAR, PLACE_UNKNOWN
from bot.answers.centres import ASK_PLACE
from bot.conversations.model import Button, Link
from bot.settings import get_settings
from channels.capabilities import TELEGRAM
from channels.sender import Part
from channels.telegram_buttons import reference

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove

# The longest title that fits on a telephone, by how many stand in the row.
ROOM_IN_ROW = {2: 17, 3: 10}
MOST_LINK_TITLE = 40
ASKING_CONTACT = (ASK_CONTACT, ASK_PHONE, CONTACT_UNCLEAR, PHONE_UNCLEAR)
ASKING_PLACE = (ASK_WHERE, ASK_PLACE, PLACE_UNKNOWN)
SEND_NUMBER = "Manda il mio numero"
SEND_PLACE = "Manda la mia posizione"
# Touched, it is copied.
_CODE = re.compile(r"\b[ACFHKMRUXZ2-9]{3}-[ACFHKMRUXZ2-9]{3}\b")


def as_html(text: str, links: Sequence[Link] = ()) -> str:
    """The text with nothing in it taken for markup, codes to be copied at a touch, and links on lines of their own."""
    said = _CODE.sub(lambda code: f"<code>{code[0]}</code>", html.escape(text, quote=False))
    written = [f'<a href="{html.escape(link.url)}">{html.escape(link.title, quote=False)}</a>' for link in links]
    return "\n".join([said, *written])


def as_plain(text: str, links: Sequence[Link]) -> str:
    """The same without markup, for a text whose markup was refused. Links that make it too long are left out."""
    lines = [text]
    for link in links:
        line = f"{link.title}: {link.url}"
        if len("\n".join([*lines, line])) <= (TELEGRAM.max_text or 0):
            lines.append(line)
    return "\n".join(lines)


def absolute(links: Sequence[Link]) -> list[Link]:
    """The links with whole addresses: those of our own pages are relative."""
    base = f"{get_settings().public_url.rstrip('/')}/"
    return [Link(title=link.title, url=urljoin(base, link.url)) for link in links]


def parted(text: str, links: Sequence[Link]) -> tuple[list[Link], list[Link]]:
    """Links for buttons and links for the text: titles too long for a button go to the text while there is room."""
    on_buttons: list[Link] = []
    in_text: list[Link] = []
    room = (TELEGRAM.max_text or 0) - len(text)
    for link in links:
        if len(link.title) > MOST_LINK_TITLE and len(link.title) + 1 <= room:
            in_text.append(link)
            room -= len(link.title) + 1
        elif takes_button(link.url):
            on_buttons.append(link)
        elif len(link.title) + 1 <= room:
            in_text.append(link)
            room -= len(link.title) + 1
    return on_buttons, in_text


def takes_button(url: str) -> bool:
    """Whether Telegram lets a button lead there: it refuses the whole message for a name without a dot."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "")


def keyboard(buttons: Sequence[Button], links: Sequence[Link]) -> InlineKeyboardMarkup | None:
    """Choices in rows as long as their titles allow, then the links."""
    shown = [InlineKeyboardButton(one.title, callback_data=reference(one.payload)) for one in buttons]
    rows = in_rows(shown) + [[InlineKeyboardButton(link.title, url=link.url)] for link in links]
    return InlineKeyboardMarkup(rows) if rows else None


def in_rows(buttons: Sequence[InlineKeyboardButton]) -> list[list[InlineKeyboardButton]]:
    """Up to three in a row, as long as every title of the row can be read."""
    rows: list[list[InlineKeyboardButton]] = []
    for button in buttons:
        row = [*rows[-1], button] if rows else []
        if row and all(len(one.text) <= ROOM_IN_ROW.get(len(row), 0) for one in row):
            rows[-1] = row
        else:
            rows.append([button])
    return rows


def asking(part: Part, *, private: bool) -> Markup | None:
    """Under a question for a telephone or a place, a key that sends it; under other words, no such key any more."""
    if not private:
        return None
    if part.text.endswith(ASKING_CONTACT):
        return _one_key(KeyboardButton(SEND_NUMBER, request_contact=True))
    if part.text.endswith(ASKING_PLACE):
        return _one_key(KeyboardButton(SEND_PLACE, request_location=True))
    return ReplyKeyboardRemove()


def _one_key(key: KeyboardButton) -> ReplyKeyboardMarkup:
    return ReplyKeyboardMarkup([[key]], resize_keyboard=True, one_time_keyboard=True)
