"""Verdicts on pairs of numbers that somebody else measured, read one pair after the other as if they were arriving."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from perfreg.analysis.paired_status import percent
from perfreg.analysis.paired_words import sentence
from perfreg.stats import sequential
from perfreg.stats.paired import Pairs, pairs_of
from perfreg.stats.sequential import FEWEST, Look

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PairStatus = Literal["regression", "improvement", "unchanged", "inconclusive"]

MOST = 20_000
"""Pairs beyond these are not read: what they could still show is smaller than any timing is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSeries:
    """The pairs of one series in the order they were measured. ``base_first`` tells the order within each, if known."""

    name: str
    base: tuple[float, ...]
    head: tuple[float, ...]
    base_first: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesVerdict:
    """What one series shows. Percentages are signed as measured; bounds are None where nothing bounds the change."""

    series: str
    status: PairStatus
    change_pct: float | None = None
    ci_low_pct: float | None = None
    ci_high_pct: float | None = None
    pairs_used: int = 0
    reason: str = ""


def judge_series(
    series: Sequence[PairSeries], *, min_effect_pct: float, confidence: float, higher_is_better: bool = False
) -> tuple[SeriesVerdict, ...]:
    """One verdict for each series, in their order; each keeps the error rate of ``confidence`` (two-sided) by itself.

    Reading stops at the first pair after which the verdict stands.
    """
    import numpy as np

    found: dict[int, SeriesVerdict] = {}
    alike: dict[int, list[int]] = defaultdict(list)
    for index, each in enumerate(series):
        flaw = _flaw(each)
        if flaw:
            found[index] = SeriesVerdict(series=each.name, status="inconclusive", reason=flaw)
        else:
            alike[min(len(each.base), MOST)].append(index)
    policy = _Policy(
        effect=math.log1p(min_effect_pct / 100), alpha=(1 - confidence) / 2, worse=-1 if higher_is_better else 1
    )
    for length, indices in alike.items():
        base = np.array([series[index].base[:length] for index in indices], dtype=np.float64)
        head = np.array([series[index].head[:length] for index in indices], dtype=np.float64)
        for index, verdict in zip(indices, _read(pairs_of(base, head), policy), strict=True):
            found[index] = _with_doubts(replace(verdict, series=series[index].name), series[index], length)
    return tuple(found[index] for index in range(len(series)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Policy:
    """The minimum effect (a logarithm), the one-sided error rate, and the sign of a change for the worse."""

    effect: float
    alpha: float
    worse: int


def _flaw(series: PairSeries) -> str:
    """Why there is nothing to judge; empty when there is."""
    if not series.base:
        return "there are no pairs"
    for number, pair in enumerate(zip(series.base, series.head, strict=True), start=1):
        if not all(math.isfinite(value) for value in pair):
            return f"pair {number} holds a value that is no finite number: a failed measurement is no fast one"
        if min(pair) <= 0:
            return f"pair {number} holds {min(pair):g}: only positive values have a ratio"
    return ""


def _read(pairs: Pairs, policy: _Policy) -> list[SeriesVerdict]:
    """Read all rows in step, and drop each from the rest once it is decided."""
    import numpy as np

    rows = np.arange(len(pairs.difference))
    found: dict[int, SeriesVerdict] = {}
    for n in range(1, pairs.n + 1):
        final = n == pairs.n
        if not rows.size or not (final or sequential.is_look(n)):
            continue
        seen = Pairs(
            difference=pairs.difference[rows, :n], level=pairs.level[rows, :n], inflation=pairs.inflation[rows]
        )
        ended = np.ones(len(rows), dtype=bool) if final else _decided(seen, policy)
        if ended.any():
            looks = sequential.looks(seen.chosen(ended), policy.effect, alpha=policy.alpha, final=final)
            for place, look in zip(np.flatnonzero(ended), looks, strict=True):
                found[int(rows[place])] = _verdict(look, policy)
                ended[place] = final or look.decide(policy.alpha) != "open"
        rows = rows[~ended]
    return [found[row] for row in range(len(pairs.difference))]


def _decided(seen: Pairs, policy: _Policy) -> NDArray[np.bool_]:
    """Which rows are decided at a look before the last."""
    import numpy as np

    def certain(pairs: Pairs, shift: float) -> NDArray[np.bool_]:
        below: NDArray[np.bool_] = sequential.p_values(pairs, shift, final=False) <= policy.alpha
        return below

    other = seen.mirrored()
    changed = certain(seen, policy.effect) | certain(other, policy.effect)
    if policy.effect == 0:
        return changed
    found: NDArray[np.bool_] = np.asarray(changed | (certain(seen, -policy.effect) & certain(other, -policy.effect)))
    return found


def _verdict(look: Look, policy: _Policy) -> SeriesVerdict:
    decision = look.decide(policy.alpha)
    equal = look.n >= FEWEST and max(abs(look.low), abs(look.high)) < 1e-9
    status: PairStatus = "unchanged" if decision == "same" or equal else "inconclusive"
    if decision in ("slower", "faster"):
        grew = 1 if decision == "slower" else -1
        status = "regression" if grew == policy.worse else "improvement"
    return SeriesVerdict(
        series="",
        status=status,
        change_pct=percent(look.change),
        ci_low_pct=percent(look.low),
        ci_high_pct=percent(look.high),
        pairs_used=look.n,
        reason=sentence(look, status=status, effect=policy.effect, unit="pair"),
    )


def _with_doubts(verdict: SeriesVerdict, series: PairSeries, length: int) -> SeriesVerdict:
    """The verdict with what the order of the pairs, or their number, makes doubtful about it."""
    doubts = []
    if len(series.base) > length and verdict.pairs_used == length:
        doubts.append(f"only the first {length} of {len(series.base)} pairs were read")
    firsts = series.base_first[: verdict.pairs_used]
    if len(firsts) >= FEWEST and len(set(firsts)) == 1:
        side = "base" if firsts[0] else "head"
        doubts.append(f"{side} was always measured first, so what going first does looks like a change")
    return replace(verdict, reason="; ".join((verdict.reason, *doubts)))
