"""An update of the Bot API read as one thing that somebody did. Pure: nothing is stored, nobody is asked.

What is not meant for us, or means nothing to us, is None: it is acknowledged and counted, never an error.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

import phonenumbers
from telegram import CallbackQuery, ChatMemberUpdated, InlineKeyboardButton, Message, MessageEntity, Update

from channels.problems import Problem
from channels.telegram_chats import address_of
from channels.webchat import clean_text

Kind = Literal[
    "words", "start", "stop", "help", "privacy", "media", "too_long", "contact", "location", "press", "edit", "left"
]

COMMANDS: dict[str, Kind] = {"start": "start", "help": "help", "stop": "stop", "privacy": "privacy"}
MOST_CHARS = 4000
GONE = frozenset({"kicked", "left"})

# How the transcript names what was sent instead of words.
MEDIA = {
    "animation": "animazione",
    "audio": "audio",
    "checklist": "lista",
    "dice": "dado",
    "document": "documento",
    "game": "gioco",
    "paid_media": "foto",
    "photo": "foto",
    "poll": "sondaggio",
    "sticker": "adesivo",
    "story": "storia",
    "video": "video",
    "video_note": "videomessaggio",
    "voice": "messaggio vocale",
}
_COMMAND = re.compile(r"/(\w+)(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Me:
    """The bot itself. `name` without the @; None when it is not known, and then mentions are not seen."""

    id: int
    name: str | None


@dataclass(frozen=True, kw_only=True)
class Press:
    """A button touched: what answers the touch, on which message, which keyboard it was part of."""

    query_id: str
    message_id: int
    data: str
    rows: tuple[tuple[InlineKeyboardButton, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """What somebody did. `id` is the same when Telegram tells it again."""

    kind: Kind
    chat: str
    sender: str
    id: str = ""
    text: str = ""
    point: tuple[float, float] | None = None
    press: Press | None = None
    # the message that was corrected
    original: str = ""


def read(update: Update, me: Me) -> Incoming | None:
    """The one thing this update tells, or None."""
    if update.message is not None:
        return _message(update.message, me)
    if update.callback_query is not None:
        return _press(update.callback_query)
    if update.edited_message is not None:
        return _edit(update.edited_message, update.update_id)
    return _membership(update.my_chat_member) if update.my_chat_member is not None else None


def message_key(message_id: int) -> str:
    """What a message of a chat is known by."""
    return f"message:{message_id}"


def _message(message: Message, me: Me) -> Incoming | None:
    sender = message.from_user
    if sender is not None and sender.is_bot and message.sender_chat is None:
        return None
    private = message.chat.type == "private"
    if not private and not _addressed(message, me):
        return None
    base = Incoming(
        kind="words",
        chat=address_of(message),
        sender=str(sender.id if sender else message.chat.id),
        id=message_key(message.message_id),
    )
    if message.text is not None:
        kind, text = _words(message.text, me)
        return replace(base, kind=kind, text=text) if kind else None
    if message.contact is not None:
        return replace(base, kind="contact", text=as_phone(message.contact.phone_number))
    place = message.location or (message.venue.location if message.venue else None)
    if place is not None:
        return replace(base, kind="location", point=(place.latitude, place.longitude))
    label = next((name for field, name in MEDIA.items() if getattr(message, field, None)), None)
    if label is None:
        return None  # somebody joined, a message was pinned: the chat's own news
    if message.media_group_id:
        base = replace(base, id=f"album:{message.media_group_id}")  # several pictures at once are answered once
    return replace(base, kind="media", text=f"({label}) {_caption(message)}".strip())


def _words(text: str, me: Me) -> tuple[Kind | None, str]:
    command = _COMMAND.fullmatch(text.strip())
    if command is not None:
        name, bot, rest = command[1].casefold(), command[2], command[3] or ""
        if bot and me.name and bot.casefold() != me.name.casefold():
            return None, ""
        if name in COMMANDS:
            return COMMANDS[name], f"/{name}"
        text = f"{name} {rest}"  # /prenota domani
    if me.name:
        text = re.sub(rf"@{re.escape(me.name)}\b[,:]?", " ", text, flags=re.IGNORECASE)
    try:
        return "words", clean_text(text, MOST_CHARS)
    except Problem as problem:
        return ("too_long", "(testo troppo lungo)") if problem.status == 413 else ("media", "(niente parole)")


def _caption(message: Message) -> str:
    try:
        return clean_text(message.caption or "", MOST_CHARS)
    except Problem:
        return ""


def _addressed(message: Message, me: Me) -> bool:
    """In a group: a reply to us, our name, one of our commands."""
    answered = message.reply_to_message
    if answered is not None and answered.from_user is not None and answered.from_user.id == me.id:
        return True
    for entity, said in (message.parse_entities() | message.parse_caption_entities()).items():
        if entity.type == MessageEntity.MENTION and me.name and said.casefold() == f"@{me.name.casefold()}":
            return True
        if entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == me.id:
            return True
        if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0:
            name, _, bot = said[1:].partition("@")
            return bot.casefold() == (me.name or "").casefold() if bot else name.casefold() in COMMANDS
    return False


def _press(query: CallbackQuery) -> Incoming | None:
    message = query.message
    if message is None or query.data is None:
        return None
    markup = message.reply_markup if isinstance(message, Message) else None
    press = Press(
        query_id=query.id,
        message_id=message.message_id,
        data=query.data,
        rows=markup.inline_keyboard if markup else (),
    )
    # One answer to a question: a second touch, of whoever, is the same arrival.
    key = f"press:{message.message_id}"
    chat = address_of(message) if isinstance(message, Message) else str(message.chat.id)
    return Incoming(kind="press", chat=chat, sender=str(query.from_user.id), id=key, press=press)


def _edit(message: Message, update_id: int) -> Incoming | None:
    """A correction of words; a position that moves is told as an edit too, and means nothing to us."""
    if message.text is None:
        return None
    try:
        text = clean_text(message.text, MOST_CHARS)
    except Problem:
        return None
    return Incoming(
        kind="edit",
        chat=address_of(message),
        sender=str(message.from_user.id if message.from_user else message.chat.id),
        id=f"edit:{update_id}",
        text=text,
        original=message_key(message.message_id),
    )


def _membership(change: ChatMemberUpdated) -> Incoming | None:
    """Blocked by a person, or put out of a group."""
    if change.new_chat_member.status not in GONE:
        return None
    return Incoming(kind="left", chat=str(change.chat.id), sender=str(change.from_user.id))


def as_phone(number: str) -> str:
    """A contact's number as it is dialled from anywhere: Telegram gives it with or without the plus."""
    for written, country in ((f"+{number.lstrip('+')}", None), (number, "IT")):
        try:
            parsed = phonenumbers.parse(written, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    return number
