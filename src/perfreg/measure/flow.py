"""How fast the counters of processes grow that come and go."""

from __future__ import annotations


class Flow:
    """The growth of one counter summed over processes, or threads, that come and go.

    One that is new since the last look started from zero. Where an account ``goes_to_parent`` when its owner is gone,
    the parent's jump is no growth, so it is taken off again, for two looks, as the parent may have been read first.
    """

    def __init__(self, counters: dict[int, float], at: float, *, goes_to_parent: bool) -> None:
        self.at = self._began = at
        self._total = 0.0
        self._last = counters
        self._goes_to_parent = goes_to_parent
        self._inherited = 0.0

    def rate(self, counters: dict[int, float], at: float) -> float:
        """The growth per second since the last call."""
        elapsed, self.at = at - self.at, at
        growth = self.growth(counters)
        self._total += growth
        return growth / elapsed

    @property
    def mean(self) -> float:
        """The growth per second since the beginning: looks are as far apart as a busy machine lets them be."""
        return self._total / (self.at - self._began)

    def growth(self, counters: dict[int, float]) -> float:
        """The growth since the last call, never negative."""
        grown = sum(max(0.0, count - self._last.get(owner, 0.0)) for owner, count in counters.items())
        gone = sum(count for owner, count in self._last.items() if owner not in counters)
        fresh = gone if self._goes_to_parent else 0.0
        taken_off = min(grown, self._inherited + fresh)
        self._inherited = min(fresh, self._inherited + fresh - taken_off)
        self._last = counters
        return grown - taken_off
