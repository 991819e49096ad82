"""Turns under way in this process: what went wrong in the one being run, how many there are, whether more are taken.

Rasa only logs that an action failed or that a conversation could not be read or stored, and answers all the same. What is
noted here is looked at before the answer leaves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_failures: ContextVar[list[Exception]] = ContextVar("failures")


@contextmanager
def noting_failures() -> Iterator[list[Exception]]:
    """The failures noted while the context lasts."""
    found: list[Exception] = []
    token = _failures.set(found)
    try:
        yield found
    finally:
        _failures.reset(token)


def note_failure(error: Exception) -> None:
    """Keep a failure for the turn under way; outside of one nothing is kept."""
    found = _failures.get(None)
    if found is not None:
        found.append(error)


class Turns:
    """How many turns are under way; none are taken any more once the process gives way to another."""

    def __init__(self) -> None:
        self.under_way = 0
        self.closed = False

    @contextmanager
    def one(self) -> Iterator[None]:
        """For as long as a turn lasts."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
