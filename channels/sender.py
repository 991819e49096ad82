"""What the outbox asks of a channel that is written to, and the five ways in which sending can end badly.

One retry layer only, the outbox: senders try once, with the retries of their SDK switched off.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from bot.conversations.model import Button, Link
from channels.capabilities import Capabilities


@dataclass(frozen=True, kw_only=True)
class Part:
    """One message as the channel carries it, within its limits."""

    text: str
    # choices the channel is to show as buttons or rows; those written with numbers are in the text
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    segments: int | None = None
    # reminders may be sent where other messages may not
    reminder: bool = False
    # the delivery this is, so that a receipt finds it even when the answer to the request was lost
    reference: UUID | None = None
    # ids of the provider that are other messages', for looking this one up
    others: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Accepted by the provider, under its own id. `queued`: it has not handed it on yet, and its receipts will tell."""

    provider_id: str
    state: Literal["queued", "sent"] = "sent"
    segments: int | None = None


class SendError(Exception):
    """Base of what sending can come to."""


class RateLimitedError(SendError):
    """Too fast. Nothing was sent; `seconds` is how long the provider wants to be left alone."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:g} s")
        self.seconds = seconds


class UnreachedError(SendError):
    """No connection, or a 5xx that says nothing was done: it may be tried again."""


class UncertainError(SendError):
    """The request left and no answer came: it may or may not have been sent. Never repeated blindly."""


Why = Literal["blocked", "opted_out", "window", "address", "content"]
"""What a refusal says about: the person, the person's wish, the moment, the address, or this very message."""


class RefusedError(SendError):
    """A 4xx: trying again would be refused again. `why` says what to do about the address."""

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        why: Why = "content",
    ) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.why = why


class Sender(Protocol):
    """One channel's way out."""

    capabilities: Capabilities

    async def send(self, address: str, part: Part, *, last_inbound: datetime | None) -> Sent:
        """Send one part, once. Raises the errors of this module."""

    async def look_up(self, address: str, part: Part, *, since: datetime) -> Sent | None:
        """A part whose fate is uncertain, if the provider can tell that it has it.

        `since`: when the attempt began. Raises `UncertainError` when the provider cannot tell, `UnreachedError` and
        `RateLimitedError` when it cannot now; None: it is not there.
        """

    async def typing(self, address: str) -> None:
        """Show that an answer is being written, where the channel can. Never raises."""

    async def check(self) -> list[str]:
        """For `sportello doctor`: findings in Italian, one a line, the first says whether the provider is reachable."""

    async def close(self) -> None:
        """Close connections."""
