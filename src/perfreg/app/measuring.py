"""Measure the scenarios of a configuration, one after the other, with the service around them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from perfreg.app.observer import Observer
from perfreg.config.base import ScenarioSpec
from perfreg.config.models import Config
from perfreg.errors import MeasureError, ServiceError
from perfreg.measure import service as services
from perfreg.measure.context import Context, Outcome, Service
from perfreg.measure.identity import scenario_hash
from perfreg.measure.registry import SCENARIO_KINDS
from perfreg.measure.sampler import monitor_for
from perfreg.measure.targets import TargetPolicy
from perfreg.model.run import Measurement, ScenarioRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything that was measured, scenario by scenario."""

    records: tuple[ScenarioRecord, ...]
    measurements: tuple[Measurement, ...]


def measure(
    config: Config,
    scenarios: Sequence[ScenarioSpec],
    *,
    directory: Path,
    output: Path,
    env: Mapping[str, str],
    observer: Observer,
) -> Measured:
    """Build and start the service if there is one, and measure every scenario.

    Raises `PerfregError` when there is nothing to measure. A service that dies on the way leaves broken records.
    """
    targets = TargetPolicy(allowed=config.targets, strict=config.environment == "production")
    records: list[ScenarioRecord] = []
    measurements: list[Measurement] = []
    with _service(config, directory, output, env, observer) as service:
        base_url = config.base_url or (service.base_url if service else "")
        dead = ""
        for index, spec in enumerate(scenarios, start=1):
            observer.scenario(spec.name, index, len(scenarios))
            context = Context(
                directory=directory,
                output=output,
                env=env,
                targets=targets,
                base_url=base_url,
                service=service,
                max_error_rate_pct=config.max_error_rate,
                stress_multiplier=config.stress_multiplier,
                progress=observer.progress,
            )
            start = time.perf_counter()
            outcome = Outcome(status="broken", reasons=(dead,)) if dead else _attempt(spec, context)
            if outcome.status == "broken" and not dead and service is not None:
                dead = _death(service)
            record = ScenarioRecord(
                name=spec.name,
                kind=spec.type,
                hash=scenario_hash(spec, stress_multiplier=config.stress_multiplier),
                status=outcome.status,
                duration_s=time.perf_counter() - start,
                reasons=outcome.reasons,
                warnings=outcome.warnings,
                errors=outcome.errors,
            )
            records.append(record)
            measurements += outcome.measurements
            observer.finished(record)
    return Measured(records=tuple(records), measurements=tuple(measurements))


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


def _attempt(spec: ScenarioSpec, context: Context) -> Outcome:
    """Measure one scenario with its monitor; the death of the service makes it broken, not an error."""
    monitor = monitor_for(spec.monitor, context) if spec.monitor else None
    try:
        with monitor or nullcontext():
            outcome = SCENARIO_KINDS[spec.type].measure(spec, context)
        if context.service is not None:
            context.service.check()
    except ServiceError as error:
        return Outcome(status="broken", reasons=(str(error),))
    except MeasureError:
        # A refused connection is the consequence when the service is dead; then its death is the news.
        death = _death(context.service) if context.service else ""
        if not death:
            raise
        return Outcome(status="broken", reasons=(death,))
    if monitor is None:
        return outcome
    return replace(
        outcome,
        measurements=outcome.measurements + monitor.measurements(spec.name),
        warnings=outcome.warnings + monitor.warnings,
    )


def _death(service: Service) -> str:
    try:
        service.check(patience=1.0)
    except ServiceError as error:
        return str(error)
    return ""
