"""Compare results that were measured apart, by the rules of history: base's runs are all the history there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from perfreg.analysis.judge import judge_run, keys_of
from perfreg.app.policies import gating, judging
from perfreg.config.models import Config
from perfreg.config.thresholds import Budget
from perfreg.errors import InputError
from perfreg.model.comparison import Comparison, Side, SideName
from perfreg.model.history import Point, Series, SeriesKey
from perfreg.model.result import Result, Verdict
from perfreg.model.run import Run
from perfreg.report import words
from perfreg.report.escape import visible

_APART = "measured apart"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRun:
    """A run, and the file it was read from."""

    file: str
    run: Run


def compare_results(base: Sequence[NamedRun], head: NamedRun, config: Config, budgets: Sequence[Budget]) -> Result:
    """Judge ``head`` by the runs of ``base``; a scenario that is broken there is none to compare with.

    Raises `InputError` for runs that contradict themselves, or that are on both sides.
    """
    for each in (*base, head):
        _check(each)
    _check_distinct(base, head)
    runs = sorted((each.run for each in base), key=lambda run: (run.started_at, run.id))
    history = _history(head.run, runs)
    judged = judge_run(head.run, history, judging(config, budgets, lambda _: ""))
    verdicts = tuple(_reworded(verdict, history) for verdict in judged.verdicts)
    return Result(
        run=head.run,
        verdicts=verdicts,
        gate=gating(config, verdicts, paired=True),
        notes=(*judged.notes, *_lost(head.run, runs)),
        comparison=Comparison(
            mode="results",
            base=_side("base", [each.file for each in base], runs),
            head=_side("head", [head.file], [head.run]),
            seed=0,
            budget_s=0.0,
            elapsed_s=0.0,
        ),
    )


def _check(each: NamedRun) -> None:
    """What the schema cannot tell: every measurement is of a scenario that is there, and nothing is there twice."""
    names = Counter(record.name for record in each.run.scenarios)
    metrics = Counter(f"{point.scenario}.{point.metric}" for point in each.run.measurements)
    twice = [name for counter in (names, metrics) for name, number in counter.items() if number > 1]
    if twice:
        raise InputError(f"{visible(twice[0])!r} is there twice", where=each.file)
    strange = [point.scenario for point in each.run.measurements if point.scenario not in names]
    if strange:
        raise InputError(
            f"has measurements of {visible(strange[0])!r}, which is none of its scenarios", where=each.file
        )


def _check_distinct(base: Sequence[NamedRun], head: NamedRun) -> None:
    seen = {head.run.id: head.file}
    for each in base:
        if each.run.id in seen:
            hint = "name each run once"
            raise InputError(f"is the same run as {seen[each.run.id]}", where=each.file, hint=hint)
        seen[each.run.id] = each.file


def _history(head: Run, runs: Sequence[Run]) -> dict[SeriesKey, Series]:
    """The series of head's metrics, made of base's runs alone, the oldest first."""
    found: dict[tuple[str, str, str], list[tuple[SeriesKey, Point]]] = {}
    for run in runs:
        sound = {record.name for record in run.scenarios if record.status == "ok"}
        for key, point in zip(keys_of(run), run.measurements, strict=True):
            if point.scenario in sound:
                figure = Point(run=run.id, value=point.value, n=point.n, std_error=point.std_error, text=point.text)
                found.setdefault((key.scenario, key.metric, key.unit), []).append((key, figure))
    directions = dict(zip(keys_of(head), (point.direction for point in head.measurements), strict=True))
    history = {}
    for key, direction in directions.items():
        known = found.get((key.scenario, key.metric, key.unit), [])
        here = tuple(point for other, point in known if other == key)
        away = [point for other, point in known if replace(other, environment=key.environment) == key]
        history[key] = Series(
            key=key,
            direction=direction,
            points=here,
            elsewhere=away[-1] if away and not here else None,
            other_definition=bool(known) and not here and not away,
        )
    return history


def _reworded(verdict: Verdict, history: Mapping[SeriesKey, Series]) -> Verdict:
    """The verdict in the words of a comparison, marked as one of runs that were measured apart."""
    if verdict.status in ("no_baseline", "environment_mismatch"):
        key = next(key for key in history if key.name == f"{verdict.scenario}.{verdict.metric}")
        return replace(verdict, reason=_why_blind(history[key], verdict))
    if verdict.status == "broken":
        return verdict
    reason = verdict.reason
    for old, new in _WORDS.items():
        reason = reason.replace(old, new)
    return replace(verdict, reason=reason, method=", ".join(part for part in (verdict.method, _APART) if part))


_WORDS = {
    "baseline runs": "runs of base",
    "baseline run": "run of base",
    "its baseline": "base",
    "the baseline": "base",
    "baseline": "base",
}


def _why_blind(series: Series, verdict: Verdict) -> str:
    if series.elsewhere is not None:
        figure = words.quantity(series.elsewhere.value, verdict.unit)
        return f"base was measured in another environment and is not comparable ({figure} there, for information)"
    if series.points:
        return f"base has {sum(point.n for point in series.points)} samples, fewer than min_baseline_samples"
    if series.other_definition:
        return "base measured another definition of this scenario"
    return "new: base has not measured it"


def _lost(head: Run, runs: Sequence[Run]) -> tuple[str, ...]:
    """What nobody would miss otherwise: scenarios that only base has."""
    mine = {record.name for record in head.scenarios}
    gone = dict.fromkeys(record.name for run in runs for record in run.scenarios if record.name not in mine)
    return (f"only base has these scenarios: {', '.join(gone)}",) if gone else ()


def _side(name: SideName, files: Sequence[str], runs: Sequence[Run]) -> Side:
    commits = {run.source.commit for run in runs}
    days = sorted({run.started_at[:10] for run in runs})
    environments = sorted({run.environment.key for run in runs})
    keys = f"{'environment' if len(environments) == 1 else 'environments'} {', '.join(environments)}"
    return Side(
        name=name,
        label=files[0] if len(files) == 1 else words.count(len(files), "result"),
        commit=commits.pop() if len(commits) == 1 else "",
        dirty=any(run.source.dirty for run in runs),
        note=f"measured {days[0] if len(days) == 1 else f'{days[0]} to {days[-1]}'}, {keys}",
    )
