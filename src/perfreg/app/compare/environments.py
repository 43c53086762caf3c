"""Compare two Python environments: the same tree, whose functions, commands and services each of them runs."""

from __future__ import annotations

from dataclasses import replace

from perfreg.app.compare.comparing import base_unusable, broken, compare
from perfreg.app.compare.request import CompareRequest
from perfreg.app.compare.side import Side, Sides
from perfreg.app.observer import Observer
from perfreg.config.base import ScenarioSpec
from perfreg.errors import ServiceError, UsageError
from perfreg.measure import service as services
from perfreg.measure.interpreter import Interpreter, find
from perfreg.measure.scenarios.function import FunctionSpec
from perfreg.model.comparison import SideName
from perfreg.model.result import Result


def compare_environments(request: CompareRequest, base: str, head: str, observer: Observer) -> Result:
    """Compare the environments at two paths, each a virtual environment or an interpreter.

    Raises `PerfregError` when there is none, both are the same, or base cannot build the service.
    """
    before = find(base, request.env, where="--base-python")
    after = find(head, request.env, where="--head-python")
    if before.executable == after.executable:
        hint = "to learn how noisy this machine is, run perfreg noise"
        raise UsageError(f"both are {str(after.executable)!r}", where="--head-python", hint=hint)
    asked = replace(request, mode="environments")
    sides = Sides(base=_side("base", base, before, asked), head=_side("head", head, after, asked))
    try:
        _build(asked, sides.base, observer)
    except ServiceError as error:
        raise base_unusable("built", error) from error
    try:
        _build(asked, sides.head, observer)
    except ServiceError as error:
        return broken(asked, sides, str(error))
    return compare(asked, sides, observer, acceptance_of=lambda _: "")


def _build(request: CompareRequest, side: Side, observer: Observer) -> None:
    """Run the build in the environment of the side: what it installs belongs there."""
    if side.service is not None and side.service.build:
        observer.stage(f"building {side.name}")
        log = request.output / f"build-{side.name}.log"
        services.build(side.service, directory=side.directory, env=side.env, log=log)


def _side(name: SideName, label: str, python: Interpreter, request: CompareRequest) -> Side:
    def adapt(spec: ScenarioSpec) -> ScenarioSpec:
        return spec.model_copy(update={"python": str(python.executable)}) if isinstance(spec, FunctionSpec) else spec

    return Side(
        name=name,
        label=label,
        note=python.version,
        directory=request.directory,
        env=python.environment(request.env),
        service=request.config.service,
        base_url=request.config.base_url or "",
        adapt=adapt,
    )
