"""The engine's entry: one plan, one event loop."""

from __future__ import annotations

from time import perf_counter_ns

from perfreg.measure.engines.engine import LoadEngine, LoadPlan, LoadResult
from perfreg.measure.engines.event_loop import fast_loop, run
from perfreg.measure.engines.native.limits import room_for
from perfreg.measure.engines.native.workers import drive_together


def drive(plan: LoadPlan) -> LoadResult:
    """Run the plan. Raises `MeasureError` when the first request cannot connect."""
    if plan.workers > 1:
        return drive_together(plan)
    with room_for(plan.connections):
        return run(_drive(plan), fast_loop())


async def _drive(plan: LoadPlan) -> LoadResult:
    from perfreg.measure.engines.native.crew import Crew

    crew = Crew(plan)
    await crew.probe()
    return await crew.load(perf_counter_ns() + round(plan.warm_up_s * 1e9))


ENGINE = LoadEngine(
    name="native",
    summary="the embedded engine: HTTP/1.1, closed and open loop",
    drive=drive,
    features=frozenset({"rate", "arrivals", "stages", "steps", "data", "cookies", "check", "think_time", "workers"}),
)
