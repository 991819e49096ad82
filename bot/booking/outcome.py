"""What one turn of the talk comes to."""

from dataclasses import dataclass, field

from bot.booking.state import State
from bot.conversations.model import Reply


@dataclass(kw_only=True)
class Turn:
    """`state` None: the talk is over. `aside`: the message was about something else, which is answered first."""

    state: State | None
    replies: list[Reply] = field(default_factory=list)
    aside: bool = False
    leave: bool = False  # the talk waits, paused, until the citizen takes it up again
    forget: bool = False  # erase what was given of personal data
    settle: bool = False  # the last yes was given: book, move, cancel or join


def going_on(state: State, reply: Reply) -> Turn:
    """The talk goes on with this question."""
    return Turn(state=state, replies=[reply])


def ended(reply: Reply, *, forget: bool = False) -> Turn:
    """The talk is over."""
    return Turn(state=None, replies=[reply], forget=forget)
