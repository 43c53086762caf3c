"""The main job: measure, compare with history, decide, remember."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from perfreg import __version__
from perfreg.analysis.health import HEALTHY
from perfreg.analysis.judge import Judged, Policy, judge_run
from perfreg.analysis.trust import decide_trust
from perfreg.app.losses import missing, missing_metrics, missing_scenarios
from perfreg.app.measuring import Bench, Measured, bench
from perfreg.app.observer import Observer
from perfreg.app.past import Past, describe, look_back
from perfreg.app.policies import check_rules, gating, judging
from perfreg.app.shifting import new_shifts
from perfreg.config.base import ScenarioSpec
from perfreg.config.models import Config
from perfreg.config.thresholds import Budget
from perfreg.measure import environment, source
from perfreg.measure.identity import run_id
from perfreg.model.result import BaselineInfo, Result
from perfreg.model.run import Run
from perfreg.report.shift import shift_sentence
from perfreg.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """One run of ``scenarios``. Paths of the configuration start at ``directory``; ``output`` takes the logs."""

    config: Config
    config_hash: str
    store: SqliteStore
    scenarios: Sequence[ScenarioSpec]
    budgets: Sequence[Budget]
    directory: Path
    output: Path
    env: Mapping[str, str]
    establish: bool = False
    warnings: tuple[str, ...] = ()
    """Doubts about the configuration, carried into the result."""


def execute(request: RunRequest, observer: Observer) -> Result:
    """Measure the scenarios, judge them against the store, and add the run to it.

    Raises `PerfregError` when nothing could be measured; nothing is stored then.
    """
    config, store = request.config, request.store
    check_rules(config)
    store.open()
    now = datetime.now(timezone.utc)
    blank = Run(
        id=run_id(int(now.timestamp() * 1000)),
        started_at=now.isoformat(timespec="milliseconds"),
        duration_s=0.0,
        tool_version=__version__,
        source=source.detect(request.directory, request.env, base_branch=config.baseline.base_branch),
        environment=environment.detect(request.env, name=config.environment or ""),
        config_hash=request.config_hash,
        status="ok",
    )
    past = replace(look_back(store, blank.source, request.directory, request.env, now), window=config.history.window)
    policy = judging(config, request.budgets, lambda name: past.acceptance(name, blank.source.commit))
    with bench(config, directory=request.directory, output=request.output, env=request.env, observer=observer) as place:
        measured = _measure_all(place, request.scenarios, observer)
        judged = _judge(_filled(blank, measured), past, policy, {})
        passes: dict[str, int] = {}
        for number in range(1, config.confirm_regressions + 1):
            suspects = {verdict.scenario for verdict in judged.measured if verdict.status == "regression"}
            if not suspects:
                break
            again = [spec for spec in request.scenarios if spec.name in suspects]
            observer.stage(f"measuring again to be sure: {', '.join(spec.name for spec in again)}")
            measured |= _measure_all(place, again, observer)
            passes |= dict.fromkeys(suspects, number)
            judged = _judge(_filled(blank, measured), past, policy, passes)
    finished = datetime.now(timezone.utc)
    run = _filled(replace(blank, duration_s=(finished - now).total_seconds()), measured)
    trust = decide_trust(
        run.status, judged.measured, run.source, establish=request.establish, automatic=config.auto_update_baselines
    )
    run = replace(run, trust=trust.trust, regressed=trust.regressed)
    store.add(run, *(past.declared if run.trust != "none" else ()))
    info = describe(past, run, past.series(run), now)
    shifts = new_shifts(past, run, request.directory, request.env)
    lost = missing(past, run, {spec.name for spec in config.test_scenarios})
    doubts = (*(shift_sentence(each) for each in shifts if each.worse), *missing_metrics(lost))
    return Result(
        run=run,
        verdicts=judged.verdicts,
        gate=gating(config, judged.verdicts, doubts),
        baseline=info,
        notes=(trust.note, *judged.notes, *missing_scenarios(lost), *past.notes, *_health(info), *request.warnings),
        shifts=shifts,
        timelines=tuple(each.timeline for each in measured.values() if each.timeline is not None),
    )


def _judge(run: Run, past: Past, policy: Policy, passes: Mapping[str, int]) -> Judged:
    return judge_run(run, past.series(run), policy, passes)


def _health(info: BaselineInfo) -> tuple[str, ...]:
    if info.health is None or info.health >= HEALTHY:
        return ()
    return (f"the baseline's health is {info.health:.2f} of 1: {'; '.join(info.concerns)}",)


def _measure_all(place: Bench, scenarios: Sequence[ScenarioSpec], observer: Observer) -> dict[str, Measured]:
    found = {}
    for index, spec in enumerate(scenarios, start=1):
        observer.scenario(spec.name, index, len(scenarios))
        found[spec.name] = place.measure(spec)
    return found


def _filled(blank: Run, measured: Mapping[str, Measured]) -> Run:
    """The run with what was measured in it; one broken scenario breaks it."""
    records = tuple(each.record for each in measured.values())
    return replace(
        blank,
        status="broken" if any(record.status == "broken" for record in records) else "ok",
        scenarios=records,
        measurements=tuple(point for each in measured.values() for point in each.measurements),
    )


def store_path(config: Config, directory: Path) -> Path:
    """The SQLite file with this machine's copy of the store."""
    return directory / (config.tracking_db or ".perfreg/perfreg.sqlite3")
