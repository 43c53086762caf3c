"""A load while it lasted, as a picture: response times above, answers and failures below; templates do the drawing.

Positions are percentages of the picture's width and height.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from perfreg.model.timeline import Timeline
from perfreg.report import words

_HEADROOM = 1.08
_MOST = 10**15
_SHORTEST_S = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What ended in one step: the height of all of it, and of the failures in it."""

    x: float
    width: float
    all: float
    failed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPicture:
    """``p50`` and ``p95`` are the lines of the times, ``columns`` stand below. The labels are those of the ends."""

    p50: tuple[Stroke, ...]
    p95: tuple[Stroke, ...]
    columns: tuple[Column, ...]
    slowest: str
    most: str
    end: str
    words: str


def load_picture(timeline: Timeline) -> LoadPicture | None:
    """The picture; None where the columns are of different lengths, empty or without any answer."""
    lengths = {len(each) for each in (timeline.answers, timeline.failures, timeline.p50_ms, timeline.p95_ms)}
    times = [each for each in (*timeline.p50_ms, *timeline.p95_ms) if each is not None]
    if len(lengths) != 1 or not times or max(times) <= 0:
        return None
    slowest, steps = max(times), len(timeline.answers)
    totals = [good + bad for good, bad in zip(timeline.answers, timeline.failures, strict=True)]
    most = max(totals)
    return LoadPicture(
        p50=tuple(_strokes(timeline.p50_ms, slowest)),
        p95=tuple(_strokes(timeline.p95_ms, slowest)),
        columns=tuple(
            Column(
                x=round(100 * index / steps, 2),
                width=round(80 / steps, 2),
                all=_share(total, most),
                failed=_share(bad, most),
            )
            for index, (total, bad) in enumerate(zip(totals, timeline.failures, strict=True))
        ),
        slowest=f"{words.number(slowest)} ms",
        most=f"{words.number(min(most, _MOST) / max(timeline.step_s, _SHORTEST_S))} req/s",
        end=words.duration(steps * timeline.step_s),
        words=_in_words(timeline),
    )


def _strokes(values: Sequence[float | None], top: float) -> Iterator[Stroke]:
    """The line through the middles of the steps, with gaps where nothing was answered."""
    wide = 100 / len(values)
    middles = [(round((index + 0.5) * wide, 2), value) for index, value in enumerate(values)]
    for (x1, one), (x2, two) in pairwise(middles):
        if one is not None and two is not None:
            yield Stroke(x1=x1, y1=_depth(one, top), x2=x2, y2=_depth(two, top))


def _depth(value: float, top: float) -> float:
    return round(100 * (1 - max(0.0, value) / (top * _HEADROOM)), 2)


def _share(part: int, whole: int) -> float:
    return round(100 * max(0, part) / whole, 2) if whole > 0 else 0.0


def _in_words(timeline: Timeline) -> str:
    medians = [words.number(each) for each in timeline.p50_ms if each is not None]
    tails = [each for each in timeline.p95_ms if each is not None]
    failed = sum(bad > 0 for bad in timeline.failures)
    parts = (
        f"p50 from {medians[0]} ms at the start to {medians[-1]} ms at the end" if medians else "",
        f"p95 up to {words.number(max(tails))} ms" if tails else "",
        f"failures in {words.count(failed, 'step')} of {len(timeline.failures):,}" if failed else "no failures",
    )
    return ", ".join(part for part in parts if part)
