"""The engine's entry: one plan, one process of k6."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit

from perfreg.errors import MeasureError
from perfreg.measure.engines import trust
from perfreg.measure.engines.engine import LoadEngine, LoadPlan, LoadResult
from perfreg.measure.engines.event_loop import run
from perfreg.measure.engines.k6.binary import find
from perfreg.measure.engines.k6.process import run as run_k6
from perfreg.measure.engines.k6.script import generate
from perfreg.measure.engines.native.target import parse


def drive(plan: LoadPlan) -> LoadResult:
    """Run the plan. Raises `MeasureError` when there is no k6, or it cannot do that, or there is no server."""
    import numpy as np  # noqa: F401 - before the load begins: importing it amid the load would take its processor

    binary = find(os.environ)
    script = generate(plan)
    if isinstance(plan.verify, str):
        trust.context(plan.verify)  # complains of a file without certificates; k6 would trust nobody
    _knock(plan.base_url if plan.script else plan.calls[0].url, plan.timeout_s)
    return run(run_k6(plan, script, binary))


def _knock(url: str, timeout_s: float) -> None:
    """Whether there is anything to load. Raises `MeasureError` when nothing listens there."""
    if not urlsplit(url).hostname:
        return
    target = parse(url)[0]
    try:
        socket.create_connection((target.host, target.port), timeout_s).close()
    except OSError as error:
        hint = "start the service, or check base_url and endpoint"
        raise MeasureError(f"cannot connect: {error}", where=url, hint=hint) from error


ENGINE = LoadEngine(
    name="k6",
    summary="a k6 binary, with a script made from the scenario or the user's own",
    drive=drive,
    features=frozenset({"rate", "stages", "steps", "data", "cookies", "check", "think_time", "workers", "script"}),
)
