"""From the rounds of a paired comparison to verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from perfreg.analysis.conclusion import conclude
from perfreg.analysis.evidence import Finding
from perfreg.analysis.paired_counts import exact_verdict, is_constant, rate_verdict
from perfreg.analysis.paired_look import Manner, base_against_base, sights, unusable
from perfreg.analysis.paired_prospect import is_hopeless
from perfreg.analysis.paired_status import Judged, Stand, judged, percent
from perfreg.analysis.rounds import Rounds
from perfreg.model.comparison import MetricNoise
from perfreg.model.result import Verdict
from perfreg.model.rule import ResolvedRule
from perfreg.model.run import Measurement
from perfreg.stats.predict import discoveries
from perfreg.stats.sequential import Decision, Look
from perfreg.stats.starts import FEWEST as FEWEST_STARTS
from perfreg.stats.starts import FIRST_LOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedPolicy:
    """What paired verdicts depend on besides the numbers.

    ``rule_of`` gives the rules of a measurement; its ``tolerance_pct`` is the minimum effect. ``confidence`` is
    two-sided. ``restarts``: the services are started again between rounds.
    """

    rule_of: Callable[[Measurement], ResolvedRule]
    acceptance_of: Callable[[str], str] = lambda _: ""
    confidence: float = 0.99
    restarts: bool = False

    @property
    def alpha(self) -> float:
        """The one-sided error rate."""
        return (1 - self.confidence) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedVerdict:
    """A verdict as it stands now. ``decided``: more rounds would not change it, so this metric needs no more.

    ``look`` is what it rests on, where statistics decide, and ``effect`` the logarithm of the minimum effect.
    """

    verdict: Verdict
    noise: MetricNoise
    decided: bool
    look: Look | None = None
    effect: float = 0.0

    def is_settled(self, more: float) -> bool:
        """Whether ``more`` times the rounds would change nothing: it is decided, or there is no prospect of that."""
        return self.decided or (self.look is not None and is_hopeless(self.look, self.effect, more))


def judge_rounds(series: Sequence[Rounds], policy: PairedPolicy, *, final: bool) -> tuple[PairedVerdict, ...]:
    """One verdict for each metric, from all rounds so far, however often it is asked.

    ``final``: there will be no more rounds, so what is still open stays `inconclusive` and says what would have shown.
    All metrics share one false discovery rate: among many, each has to be clearer than it would alone. Base is held
    against itself only at the end.
    """
    rules = [policy.rule_of(_typical(rounds)) for rounds in series]
    flaws = unusable(series)
    timed = {
        index: (rounds, math.log1p(rules[index].tolerance_pct / 100))
        for index, rounds in enumerate(series)
        if index not in flaws and _is_timed(rounds)
    }
    seen = sights(timed, Manner(alpha=policy.alpha, final=final, restarts=policy.restarts))
    # What only informs accuses nobody, so it need not make the others prove more.
    counting = {index: sight.look for index, sight in seen.items() if rules[index].direction != "none"}
    certain = _certain(counting, policy.alpha)
    itself = base_against_base({index: series[index] for index in seen}, level=policy.alpha) if final else {}
    found = []
    for index, (rounds, rule) in enumerate(zip(series, rules, strict=True)):
        blank = _blank(rounds, rule)
        if index in seen:
            stand = _stand(certain.get(index, _INFORMATIVE), rounds, policy, final=final)
            result = judged(blank, seen[index], rule, stand)
        elif index in flaws:
            result = _flawed(blank, rule, flaws[index])
        elif rounds.metric.nature == "rate":
            verdict = rate_verdict(blank, rounds, rule, alpha=policy.alpha, final=final)
            result = Judged(verdict=verdict, decided=True)
        else:
            result = Judged(verdict=exact_verdict(blank, rounds, rule), decided=True)
        found.append(
            PairedVerdict(
                verdict=_concluded(result.verdict, rule, policy),
                noise=_noise(rounds, result.look, itself.get(index)),
                decided=result.decided,
                look=result.look,
                effect=math.log1p(rule.tolerance_pct / 100),
            )
        )
    return tuple(found)


def _is_timed(rounds: Rounds) -> bool:
    """Whether statistics decide: not for failures, and not for what is the same in every round of either side."""
    if rounds.metric.nature == "rate" or not any(each.value for each in rounds.base):
        return False
    return rounds.metric.nature == "continuous" or not is_constant(rounds)


def _typical(rounds: Rounds) -> Measurement:
    """A measurement that stands for all of them, to look its rules up by."""
    if rounds.head:
        return rounds.head[-1]
    return Measurement(
        scenario=rounds.scenario,
        metric=rounds.metric.name,
        unit=rounds.metric.unit,
        direction=rounds.metric.direction,
        nature=rounds.metric.nature,
        value=0.0,
        n=0,
    )


def _blank(rounds: Rounds, rule: ResolvedRule) -> Verdict:
    return Verdict(
        scenario=rounds.scenario,
        metric=rounds.metric.name,
        status="unchanged",
        direction=rule.direction,
        unit=rounds.metric.unit,
        tolerance_pct=rule.tolerance_pct,
        baseline_runs=1,
        baseline_samples=sum(each.n for each in rounds.base),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Certainty:
    """What is certain of one metric, by itself and among all."""

    alone: Decision
    among_all: Decision


_INFORMATIVE = _Certainty(alone="open", among_all="open")


def _certain(looks: Mapping[int, Look], alpha: float) -> dict[int, _Certainty]:
    slower = discoveries([look.p_slower for look in looks.values()], alpha)
    faster = discoveries([look.p_faster for look in looks.values()], alpha)
    found = {}
    for (index, look), is_slower, is_faster in zip(looks.items(), slower, faster, strict=True):
        alone = look.decide(alpha)
        lost = (alone == "slower" and not is_slower) or (alone == "faster" and not is_faster)
        found[index] = _Certainty(alone=alone, among_all="open" if lost else alone)
    return found


def _stand(certainty: _Certainty, rounds: Rounds, policy: PairedPolicy, *, final: bool) -> Stand:
    starts = len(set(rounds.generation))
    wanted = FEWEST_STARTS if final else FIRST_LOOK
    if policy.restarts and starts < min(wanted, rounds.n):
        doubt = f"only {starts} start{'' if starts == 1 else 's'} of the services, and {wanted} are needed"
        return Stand(decision="open", alpha=policy.alpha, final=final, doubt=doubt)
    doubt = ""
    if certainty.alone != certainty.among_all:
        doubt = "clear by itself, but not among so many metrics"
    return Stand(decision=certainty.among_all, alpha=policy.alpha, final=final, doubt=doubt)


def _flawed(blank: Verdict, rule: ResolvedRule, flaw: str) -> Judged:
    if rule.direction == "none":
        return Judged(verdict=replace(blank, reason=f"{flaw}; informative"), decided=True)
    return Judged(verdict=replace(blank, status="inconclusive", reason=flaw), decided=True)


def _concluded(verdict: Verdict, rule: ResolvedRule, policy: PairedPolicy) -> Verdict:
    """The verdict with budgets, the rule's own severity and acceptances."""
    verdict = conclude(Finding(verdict=verdict, rule=rule), significant=False)
    if verdict.status != "regression":
        return verdict
    return replace(verdict, accepted=policy.acceptance_of(f"{verdict.scenario}.{verdict.metric}"))


def _noise(rounds: Rounds, look: Look | None, itself: tuple[float, float] | None) -> MetricNoise:
    """The noise that the verdict was made in; ``itself`` bounds base against base."""
    blank = MetricNoise(scenario=rounds.scenario, metric=rounds.metric.name, rounds=rounds.n)
    if look is None:
        return blank
    return replace(
        blank,
        sigma_pct=percent(look.sigma),
        detectable_pct=percent(look.detectable),
        self_low_pct=percent(itself[0]) if itself else None,
        self_high_pct=percent(itself[1]) if itself else None,
    )
