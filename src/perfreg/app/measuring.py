"""Measure scenarios one after the other, with the service around them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from perfreg.app.observer import Observer
from perfreg.config.base import ScenarioSpec
from perfreg.config.models import Config
from perfreg.errors import MeasureError, ServiceError
from perfreg.measure import service as services
from perfreg.measure.context import Context, Outcome, Service
from perfreg.measure.disturbance import Disturbance
from perfreg.measure.identity import scenario_hash
from perfreg.measure.registry import scenario_kinds
from perfreg.measure.sampler import monitor_for
from perfreg.measure.targets import TargetPolicy
from perfreg.model.run import Measurement, ScenarioRecord
from perfreg.model.timeline import Timeline

_SUSPICION_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One scenario, measured."""

    record: ScenarioRecord
    measurements: tuple[Measurement, ...] = ()
    timeline: Timeline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A place to measure at: the service runs, if there is one. Made by `bench`."""

    config: Config
    context: Context
    observer: Observer

    def measure(self, spec: ScenarioSpec) -> Measured:
        """Measure one scenario.

        Raises `PerfregError` when there is nothing to measure; when the service dies, the scenario is broken.
        """
        start = time.perf_counter()
        death = death_of(self.context.service)
        with Disturbance(others=knows_all(spec, served=self.context.service is not None)) as around:
            outcome = Outcome(status="broken", reasons=(death,)) if death else attempt(spec, self.context)
        record = ScenarioRecord(
            name=spec.name,
            kind=spec.type,
            hash=scenario_hash(spec, stress_multiplier=self.config.stress_multiplier, directory=self.context.directory),
            status=outcome.status,
            duration_s=time.perf_counter() - start,
            reasons=outcome.reasons,
            warnings=outcome.warnings + around.warnings,
            errors=outcome.errors,
            conditions=around.conditions,
        )
        self.observer.finished(record)
        return Measured(record=record, measurements=outcome.measurements, timeline=outcome.timeline)


def attempt(spec: ScenarioSpec, context: Context) -> Outcome:
    """Measure ``spec`` with its monitor. A service that dies meanwhile makes it broken.

    Raises `PerfregError` when there is nothing to measure.
    """
    monitor = monitor_for(spec.monitor, context) if spec.monitor else None
    try:
        with monitor or nullcontext():
            outcome = scenario_kinds()[spec.type].measure(spec, context)
        if context.service is not None:
            context.service.check()
    except ServiceError as error:
        return Outcome(status="broken", reasons=(str(error),))
    except MeasureError:
        # A refused connection is only the consequence when the service is dead; its death is the news.
        death = death_of(context.service, patience=_SUSPICION_S)
        if not death:
            raise
        return Outcome(status="broken", reasons=(death,))
    if outcome.status == "broken" and (death := death_of(context.service, patience=_SUSPICION_S)):
        outcome = replace(outcome, reasons=(death, *outcome.reasons))
    if monitor is None:
        return outcome
    return replace(
        outcome,
        measurements=_with(outcome.measurements, monitor.measurements(spec.name)),
        warnings=outcome.warnings + monitor.warnings,
    )


def _with(own: tuple[Measurement, ...], monitored: tuple[Measurement, ...]) -> tuple[Measurement, ...]:
    """What was asked of a monitor takes the place of what a scenario tells by the way, but not of what it judges."""
    asked = {each.metric for each in monitored}
    kept = tuple(each for each in own if each.direction != "none" or each.metric not in asked)
    known = {each.metric for each in kept}
    return kept + tuple(each for each in monitored if each.metric not in known)


def knows_all(spec: ScenarioSpec, *, served: bool) -> bool:
    """Whether every process that ``spec`` measures is ours, where we have ``served`` it: then all others are others."""
    return spec.isolated or (spec.contained and served)


def death_of(service: Service | None, patience: float = 0.0) -> str:
    """Why the service is dead; empty when it lives or there is none."""
    try:
        if service is not None:
            service.check(patience=patience)
    except ServiceError as error:
        return str(error)
    return ""


@contextmanager
def bench(
    config: Config, *, directory: Path, output: Path, env: Mapping[str, str], observer: Observer
) -> Iterator[Bench]:
    """Build and start the service; stop it at the end, whatever happens. Raises `ServiceError` if it does not run."""
    with _service(config, directory, output, env, observer) as service:
        context = Context(
            directory=directory,
            output=output,
            env=env,
            targets=TargetPolicy(allowed=config.targets, strict=config.environment == "production"),
            base_url=config.base_url or (service.base_url if service else ""),
            service=service,
            max_error_rate_pct=config.max_error_rate,
            stress_multiplier=config.stress_multiplier,
            progress=observer.progress,
        )
        yield Bench(config=config, context=context, observer=observer)


@contextmanager
def _service(
    config: Config, directory: Path, output: Path, env: Mapping[str, str], observer: Observer
) -> Iterator[Service | None]:
    if config.service is None:
        yield None
        return
    if config.service.build:
        observer.stage("building the service")
        services.build(config.service, directory=directory, env=env, log=output / "build.log")
    observer.stage("starting the service")
    with services.start(config.service, directory=directory, env=env, log=output / "service.log") as service:
        yield service
        observer.stage("stopping the service")
