"""The results of workers that may have seen requests of different names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from perfreg.errors import MeasureError
from perfreg.measure.engines.engine import LoadResult
from perfreg.measure.engines.merging import merged
from perfreg.stats.describe import BLOCKS
from perfreg.stats.distribution import distribution


def together(results: Sequence[LoadResult]) -> LoadResult:
    """The result of all workers. Raises `MeasureError` when they did not do the same."""
    if not results:
        raise MeasureError("no worker has reported")
    names = sorted({name for each in results for name in each.names})
    same = [_with_names(each, names) for each in results] if names else list(results)
    if len({(len(each.steps), each.open_loop, round(each.slice_s, 6)) for each in same}) > 1:
        raise MeasureError("the workers of the load did not make the same load")
    return replace(merged(same), names=tuple(names))


def _with_names(result: LoadResult, names: Sequence[str]) -> LoadResult:
    """The same, with nothing where it has no request of a name."""
    found = dict(zip(result.names, result.steps, strict=True))
    nothing = (distribution(()),) * (BLOCKS + 1)
    return replace(result, names=tuple(names), steps=tuple(found.get(name, nothing) for name in names))
