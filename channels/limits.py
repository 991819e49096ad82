"""Rate limits: token buckets kept in the memory of one edge process.

What is counted: accepted messages by conversation and by network address, new conversations by network address. What it
costs: one dictionary entry a key, forgotten once its bucket is full again. With several edge processes each counts its
own, so the effective limit is theirs together.
"""

import time
from dataclasses import dataclass, field

SWEEP_EVERY = 1000


@dataclass
class RateLimit:
    """`rate` a second on average, `burst` at once."""

    rate: float
    burst: int
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    _calls: int = 0

    def wait(self, key: str) -> float:
        """Take one; 0.0 when allowed, else the seconds after which it would be (and nothing is taken)."""
        now = time.monotonic()
        self._calls += 1
        if self._calls % SWEEP_EVERY == 0:
            self._sweep(now)
        tokens, at = self._buckets.get(key, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + (now - at) * self.rate)
        if tokens < 1.0:
            self._buckets[key] = (tokens, now)
            return (1.0 - tokens) / self.rate
        self._buckets[key] = (tokens - 1.0, now)
        return 0.0

    def _sweep(self, now: float) -> None:
        full_after = self.burst / self.rate
        self._buckets = {key: kept for key, kept in self._buckets.items() if now - kept[1] < full_after}
