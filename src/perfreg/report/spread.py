"""How samples lay, as far as their summary tells.

A result keeps a few quantiles and the mean of many samples. Between two quantiles the samples are taken to rise as a
power of their rank, and the one power that all gaps share is the one that gives the mean again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from perfreg.model.run import Measurement

_SHARES = (0.5, 0.9, 0.95, 0.99)
_FEW = 20
_LARGEST = 1e12
_STEPS = 40
_STEEPEST = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """``n`` samples: ``points`` are pairs of a share of them and the value below which it lies, rising in both, from
    the smallest (0) to the largest (1); ``mean`` is their mean where it is known."""

    n: int
    points: tuple[tuple[float, float], ...]
    mean: float | None = None

    def below(self, value: float) -> float:
        """The share of the samples that are no larger than ``value``."""
        power = self._power()
        for (low_share, low), (high_share, high) in pairwise(self.points):
            if value < low:
                return low_share
            if value < high:
                return low_share + (high_share - low_share) * math.pow((value - low) / (high - low), 1 / power)
        return 1.0 if value >= self.points[-1][1] else self.points[-1][0]

    def _power(self) -> float:
        gaps = [(high_share - low_share, low, high) for (low_share, low), (high_share, high) in pairwise(self.points)]
        room = sum(width * (high - low) for width, low, high in gaps)
        if self.mean is None or room <= 0:
            return 1.0
        # Samples that rise as a power p of the rank lie at 1 / (p + 1) of their gap on average.
        part = (self.mean - sum(width * low for width, low, _ in gaps)) / room
        return 1 / min(1 - _STEEPEST, max(_STEEPEST, part)) - 1

    def ranked(self, count: int) -> list[float]:
        """``count`` values in rising order that have these quantiles and, as nearly as they allow, this mean.

        A share p of 20 values and more lies at the rank ``floor(count * p)``, which is where Jenkins looks for it; of
        fewer, at the nearest rank.
        """
        pins = self._pins(count)
        if self.mean is None:
            return _filled(pins, 0.5)
        low, high = 0.0, 1.0
        for _ in range(_STEPS):
            part = (low + high) / 2
            if math.fsum(_filled(pins, part)) < self.mean * count:
                low = part
            else:
                high = part
        return _filled(pins, high)

    def ranked_whole(self, count: int) -> list[int]:
        """`ranked` in whole numbers: the quantiles rounded, the others so that the mean stays as it was."""
        pins, values = self._pins(count), self.ranked(count)
        found, rest = [_rounded(values[0])], values[0] - _rounded(values[0])
        for (start, low), (end, high) in pairwise(pins):
            for rank in range(start + 1, end + 1):
                wanted = values[rank] + rest
                nearest = min(math.ceil(values[rank]), max(math.floor(values[rank]), _rounded(wanted)))
                whole = _rounded(high) if rank == end else min(_rounded(high), max(_rounded(low), nearest))
                rest = wanted - whole
                found.append(whole)
        return found

    def _pins(self, count: int) -> list[tuple[int, float]]:
        """Ranks from 0 whose values are known, rising."""
        if count == 1:
            return [(0, dict(self.points).get(0.5, self.points[0][1]) if self.mean is None else self.mean)]
        pins = {0: self.points[0][1], count - 1: self.points[-1][1]}
        for share, value in self.points[1:-1]:
            pins.setdefault(round(share * (count - 1)) if count < _FEW else int(count * share) - 1, value)
        return sorted(pins.items())


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)


def _filled(pins: Sequence[tuple[int, float]], part: float) -> list[float]:
    """The values at all ranks; ``part`` of a gap is where its values lie on average."""
    power = 1 / min(1 - _STEEPEST, max(_STEEPEST, part)) - 1
    values = [pins[0][1]]
    for (start, low), (end, high) in pairwise(pins):
        ranks = range(1, end - start)
        values += [low + (high - low) * math.pow(rank / (end - start), power) for rank in ranks]
        values.append(high)
    return values


def spread_of(measurement: Measurement, scale: float = 1.0) -> Spread:
    """The samples behind a measurement, times ``scale``. Where only its figure is known, all samples are like it."""
    middle = [
        (share, value)
        for share, value in zip(
            _SHARES, (measurement.p50, measurement.p90, measurement.p95, measurement.p99), strict=True
        )
        if value is not None
    ]
    typical = measurement.value if measurement.mean is None else measurement.mean
    low = min((value for _, value in middle), default=typical) if measurement.min is None else measurement.min
    high = max((value for _, value in middle), default=typical) if measurement.max is None else measurement.max
    points: list[tuple[float, float]] = []
    for share, value in ((0.0, low), *middle, (1.0, high)):
        known = min(_LARGEST, max(0.0, value * scale))
        points.append((share, max(known, points[-1][1]) if points else known))
    mean = None if measurement.mean is None else min(_LARGEST, max(0.0, measurement.mean * scale))
    return Spread(n=measurement.n, points=tuple(points), mean=mean)


def pooled(spreads: Sequence[Spread], share: float) -> float:
    """The quantile ``share`` of the samples of all ``spreads`` together. Raises ``ValueError`` when there are none."""
    total = sum(each.n for each in spreads)
    if not total:
        raise ValueError("there are no samples")
    first = dict(spreads[0].points).get(share)
    if first is not None and all(dict(each.points).get(share) == first for each in spreads):
        return first
    low = min(each.points[0][1] for each in spreads)
    high = max(each.points[-1][1] for each in spreads)
    for _ in range(2 * _STEPS):
        middle = (low + high) / 2
        if sum(each.n * each.below(middle) for each in spreads) < share * total:
            low = middle
        else:
            high = middle
    return high
