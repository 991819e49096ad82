"""What the outbox asks of a channel that is written to, and the five ways in which sending can end badly.

One retry layer only, the outbox: senders try once, with the retries of their SDK switched off.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.conversations.model import Button, Link
from channels.capabilities import Capabilities


@dataclass(frozen=True, kw_only=True)
class Part:
    """One message as the channel carries it, within its limits."""

    text: str
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    segments: int | None = None


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Accepted by the provider, under its own id."""

    provider_id: str
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


class RefusedError(SendError):
    """A 4xx: trying again would be refused again. `why` says what to do about the address."""

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        why: Literal["blocked", "opted_out", "window", "address", "content"] = "content",
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

        Raises `UncertainError` when the provider cannot be asked; None: it is not there.
        """

    async def typing(self, address: str) -> None:
        """Show that an answer is being written, where the channel can. Never raises."""

    async def check(self) -> list[str]:
        """For `sportello doctor`: findings in Italian, one a line, the first says whether the provider is reachable."""

    async def close(self) -> None:
        """Close connections."""
