"""What each channel can do: one frozen record a channel, asked before acting. Sources: docs/channels.md."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """Limits and manners of one channel. Lengths in characters; None means no limit of its own."""

    name: str
    max_text: int | None
    # choices shown as buttons under a message; more are a list of so many rows; others are written with numbers
    buttons: int
    max_button_title: int | None = None
    list_rows: int = 0
    max_row_title: int | None = None
    max_payload_bytes: int | None = None
    # a message with buttons or rows may be shorter than one without
    max_text_with_choices: int | None = None
    # "2" means the second choice, however the choices were shown; elsewhere it may be a day
    numbered: bool = False
    # a link may have a title of its own; elsewhere addresses are written out
    links: bool
    location: bool = False
    contact: bool = False
    documents: bool = False
    typing: bool = False
    # the client fetches its messages, so storing one delivers it
    pulled: bool = False
    receipts: bool = False
    # how long after the citizen's last message one may write freely
    window: timedelta | None = None
    alphabet: Literal["unicode", "gsm7"] = "unicode"
    # at most so many segments of an answer at once, the rest on request; each is paid for
    max_segments: int | None = None


NO_LIMIT = 100

WEBCHAT = Capabilities(name="webchat", max_text=None, buttons=NO_LIMIT, links=True, pulled=True)
TELEGRAM = Capabilities(
    name="telegram",
    max_text=4096,
    buttons=NO_LIMIT,
    max_payload_bytes=64,
    links=True,
    location=True,
    contact=True,
    documents=True,
    typing=True,
)
WHATSAPP = Capabilities(
    name="whatsapp",
    max_text=1600,
    buttons=0,
    numbered=True,
    links=False,
    location=True,
    receipts=True,
    window=timedelta(hours=24),
)
WHATSAPP_WITH_CONTENT = replace(
    WHATSAPP,
    buttons=3,
    max_button_title=20,
    list_rows=10,
    max_row_title=24,
    max_payload_bytes=200,
    max_text_with_choices=1024,
)
"""WhatsApp once the contents that show buttons and lists are made: see channels/twilio_content.py."""
SMS = Capabilities(
    name="sms",
    max_text=1600,
    buttons=0,
    numbered=True,
    links=False,
    receipts=True,
    alphabet="gsm7",
    max_segments=3,
)

CHANNELS = {one.name: one for one in (WEBCHAT, TELEGRAM, WHATSAPP, SMS)}
