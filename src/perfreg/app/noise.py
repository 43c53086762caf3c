"""How small a change this machine can see: the tree as it is, compared with itself."""

from __future__ import annotations

from dataclasses import replace

from perfreg.app.compare.comparing import compare
from perfreg.app.compare.request import CompareRequest
from perfreg.app.compare.side import Side, Sides
from perfreg.app.observer import Observer
from perfreg.measure import service as services
from perfreg.measure import source
from perfreg.model.comparison import SideName
from perfreg.model.result import Gate, Result
from perfreg.report import words

_TIMES = 4
"""Noise falls with the square root of the time: this many times as long for changes half as large."""


def measure_noise(request: CompareRequest, observer: Observer) -> Result:
    """Measure both sides of nothing, each with a service of its own, for the whole budget.

    A metric that differs all the same earns a warning: order or place decide there, and no comparison can be trusted.
    Raises `ServiceError` when the service is not built or does not start.
    """
    config = request.config
    if config.service is not None and config.service.build:
        observer.stage("building the service")
        services.build(config.service, directory=request.directory, env=request.env, log=request.output / "build.log")
    sides = Sides(base=_side("base", request), head=_side("head", request))
    result = compare(replace(request, mode="self"), sides, observer, acceptance_of=lambda _: "")
    return replace(result, gate=_gate(result), notes=(*result.notes, _advice(config.compare.budget)))


def _side(name: SideName, request: CompareRequest) -> Side:
    seen = source.detect(request.directory, request.env)
    return Side(
        name=name,
        label=".",
        commit=seen.commit,
        dirty=seen.dirty,
        directory=request.directory,
        env=request.env,
        service=request.config.service,
        base_url=request.config.base_url or "",
    )


def _gate(result: Result) -> Gate:
    """Noise fails nobody's build, but what cannot be measured does."""
    broken = sorted({verdict.scenario for verdict in result.with_status("broken")})
    differing = [each for each in result.verdicts if each.status in ("regression", "improvement")]
    warnings = [
        f"{each.scenario}.{each.metric} differs from itself by {words.change(each.change_pct)}: order or placement has "
        "an effect, so do not trust comparisons here"
        for each in differing
    ]
    reasons = (*(f"{name} is broken" for name in broken), *warnings)
    return Gate(status="fail" if broken else "warn" if warnings else "pass", reasons=reasons)


def _advice(budget_s: float) -> str:
    longer = f"--budget {_TIMES * budget_s:g}s"
    return f"to see changes half as large, measure {_TIMES} times as long ({longer}) or find a quieter machine"
