"""What each channel can do: one frozen record a channel, asked before acting. Sources: docs/channels.md."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """Limits and manners of one channel. Lengths in characters; None means no limit of its own."""

    name: str
    max_text: int | None
    # choices shown as buttons under a message; more are shown as a list of so many rows, else written with numbers
    buttons: int
    max_button_title: int | None = None
    max_payload_bytes: int | None = None
    list_rows: int = 0
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

    @property
    def numbered(self) -> bool:
        """Whether choices are written with numbers, so that "2" means the second."""
        return self.buttons == 0


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
    links=False,
    location=True,
    receipts=True,
    window=timedelta(hours=24),
)
SMS = Capabilities(name="sms", max_text=1600, buttons=0, links=False, receipts=True, alphabet="gsm7", max_segments=3)

CHANNELS = {one.name: one for one in (WEBCHAT, TELEGRAM, WHATSAPP, SMS)}
