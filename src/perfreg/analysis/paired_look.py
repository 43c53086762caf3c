"""Rounds of a continuous metric, looked at by the paired statistics: many metrics at once where that is faster."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from perfreg.analysis.paired_counts import is_constant
from perfreg.analysis.rounds import Rounds
from perfreg.stats import quantile_pairs
from perfreg.stats.generations import inflation
from perfreg.stats.paired import lower_bounds, pairs_of
from perfreg.stats.sequential import FEWEST, Look, looks, share
from perfreg.stats.starts import look_at_starts, rounds_before

QUANTILE = "paired quantiles, sign-flip"
RATIO = "paired ratios, sign-flip"
STARTS = "paired ratios, t of starts"
_HIGHEST = math.log(1e300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A look at one metric: how, and the level of both sides (in its unit) that the change starts from."""

    look: Look
    method: str
    base: float
    head: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to look: at the one-sided error rate ``alpha``, for the last time (``final``) or not.

    With ``restarts`` nobody has looked before enough starts of the services were there.
    """

    alpha: float
    final: bool
    restarts: bool = False

    def since(self, generation: Sequence[int]) -> int:
        """Rounds before which nobody looked."""
        return max(FEWEST, rounds_before(generation)) if self.restarts else FEWEST


def sights(series: Mapping[int, tuple[Rounds, float]], manner: Manner) -> dict[int, Sight]:
    """Look at each of the series (all values positive), whose minimum effect is given as a logarithm."""
    found: dict[int, Sight] = {}
    alike: dict[tuple[tuple[int, ...], float], list[int]] = defaultdict(list)
    for key, (rounds, effect) in series.items():
        if has_quantiles(rounds):
            found[key] = _quantiles(rounds, effect, manner)
        else:
            alike[rounds.generation, effect].append(key)
    for (_, effect), keys in alike.items():
        found |= _ratios({key: series[key][0] for key in keys}, effect, manner)
    return found


def has_quantiles(rounds: Rounds) -> bool:
    """Whether there are samples to take the quantile from, in every block of both sides."""
    samples = (*rounds.base_samples, *rounds.head_samples)
    return rounds.share is not None and len(samples) == 2 * rounds.n and all(each.n for each in samples)


def _ratios(series: Mapping[int, Rounds], effect: float, manner: Manner) -> dict[int, Sight]:
    """Looks at series of the same starts."""
    import numpy as np

    base = np.array([[each.value for each in rounds.base] for rounds in series.values()], dtype=np.float64)
    head = np.array([[each.value for each in rounds.head] for rounds in series.values()], dtype=np.float64)
    plain = pairs_of(base, head)
    generation = next(iter(series.values())).generation
    pairs = replace(plain, inflation=inflation(plain.difference, generation))
    levels = np.median(pairs.level, axis=1)
    since = manner.since(generation)
    portion = share(pairs.n, final=manner.final, since=since)
    plain_looks = looks(pairs, effect, alpha=manner.alpha, final=manner.final, since=since)
    found = {}
    for row, (key, signs) in enumerate(zip(series, plain_looks, strict=True)):
        look, ratios = signs, plain.difference[row]
        # Signs say no more than that all agree, which few starts cannot make certain, however large the change is.
        spent = not (math.isfinite(signs.low) and math.isfinite(signs.high)) or abs(np.sign(ratios).sum()) == signs.n
        if signs.n >= FEWEST and spent and pairs.inflation[row] > 1:
            look = look_at_starts(signs, ratios, generation, min_effect=effect, alpha=manner.alpha, portion=portion)
        found[key] = Sight(
            look=look,
            method=RATIO if look is signs else STARTS,
            base=math.exp(min(float(levels[row]) - look.change / 2, _HIGHEST)),
            head=math.exp(min(float(levels[row]) + look.change / 2, _HIGHEST)),
        )
    return found


def _quantiles(rounds: Rounds, effect: float, manner: Manner) -> Sight:
    plain = quantile_pairs.quantile_pairs(rounds.share or 0.5, rounds.base_samples, rounds.head_samples)
    rest = quantile_pairs.excess(plain, quantile_pairs.buckets_apart(plain))
    pairs = replace(plain, inflation=float(inflation(rest[None, :], rounds.generation)[0]))
    return Sight(
        look=quantile_pairs.look(
            pairs, effect, alpha=manner.alpha, final=manner.final, since=manner.since(rounds.generation)
        ),
        method=QUANTILE,
        base=quantile_pairs.quantile_of(pairs, pairs.base_total),
        head=quantile_pairs.quantile_of(pairs, pairs.head_total),
    )


def base_against_base(series: Mapping[int, Rounds], *, level: float) -> dict[int, tuple[float, float]]:
    """Bounds (logarithms) of what base measured against itself in neighbouring rounds; none from too few.

    Every other pair is turned round, so that a machine that slows down steadily is no difference.
    """
    import numpy as np

    alike: dict[int, list[int]] = defaultdict(list)
    for key, rounds in series.items():
        if rounds.n >= 2 * FEWEST:
            alike[rounds.n // 2].append(key)
    found: dict[int, tuple[float, float]] = {}
    for many, keys in alike.items():
        values = np.array([[each.value for each in series[key].base[: 2 * many]] for key in keys], dtype=np.float64)
        first, second = values[:, 0::2], values[:, 1::2]
        turned = np.arange(many) % 2 == 1
        pairs = pairs_of(np.where(turned, second, first), np.where(turned, first, second))
        reachable = max(level, 2.0**-many * (1 + 1e-9))
        bounds = zip(lower_bounds(pairs, reachable), lower_bounds(pairs.mirrored(), reachable), strict=True)
        found |= {key: (float(low), -float(high)) for key, (low, high) in zip(keys, bounds, strict=True)}
    return found


def unusable(rounds: Sequence[Rounds]) -> dict[int, str]:
    """Which of the series cannot be compared, and why."""
    flaws = ((index, _flaw(each)) for index, each in enumerate(rounds))
    return {index: flaw for index, flaw in flaws if flaw}


def _flaw(rounds: Rounds) -> str:
    values = [each.value for each in (*rounds.base, *rounds.head)]
    if not values:
        return "no round was measured"
    if not all(map(math.isfinite, values)):
        return "a round measured no finite number"
    exact = rounds.metric.nature == "exact" and is_constant(rounds)
    return "" if exact else _flaw_of_ratio(values, shares=rounds.metric.nature == "rate")


def _flaw_of_ratio(values: Sequence[float], *, shares: bool) -> str:
    if min(values) < 0:
        return "a round measured a negative number, and those have no ratio"
    if shares:
        return "a round measured a share of more than 100 %" if max(values) > 100.001 else ""
    if 0 in values and any(values):
        return "some rounds measured 0, and there is no ratio to that; give the metric a budget"
    return ""
