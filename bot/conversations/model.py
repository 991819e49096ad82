"""What goes in and what comes out of a conversation, as plain data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Sender = Literal["citizen", "bot", "operator"]
Kind = Literal["message", "notice"]
QUESTION = "question"
"""What a reply expects when the next words are a question left for a person, which the dialogue does not answer."""


@dataclass(frozen=True, kw_only=True)
class Button:
    """A choice: `title` is read by the person, `payload` is what pressing it sends."""

    title: str
    payload: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """An address with the words to show for it."""

    title: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that goes with a message; `bot.conversations.uploads.checked` makes it from what somebody sent."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class InboundMessage:
    """One message as every channel delivers it: words, or a payload.

    With a payload, `text` is what the transcript shows when no button shown has it: a place that was sent, for example.
    """

    conversation_id: UUID
    # unique in the conversation: the same again is the same message
    channel_message_id: str
    text: str = ""
    payload: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the assistant says, before a channel renders it."""

    text: str
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    # the private answer this asks for (a kind of bot.privacy.answers): it is kept from the dialogue; or QUESTION
    expects: str | None = None
    # kept with the message, which gets a link to it
    attachment: Upload | None = None


@dataclass(frozen=True, kw_only=True)
class Parse:
    """How a message was understood, and by which model."""

    intent: str | None
    confidence: float | None
    fallback: bool
    entities: list[dict[str, Any]] = field(default_factory=list)
    ranking: list[dict[str, Any]] = field(default_factory=list)
    model: str | None = None
    actions: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Message:
    """A stored message, as shown to the citizen."""

    id: UUID
    seq: int
    sender: Sender
    kind: Kind
    text: str
    payload: str | None
    buttons: list[dict[str, str]]
    links: list[dict[str, str]]
    in_reply_to: UUID | None
    created_at: datetime
    # the operator's name, as the citizen reads it
    author: str | None = None
    # what the citizen's own client called it
    channel_message_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A citizen's message that has no answer yet."""

    id: UUID
    conversation_id: UUID
    text: str
    payload: str | None
    owner: str
    answered: bool
    channel: str = "webchat"
    # the private answer asked for last (a kind of bot.privacy.answers), or QUESTION
    expects: str | None = None
    # the choices shown last, as {title, payload}
    choices: list[dict[str, str]] = field(default_factory=list)
