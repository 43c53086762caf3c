"""Compare two sides, wherever they come from."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timezone
from importlib import import_module

from perfreg.analysis.paired import PairedPolicy
from perfreg.app.compare import schedule
from perfreg.app.compare.acceptance import Acceptance
from perfreg.app.compare.contest import Contest
from perfreg.app.compare.duel import Duel, Terms
from perfreg.app.compare.jury import Jury
from perfreg.app.compare.request import CompareRequest
from perfreg.app.compare.result import Session, result_of
from perfreg.app.compare.side import SIDES, Sides
from perfreg.app.compare.station import Station, Surroundings
from perfreg.app.measuring import knows_all
from perfreg.app.observer import Observer
from perfreg.app.policies import judging
from perfreg.errors import ServiceError
from perfreg.measure import affinity, environment
from perfreg.measure.disturbance import Disturbance
from perfreg.measure.engines.parking import parking
from perfreg.measure.targets import TargetPolicy
from perfreg.model.comparison import SideName
from perfreg.model.result import Result
from perfreg.report import words

_LIBRARIES = {"api": ("httpx",), "database": ("sqlalchemy",)}


def compare(request: CompareRequest, sides: Sides, observer: Observer, *, acceptance_of: Acceptance) -> Result:
    """Measure both sides in turns until it is known how they differ, or the budget is spent.

    A head that does not start is broken, and so is a scenario that head fails. Raises `ServiceError` when base does
    not start: there is nothing to compare with then.
    """
    began = datetime.now(timezone.utc)
    contests = [
        Contest(spec=spec, specs={name: sides.of(name).adapt(spec) for name in SIDES}) for spec in request.scenarios
    ]
    jury = Jury(_policy(request, acceptance_of), patient=request.mode == "self")
    around = _surroundings(request)
    with parking(), ExitStack() as running:
        stations = {name: running.enter_context(Station(sides.of(name), around)) for name in SIDES}
        try:
            start_s = _start(stations, request.seed, observer)
        except _HeadFailedError as failure:
            return broken(request, sides, str(failure))
        _load_libraries(request)
        duel = Duel(stations, contests, _terms(request, start_s), jury, observer)
        # Once for the whole session: what a block can tell of the kernel's counters is less than the block's noise.
        with Disturbance(others=_knows_all(request, sides)) as around_it:
            duel.run()
        observer.stage("stopping both sides")
    session = Session(
        began=began,
        contests=contests,
        elapsed_s=duel.elapsed_s,
        restarts=duel.restarts,
        judged=jury.verdict(contests),
        notes=(*_notes(duel, around), *around_it.warnings),
    )
    return result_of(request, sides, session)


def broken(request: CompareRequest, sides: Sides, reason: str) -> Result:
    """The result when head could not be measured at all."""
    contests = [Contest(spec=spec, specs={}) for spec in request.scenarios]
    for contest in contests:
        contest.breaks("head", (reason,))
    return result_of(request, sides, Session(began=datetime.now(timezone.utc), contests=contests))


class _HeadFailedError(Exception):
    """Head's service does not start: no error of the user's, but a finding."""


def _start(stations: Mapping[SideName, Station], seed: int, observer: Observer) -> float:
    """Start both services, one after the other; the seconds this took."""
    total = 0.0
    for name in schedule.order(seed, "start", 0):
        if stations[name].side.service is not None:
            observer.stage(f"starting {name}")
        try:
            total += stations[name].start()
        except ServiceError as error:
            if name == "head":
                raise _HeadFailedError(str(error)) from error
            raise base_unusable("started", error) from error
    return total


def base_unusable(what: str, error: ServiceError) -> ServiceError:
    """The error for a base that there is no use in measuring."""
    return ServiceError(
        f"base cannot be {what}: {error.message}", where=error.where, hint=error.hint, log_tail=error.log_tail
    )


def _load_libraries(request: CompareRequest) -> None:
    """Load what measuring imports when it first needs it, before the clock runs: seconds on a busy machine."""
    kinds = {spec.type for spec in request.scenarios}
    for name in dict.fromkeys(("psutil", "numpy", *(name for kind in kinds for name in _LIBRARIES.get(kind, ())))):
        import_module(name)


def _policy(request: CompareRequest, acceptance_of: Acceptance) -> PairedPolicy:
    """The rules of the configuration, where the smallest effect that matters takes the place of the threshold."""
    config = request.config.model_copy(update={"regression_threshold": request.config.compare.min_effect})
    return PairedPolicy(
        rule_of=judging(config, request.budgets, acceptance_of).rule_of,
        acceptance_of=acceptance_of,
        confidence=config.compare.confidence,
    )


def _surroundings(request: CompareRequest) -> Surroundings:
    config = request.config
    processors = None
    if config.compare.affinity == "auto":
        quota = environment.detect(request.env).cpus
        processors = affinity.shares(affinity.usable_cores(), quota=quota)
    return Surroundings(
        output=request.output,
        targets=TargetPolicy(allowed=config.targets, strict=config.environment == "production"),
        stress_multiplier=config.stress_multiplier,
        processors=processors,
    )


def _knows_all(request: CompareRequest, sides: Sides) -> bool:
    served = all(sides.of(name).service is not None for name in SIDES)
    return all(knows_all(spec, served=served) for spec in request.scenarios)


def _terms(request: CompareRequest, start_s: float) -> Terms:
    settings = request.config.compare
    return Terms(
        budget_s=settings.budget,
        seed=request.seed,
        rounds=settings.rounds,
        restart_every=settings.restart_every,
        max_error_rate_pct=request.config.max_error_rate,
        start_s=start_s,
    )


def _notes(duel: Duel, around: Surroundings) -> tuple[str, ...]:
    rounds = [len(contest.rounds) for contest in duel.contests]
    span = f"{min(rounds)} to {max(rounds)}" if min(rounds) < max(rounds) else f"{max(rounds)}"
    restarts = f", with {words.count(duel.restarts, 'restart')} of both services" if duel.restarts else ""
    measured = f"measured {span} rounds in {words.duration(duel.elapsed_s)}{restarts}"
    return (measured, *((f"processors: {around.processors}",) if around.processors else ()))
