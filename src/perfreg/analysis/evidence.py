"""What a comparison found, before it is known how many others were made."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.model.metric import Direction
from perfreg.model.result import Severity, Verdict
from perfreg.model.rule import ResolvedRule

_MOST = 1e300


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A change of ``size_pct`` (without its sign) that ``words`` say as a sentence.

    With a ``p_value`` it waits for the correction over all tests of the run; without, ``beyond`` tells whether it is
    above the limit of its rule. ``severity`` is that of a regression of this size.
    """

    size_pct: float
    grew: bool
    words: str
    severity: Severity
    p_value: float | None = None
    beyond: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict, final unless there is ``evidence`` to weigh, and the rules it is made by."""

    verdict: Verdict
    rule: ResolvedRule
    evidence: Evidence | None = None


def is_worse(direction: Direction, *, grew: bool) -> bool:
    """Whether a change in this sense is bad."""
    return grew if direction == "lower" else not grew


def change_pct(value: float, base: float) -> float:
    """The change from ``base``, which is not 0, in percent of its size; very large ones are cut, to stay numbers."""
    return 100 * max(-_MOST, min((value - base) / abs(base), _MOST))
