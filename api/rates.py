"""How often somebody may do something: a bucket of tokens for each, which fills again steadily."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

KEPT = 10_000  # buckets; the one that was not used for longest is forgotten first


class Rates:
    """Buckets by name. Not safe in several threads at once."""

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        """At most `burst` at once, then `per_second`."""
        self._rate, self._burst, self._clock = per_second, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when that was

    def wait(self, name: str) -> float:
        """Take a token; if there is none, the seconds until there is one again (else 0)."""
        now = self._clock()
        tokens, then = self._buckets.pop(name, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        missing = max(0.0, 1.0 - tokens)
        self._buckets[name] = (tokens if missing else tokens - 1.0, now)
        if len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        return missing / self._rate
