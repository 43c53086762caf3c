"""Where things stand in a picture of changes with their intervals (a forest plot); templates do the drawing.

Positions are percentages of the picture's width, so that one picture fits a phone, a desk and a printed page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from perfreg.report.row import Span
from perfreg.report.words import change

_NARROWEST, _LINEAR, _WIDEST = 1.0, 100.0, 1500.0
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MARGIN = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A scale of changes with zero in the middle, up to a growth of ``reach`` percent, with a tick each ``step``.

    Up to a doubling it is linear in percent. Beyond, it is logarithmic: a tenfold growth and a tenth lie equally far
    from zero, small changes keep their place, and ``step`` counts doublings.
    """

    reach: float
    step: float

    @property
    def is_logarithmic(self) -> bool:
        """Whether distances are ratios."""
        return self.reach > _LINEAR

    def at(self, pct: float) -> float:
        """The position of a change, kept inside the picture."""
        return round(_MARGIN + self.share(pct) * (100 - 2 * _MARGIN), 2)

    def share(self, pct: float) -> float:
        """How far along the scale a change lies, from 0 to 1; what is beyond lies at an end."""
        inside = min(max(self._distance(pct) / self._distance(self.reach), -1.0), 1.0)
        return (1 + inside) / 2

    @property
    def ends(self) -> tuple[float, float]:
        """The changes at both ends."""
        left = 100 * (1 / (1 + self.reach / 100) - 1) if self.is_logarithmic else -self.reach
        return left, self.reach

    def _distance(self, pct: float) -> float:
        return math.log2(1 + max(pct, -99.9) / 100) if self.is_logarithmic else pct

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Positions and labels."""
        number = math.floor(self._distance(self.reach) / self.step + 1e-9)
        distances = (index * self.step for index in range(-number, number + 1))
        values = (100 * (2**each - 1) if self.is_logarithmic else each for each in distances)
        return tuple((self.at(value), f"{value:+.3g} %" if value else "0") for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One row of the picture. ``band`` is the tolerance (None without one); ``off`` is the side (-1, 0 or 1) on
    which the change lies beyond the picture."""

    point: float
    low: float
    high: float
    band: tuple[float, float] | None
    off: int


def axis_of(spans: Iterable[Span]) -> Axis:
    """A scale with room for every interval and tolerance, but for no growth of more than `_WIDEST` percent."""
    numbers = (pct for span in spans for pct in (span.low, span.high, span.change, span.tolerance or 0.0))
    sizes = [_growth(pct) for pct in numbers if math.isfinite(pct)]
    reach = min(max(max(sizes, default=10.0) * 1.05, _NARROWEST), _WIDEST)
    if reach > _LINEAR:
        return Axis(reach=reach, step=float(math.ceil(math.log2(1 + reach / 100) / 2)))
    rough = reach / 2
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(step * magnitude for step in _STEPS if step * magnitude >= rough * 0.999)
    return Axis(reach=min(max(reach, step), _LINEAR), step=step)


def _growth(pct: float) -> float:
    """The growth as far from zero as this change: a fall by half is as far as a doubling, once that is a matter."""
    return abs(pct) if abs(pct) <= _LINEAR / 2 else max(pct, 100 * (1 / (1 + max(pct, -99.0) / 100) - 1))


def mark(span: Span, axis: Axis) -> Mark:
    """Where one change stands."""
    beyond = _growth(span.change) > axis.reach
    band = span.tolerance
    return Mark(
        point=axis.at(span.change),
        low=axis.at(span.low),
        high=axis.at(span.high),
        band=None if not band else (axis.at(-band), axis.at(band)),
        off=0 if not beyond else 1 if span.change > 0 else -1,
    )


def words(name: str, span: Span, interval: str) -> str:
    """The picture of one row in words, for those who do not see it."""
    bounds = f", interval {interval} %" if interval else ""
    band = f", tolerance {span.tolerance:g} % either way" if span.tolerance else ""
    return f"{name}: change {change(span.change)}{bounds}{band}"
