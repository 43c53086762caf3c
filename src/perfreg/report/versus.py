"""What was compared with what, how long that took, and how small a change it could see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from perfreg.model.comparison import Comparison, MetricNoise, Mode, Side
from perfreg.report import words
from perfreg.report.escape import visible
from perfreg.report.repeat import command

NOISE_TITLE = "what this session could see"
NOISE_HEADER = ("changes from", "base against itself", "one round scatters by", "rounds")

_ENOUGH_ROUNDS = 8

APART = "measured apart, not side by side: differences between machines and times are in every number"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseLine:
    """The noise of one metric in words, in percent; what could not be told is empty (or 0, as a number).

    ``differs``: base differed from itself, which only noise that favours an order or a place can do. ``informs`` is for
    metrics that are never judged, so that it does not matter what could be seen of them.
    """

    name: str
    rounds: str
    sigma: str
    detectable: str
    detectable_pct: float
    itself: str
    differs: bool
    informs: bool

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of `NOISE_HEADER`."""
        return (
            self.detectable or "too few rounds",
            f"{self.itself}{' !' if self.differs else ''}",
            self.sigma,
            self.rounds,
        )

    @property
    def sentence(self) -> str:
        """``changes of 1.8 % and more could be seen; base against itself: [-1.0, +0.5] %``."""
        seen = f"changes of {self.detectable} and more could be seen" if self.detectable else ""
        odd = ", which should hold 0" if self.differs else ""
        itself = f"base against itself: {self.itself} %{odd}" if self.itself else ""
        return "; ".join(part for part in (seen, itself) if part) or f"too few rounds to tell: {self.rounds}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Versus:
    """A comparison in words. ``facts`` are its labelled sentences, ``repeat`` the command that makes it again."""

    mode: Mode
    base: str
    head: str
    facts: tuple[tuple[str, str], ...]
    repeat: str
    noise: tuple[NoiseLine, ...]

    @property
    def is_self(self) -> bool:
        """Whether the same thing was measured twice, to learn about the machine."""
        return self.mode == "self"


def versus(comparison: Comparison, informative: Collection[str] = ()) -> Versus:
    """Put a comparison into words; ``informative`` metrics (``scenario.metric``) are not judged."""
    base, head = side_line(comparison.base), side_line(comparison.head)
    effort = _effort(comparison)
    caution = APART if comparison.mode == "results" else ""
    sides = (("Both sides", base),) if comparison.mode == "self" else (("Base", base), ("Head", head))
    noise = tuple(_noise(each, informative) for each in comparison.noise if _is_noisy(each))
    facts = (*sides, ("Measured", effort), ("Noise", _sight(noise)), ("Caution", caution))
    return Versus(
        mode=comparison.mode,
        base=base,
        head=head,
        facts=tuple((label, text) for label, text in facts if text),
        repeat=command(comparison),
        noise=noise,
    )


def extremes(noise: Sequence[NoiseLine]) -> tuple[NoiseLine, NoiseLine] | None:
    """The metrics in which the smallest and only the largest changes could be seen, if that could be told."""
    judged = (line for line in noise if line.detectable and not line.informs)
    seen = sorted(judged, key=lambda line: line.detectable_pct)
    return (seen[0], seen[-1]) if seen else None


def _sight(noise: Sequence[NoiseLine]) -> str:
    found = extremes(noise)
    if found is None:
        return ""
    best, worst = found
    rest = f", of {worst.detectable} and more in {worst.name}" if worst is not best else ""
    return f"changes of {best.detectable} and more could be seen in {best.name}{rest}"


def side_line(side: Side) -> str:
    """``main (77aa0e7b2d3a), with uncommitted changes``."""
    label, commit = visible(side.label), visible(side.commit[:12])
    named = f"{label} ({commit})" if label and commit and label != commit else label or commit or "nothing known"
    changes = "with uncommitted changes" if side.dirty else ""
    return ", ".join(part for part in (named, changes, visible(side.note)) if part)


def _effort(comparison: Comparison) -> str:
    if comparison.mode == "results":
        return ""
    rounds = sorted({each.rounds for each in comparison.noise})
    span = f"{rounds[0]:,} to " if len(rounds) > 1 else ""
    return ", ".join(
        (
            *((f"{span}{words.count(rounds[-1], 'round')}",) if rounds else ()),
            f"{words.duration(comparison.elapsed_s)} of {words.duration(comparison.budget_s)}",
            words.count(comparison.restarts, "restart"),
            f"seed {comparison.seed}",
        )
    )


def _is_noisy(noise: MetricNoise) -> bool:
    """Whether noise matters at all: what is counted or compared exactly has none, however many rounds there were."""
    return noise.rounds < _ENOUGH_ROUNDS or any(each is not None for each in (noise.sigma_pct, noise.detectable_pct))


def _noise(noise: MetricNoise, informative: Collection[str]) -> NoiseLine:
    low, high = noise.self_low_pct, noise.self_high_pct
    return NoiseLine(
        name=f"{visible(noise.scenario)}.{visible(noise.metric)}",
        rounds=f"{noise.rounds:,}",
        sigma=_percent(noise.sigma_pct),
        detectable=_percent(noise.detectable_pct),
        detectable_pct=noise.detectable_pct or 0.0,
        itself=words.interval(low, high),
        differs=low is not None and high is not None and not low <= 0 <= high,
        informs=f"{noise.scenario}.{noise.metric}" in informative,
    )


def _percent(pct: float | None) -> str:
    """Two digits are all that an estimate of noise has."""
    if pct is None:
        return ""
    size = abs(pct)
    return f"{size:,.0f} %" if size >= 9.95 else f"{size:.1f} %" if size >= 0.995 else f"{size:.2g} %"
