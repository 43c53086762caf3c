"""The engine's entry: one plan, one event loop."""

from __future__ import annotations

from perfreg.measure.engines.engine import LoadEngine, LoadPlan, LoadResult
from perfreg.measure.engines.event_loop import fast_loop, run


def drive(plan: LoadPlan) -> LoadResult:
    """Run the plan. Raises `MeasureError` when the first request cannot connect."""
    return run(_drive(plan), fast_loop())


async def _drive(plan: LoadPlan) -> LoadResult:
    from perfreg.measure.engines.native.crew import Crew

    return await Crew(plan).run()


ENGINE = LoadEngine(
    name="native",
    summary="the embedded engine: HTTP/1.1, closed and open loop",
    drive=drive,
    features=frozenset({"rate", "stages", "steps", "data", "cookies", "check", "think_time"}),
)
