"""Verdicts, the gate, and the result that reports are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from perfreg.model.comparison import Comparison
from perfreg.model.metric import Direction
from perfreg.model.run import Run
from perfreg.model.timeline import Timeline

VerdictStatus = Literal[
    "regression", "improvement", "unchanged", "inconclusive", "no_baseline", "environment_mismatch", "broken"
]
Severity = Literal["low", "medium", "high", "critical"]
GateStatus = Literal["pass", "warn", "fail"]
Budget = Literal["", "warning", "critical"]

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
"""From mild to grave."""

RESULT_SCHEMA = "perfreg.result/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement of one metric of one scenario.

    ``change_pct`` is signed as measured (+10: the number grew by 10 %); ``direction`` decides whether that is bad.
    ``ci_low_pct`` and ``ci_high_pct`` bound it at the configured confidence. All three are absent where there is
    nothing to compare with. A change smaller than ``tolerance_pct`` is let pass. ``accepted`` is why a regression was
    accepted, ``budget`` the gravest budget that was broken. ``base_text`` and ``head_text`` show both sides of what a
    number cannot (query plans).
    """

    scenario: str
    metric: str
    status: VerdictStatus
    severity: Severity | None = None
    direction: Direction = "lower"
    base: float | None = None
    head: float | None = None
    unit: str = ""
    change_pct: float | None = None
    ci_low_pct: float | None = None
    ci_high_pct: float | None = None
    tolerance_pct: float | None = None
    method: str = ""
    reason: str = ""
    baseline_runs: int = 0
    baseline_samples: int = 0
    accepted: str = ""
    budget: Budget = ""
    base_text: str = ""
    head_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The policy's answer, with a reason for each thing that made it warn or fail.

    ``failed`` names the metrics (``scenario.metric``) whose verdicts made it fail; those of broken scenarios are not
    among them.
    """

    status: GateStatus
    reasons: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineInfo:
    """What the run was compared with: ``runs`` trusted runs, the newest ``age_days`` old (None without any).

    ``health`` tells from 0 to 1 how far that can be relied on, and ``concerns`` what lowers it.
    """

    runs: int = 0
    age_days: float | None = None
    newest_commit: str = ""
    health: float | None = None
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A lasting change of the level of a metric that the history shows, be it a step or what a drift has added up to.

    ``change_pct`` is signed as measured and ``worse`` tells whether it is bad. The new level began with a run of commit
    ``first_bad`` at ``since``, and the run before it was of commit ``last_good``: the change lies between them, in one
    of ``commits`` (the newest first) as far as git knows them. ``runs`` have had the new level so far; with the last of
    them, ``raised_by``, it was certain enough to be told.
    """

    scenario: str
    metric: str
    change_pct: float
    worse: bool
    since: str
    runs: int
    raised_by: str
    first_bad: str = ""
    last_good: str = ""
    commits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything a report needs. ``notes`` are sentences about the whole run (what was stored, what was not).

    ``comparison`` is there when head was measured against base side by side instead of being held against history;
    ``run`` is the head then. ``shifts`` are lasting changes that this run has brought to light, and ``timelines`` tell
    how each load went while it lasted.
    """

    run: Run
    verdicts: tuple[Verdict, ...]
    gate: Gate
    baseline: BaselineInfo = BaselineInfo()
    notes: tuple[str, ...] = ()
    comparison: Comparison | None = None
    shifts: tuple[Shift, ...] = ()
    timelines: tuple[Timeline, ...] = ()
    schema: str = RESULT_SCHEMA

    def with_status(self, status: VerdictStatus) -> tuple[Verdict, ...]:
        """The verdicts of one status, in order."""
        return tuple(verdict for verdict in self.verdicts if verdict.status == status)
