"""From a finished comparison to a result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from perfreg import __version__
from perfreg.analysis.paired import PairedVerdict
from perfreg.app.compare.contest import Contest
from perfreg.app.compare.merging import merged
from perfreg.app.compare.request import CompareRequest
from perfreg.app.compare.series import only_in_head
from perfreg.app.compare.side import Sides
from perfreg.app.policies import gating
from perfreg.measure import environment, source
from perfreg.measure.identity import run_id, scenario_hash
from perfreg.model.comparison import Comparison
from perfreg.model.result import Result, Verdict
from perfreg.model.run import Measurement, Run, ScenarioRecord
from perfreg.report import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What happened: every contest has ended one way or another."""

    began: datetime
    contests: Sequence[Contest]
    elapsed_s: float = 0.0
    restarts: int = 0
    judged: Sequence[PairedVerdict] = ()
    notes: tuple[str, ...] = ()


def result_of(request: CompareRequest, sides: Sides, session: Session) -> Result:
    """Head's run, the verdicts, and what they rest on."""
    verdicts = tuple(verdict for contest in session.contests for verdict in _verdicts(contest, session.judged))
    return Result(
        run=_run(request, sides, session),
        verdicts=verdicts,
        gate=gating(request.config, verdicts, paired=True),
        notes=(*session.notes, *request.warnings),
        comparison=Comparison(
            mode=request.mode,
            base=sides.base.described(),
            head=sides.head.described(),
            seed=request.seed,
            budget_s=request.config.compare.budget,
            elapsed_s=session.elapsed_s,
            restarts=session.restarts,
            noise=tuple(each.noise for each in session.judged),
        ),
    )


def _run(request: CompareRequest, sides: Sides, session: Session) -> Run:
    head, now = sides.head, datetime.now(timezone.utc)
    seen = source.detect(head.directory, request.env, base_branch=request.config.baseline.base_branch)
    records = tuple(_record(request, contest) for contest in session.contests)
    return Run(
        id=run_id(int(session.began.timestamp() * 1000)),
        started_at=session.began.isoformat(timespec="milliseconds"),
        duration_s=(now - session.began).total_seconds(),
        tool_version=__version__,
        source=replace(seen, commit=head.commit or seen.commit, dirty=head.dirty),
        environment=environment.detect(request.env, name=request.config.environment or ""),
        config_hash=request.config_hash,
        status="broken" if any(record.status == "broken" for record in records) else "ok",
        scenarios=records,
        measurements=tuple(point for contest in session.contests for point in measurements_of(contest)),
    )


def _record(request: CompareRequest, contest: Contest) -> ScenarioRecord:
    last = contest.rounds[-1].head.warnings if contest.rounds else ()
    return ScenarioRecord(
        name=contest.name,
        kind=contest.spec.type,
        hash=scenario_hash(
            contest.spec, stress_multiplier=request.config.stress_multiplier, directory=request.directory
        ),
        status="broken" if contest.ending == "broken" else "ok",
        duration_s=contest.spent_s,
        reasons=contest.reasons if contest.ending == "broken" else (),
        warnings=(*contest.warnings, *last),
        errors=dict(contest.errors["head"]),
    )


def measurements_of(contest: Contest) -> tuple[Measurement, ...]:
    """Head's measurements: those of all its blocks as one, else those of its first attempt."""
    if contest.rounds:
        return merged([each.head for each in contest.rounds])
    tried = contest.tried.get("head")
    return tried.outcome.measurements if tried else ()


def _verdicts(contest: Contest, judged: Sequence[PairedVerdict]) -> Iterator[Verdict]:
    reason = "; ".join(contest.reasons)
    if contest.ending == "broken":
        yield Verdict(scenario=contest.name, metric="all", status="broken", direction="none", reason=reason)
    elif contest.ending == "incomparable":
        yield from (_alone(point, reason) for point in measurements_of(contest))
    elif contest.ending == "untried":
        yield Verdict(scenario=contest.name, metric="all", status="inconclusive", direction="none", reason=reason)
    elif not contest.rounds:
        yield from (_without_rounds(point, contest) for point in measurements_of(contest))
    else:
        yield from (each.verdict for each in judged if each.verdict.scenario == contest.name)
        yield from (_alone(point, "new: base has no such metric") for point in only_in_head(contest))


def _alone(point: Measurement, reason: str) -> Verdict:
    return Verdict(
        scenario=point.scenario,
        metric=point.metric,
        status="no_baseline",
        direction=point.direction,
        head=point.value,
        unit=point.unit,
        reason=reason,
        head_text=point.text,
    )


def _without_rounds(point: Measurement, contest: Contest) -> Verdict:
    needed = words.duration(contest.round_s)
    reason = f"no round fitted into the budget: one takes about {needed}, so give it more (--budget)"
    return replace(_alone(point, reason), status="inconclusive")
