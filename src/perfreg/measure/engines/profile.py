"""How many users, or requests a second, there are over time: straight lines, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """From ``first`` to ``last`` in ``duration_s`` seconds."""

    duration_s: float
    first: float
    last: float

    @property
    def area(self) -> float:
        """Rate times time: the requests of the segment."""
        return self.duration_s * (self.first + self.last) / 2


Profile = tuple[Segment, ...]


def constant(level: float, duration_s: float) -> Profile:
    """The same level all the time."""
    return (Segment(duration_s=duration_s, first=level, last=level),)


def is_constant(profile: Profile) -> bool:
    """Whether there is one level all the time, or none at all."""
    return len({level for each in profile for level in (each.first, each.last)}) < 2


def arrivals(profile: Profile, *, seed: int | None, share: tuple[int, int] = (0, 1)) -> Iterator[NDArray[np.int64]]:
    """The moments (ns from the start) at which requests are due: evenly, or with a ``seed`` as a Poisson process.

    They come in pieces, so that a long schedule costs no memory. ``share`` is (i, n): every n-th one, from the i-th.
    """
    import numpy as np

    generator = None if seed is None else np.random.default_rng(seed)
    whole = sum(each.area for each in profile)
    count, reached = 0, 0.0
    while reached < whole:
        if generator is None:
            numbers = np.arange(count, count + _CHUNK, dtype=np.float64)
        else:
            numbers = reached + np.cumsum(generator.exponential(size=_CHUNK))
        mine = (share[0] - count) % share[1]
        count, reached = count + _CHUNK, float(numbers[-1]) + (generator is None)
        numbers = numbers[mine :: share[1]]
        yield (_moments(profile, numbers[numbers < whole]) * 1e9).astype(np.int64)


def _moments(profile: Profile, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """When so many requests are due: the inverse of the area under the profile."""
    import numpy as np

    areas = np.asarray([0.0, *accumulate(each.area for each in profile)])
    starts = np.asarray([0.0, *accumulate(each.duration_s for each in profile)])
    which = np.clip(np.searchsorted(areas, numbers, side="right") - 1, 0, len(profile) - 1)
    first = np.asarray([each.first for each in profile])[which]
    slope = np.asarray([(each.last - each.first) / each.duration_s for each in profile])[which]
    owed = numbers - areas[which]
    root = np.sqrt(np.maximum(first * first + 2 * slope * owed, 0.0))
    found: NDArray[np.float64] = starts[which] + np.where(owed > 0, 2 * owed / np.maximum(first + root, 1e-12), 0.0)
    return found


def shifts(profile: Profile, number: int) -> tuple[tuple[float, float], ...]:
    """When user ``number`` (from 0) is at work: while there are more users than that."""
    found: list[tuple[float, float]] = []
    at = 0.0
    for each in profile:
        for on, off in _above(each, number + 0.5):
            if found and found[-1][1] >= at + on:
                found[-1] = (found[-1][0], at + off)
            else:
                found.append((at + on, at + off))
        at += each.duration_s
    return tuple(found)


def _above(segment: Segment, level: float) -> Sequence[tuple[float, float]]:
    """The part of a segment, if any, that lies above ``level``."""
    if min(segment.first, segment.last) >= level:
        return ((0.0, segment.duration_s),)
    if max(segment.first, segment.last) < level:
        return ()
    crossing = segment.duration_s * (level - segment.first) / (segment.last - segment.first)
    return ((crossing, segment.duration_s),) if segment.last > segment.first else ((0.0, crossing),)
