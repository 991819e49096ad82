"""Too many messages from one sender: the first that is over the limit is answered once, the others are passed over.

Kept in the memory of one process, as all limits are.
"""

import time
from typing import Literal

from channels.limits import RateLimit

QUIET_SECONDS = 600.0
"""After so long without being over the limit, a sender is told again."""

Verdict = Literal["pass", "tell", "drop"]


class Flood:
    """`rate` a second on average, `burst` at once, by sender."""

    def __init__(self, rate: float, burst: int) -> None:
        self._limit = RateLimit(rate, burst)
        self._over: dict[str, float] = {}

    def verdict(self, sender: str) -> Verdict:
        """Count one message: let it pass, tell the sender to slow down, or drop it silently."""
        if not self._limit.wait(sender):
            return "pass"
        now = time.monotonic()
        last = self._over.pop(sender, None)
        self._over = {key: at for key, at in self._over.items() if now - at < QUIET_SECONDS}
        self._over[sender] = now
        return "drop" if last is not None and now - last < QUIET_SECONDS else "tell"
