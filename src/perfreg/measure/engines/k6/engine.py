"""The engine's entry: one plan, one process of k6."""

from __future__ import annotations

import os
import socket
import sys

from perfreg.errors import MeasureError
from perfreg.measure.engines import trust
from perfreg.measure.engines.engine import LoadEngine, LoadPlan, LoadResult
from perfreg.measure.engines.native.target import parse


def drive(plan: LoadPlan) -> LoadResult:
    """Run the plan. Raises `MeasureError` when there is no k6, or it cannot do that, or there is no server."""
    import numpy as np  # noqa: F401 - before the load begins: importing it amid the load would take its processor

    from perfreg.measure.engines.event_loop import run
    from perfreg.measure.engines.k6.binary import find
    from perfreg.measure.engines.k6.process import run as run_k6
    from perfreg.measure.engines.k6.script import generate

    binary = find(os.environ)
    script = generate(plan)
    if isinstance(plan.verify, str) and sys.platform in ("darwin", "win32"):
        hint = "let the system trust it, or take engine: native"
        raise MeasureError("k6 takes no certificates from a file on this system", where="verify", hint=hint)
    _knock(plan)
    return run(run_k6(plan, script, binary))


def _knock(plan: LoadPlan) -> None:
    """Whether there is anything to load. Raises `MeasureError` when nothing listens there, or nobody to be trusted."""
    url = plan.base_url if plan.script else plan.calls[0].url
    target = parse(url)[0]
    try:
        with socket.create_connection((target.host, target.port), plan.timeout_s) as connection:
            if target.tls:
                trust.context(plan.verify).wrap_socket(connection, server_hostname=target.host).close()
    except OSError as error:
        hint = "start the service, or check base_url and endpoint"
        raise MeasureError(f"cannot connect: {error}", where=url, hint=hint) from error


ENGINE = LoadEngine(
    name="k6",
    summary="a k6 binary, with a script made from the scenario or the user's own",
    drive=drive,
    features=frozenset({"rate", "stages", "steps", "data", "cookies", "check", "think_time", "workers", "script"}),
)
