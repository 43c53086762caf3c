"""From the rounds of a paired comparison to verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perfreg.model.comparison import MetricNoise
from perfreg.model.metric import Metric
from perfreg.model.result import Verdict
from perfreg.model.rule import ResolvedRule
from perfreg.model.run import Measurement
from perfreg.stats.histogram import Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """One metric of one scenario, round by round: entry i of every field belongs to round i.

    ``base`` and ``head`` are the measurements of the two blocks, ``generation`` the number of the service start that
    round i was measured in. For a quantile, ``share`` tells which (0.95) and the histograms hold all samples of the
    blocks; both are empty otherwise.
    """

    scenario: str
    metric: Metric
    base: tuple[Measurement, ...]
    head: tuple[Measurement, ...]
    generation: tuple[int, ...]
    share: float | None = None
    base_samples: tuple[Histogram, ...] = ()
    head_samples: tuple[Histogram, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedPolicy:
    """What paired verdicts depend on besides the numbers.

    ``rule_of`` gives the rules of a measurement; its ``tolerance_pct`` is the minimum effect. ``confidence`` is
    two-sided.
    """

    rule_of: Callable[[Measurement], ResolvedRule]
    acceptance_of: Callable[[str], str] = lambda _: ""
    confidence: float = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedVerdict:
    """A verdict as it stands now. ``decided``: more rounds would not change it, so this metric needs no more."""

    verdict: Verdict
    noise: MetricNoise
    decided: bool


def judge_rounds(series: Sequence[Rounds], policy: PairedPolicy, *, final: bool) -> tuple[PairedVerdict, ...]:
    """One verdict for each metric, from all rounds so far, however often it is asked.

    ``final``: there will be no more rounds, so what is still open is `inconclusive` and says what could have been seen.
    """
    raise ValueError(f"{len(series)} series, {policy.confidence:g}, {final}: not yet")
