"""What each channel can do: one frozen record a channel, asked before acting."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """Limits and manners of one channel. Lengths in characters; None means no limit of its own."""

    name: str
    max_text: int | None
    buttons: bool
    links: bool
    # the client fetches its messages, so storing one delivers it
    pulled: bool
    receipts: bool


WEBCHAT = Capabilities(name="webchat", max_text=None, buttons=True, links=True, pulled=True, receipts=False)
