"""The paired verdict on recorded pairs: `python benchmarks/verdict/pairs.py PAIRS.csv [--write docs/evidence.md]`.

PAIRS.csv has the columns that `perfreg judge pairs` reads (series, pair, base, head), and both sides of it are the same
code, so that every difference is noise; series of fewer than 24 pairs are left out, longer ones cut to the shortest.
Changes are injected by multiplying head. Prints false alarms, power and pairs used for perfreg and for the usual rules;
whether the targets are met; and exits with 1 when one is not.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from evidence_page import table, write_section
from pair_rules import FIXED, Floats, betting

from perfreg.analysis.pair_series import PairSeries, judge_series
from perfreg.cli.judging.pairs import read

EFFECTS = (0, 1, 2, 3, 5, 10, 20)
FEW = 24
CONFIDENCE = 0.99
ALLOWED_PCT = 100 * (1 - CONFIDENCE) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Share of series called a regression, in percent, and mean pairs used, for each injected effect."""

    rule: str
    found: dict[int, float]
    used: dict[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A claim with what was measured."""

    claim: str
    measured: str
    met: bool


def load(path: Path) -> tuple[Floats, Floats]:
    """Both sides of the recorded pairs (series x pairs)."""
    series = [each for each in read(path) if len(each.base) >= FEW]
    if not series:
        sys.exit(f"{path}: no series has {FEW} pairs")
    n = min(len(each.base) for each in series)
    return np.array([each.base[:n] for each in series]), np.array([each.head[:n] for each in series])


def regressions(base: Floats, head: Floats, min_effect_pct: float) -> tuple[int, int, int]:
    """How many series `judge pairs` calls regressions and improvements, and the pairs that it read in all."""
    series = [
        PairSeries(name="", base=tuple(low), head=tuple(high))
        for low, high in zip(base.tolist(), head.tolist(), strict=True)
    ]
    verdicts = judge_series(series, min_effect_pct=min_effect_pct, confidence=CONFIDENCE)
    statuses = [each.status for each in verdicts]
    used = sum(each.pairs_used for each in verdicts)
    return statuses.count("regression"), statuses.count("improvement"), used


def flipped(task: tuple[Floats, Floats, int, float]) -> tuple[int, int]:
    """Regressions and improvements where base and head change places at random: nothing changed, by construction."""
    base, head, seed, min_effect_pct = task
    swap = np.random.default_rng(seed).random(base.shape) < 0.5
    found = regressions(np.where(swap, head, base), np.where(swap, base, head), min_effect_pct)
    return found[0], found[1]


def of_perfreg(base: Floats, head: Floats, min_effect_pct: float) -> Outcome:
    """What perfreg finds."""
    found = {effect: regressions(base, head * (1 + effect / 100), min_effect_pct) for effect in EFFECTS}
    many = len(base)
    return Outcome(
        rule=f"**perfreg, `--min-effect {min_effect_pct:g}%`**",
        found={effect: 100 * red / many for effect, (red, _, _) in found.items()},
        used={effect: used / many for effect, (_, _, used) in found.items()},
    )


def of_others(base: Floats, head: Floats) -> list[Outcome]:
    """What the usual rules find, on the first pairs and on all, and what betting does."""
    outcomes = []
    for name, rule in FIXED.items():
        for n, which in {FEW: "first", base.shape[1]: "all"}.items():
            found = {
                effect: 100 * float(rule(base[:, :n], head[:, :n] * (1 + effect / 100)).mean()) for effect in EFFECTS
            }
            outcomes.append(Outcome(rule=f"{name}, {which} {n}", found=found, used=dict.fromkeys(EFFECTS, n)))
    bets = {effect: betting(base, head * (1 + effect / 100)) for effect in EFFECTS}
    betted = Outcome(
        rule="betting e-process, 0.5 %",
        found={effect: 100 * float(found.mean()) for effect, (found, _) in bets.items()},
        used={effect: float(used.mean()) for effect, (_, used) in bets.items()},
    )
    return [*outcomes, betted]


def shuffled(base: Floats, head: Floats, flips: int, min_effect_pct: float) -> tuple[float, float, float]:
    """False regressions and improvements on exact nulls, and the standard error of the former, all in percent."""
    tasks = [(base, head, seed, min_effect_pct) for seed in range(flips)]
    with multiprocessing.Pool(os.cpu_count()) as pool:
        counts = pool.map(flipped, tasks, chunksize=1)
    many = flips * len(base)
    red, green = (sum(each) / many for each in zip(*counts, strict=True))
    return 100 * red, 100 * green, 100 * math.sqrt(red * (1 - red) / many)


def targets(zero: Outcome, default: Outcome, red: float) -> list[Target]:
    """The claims, computed; ``red`` is the share of false regressions on exact nulls."""
    found = [
        Target(
            claim="false regressions, minimum effect 0: at most 0.4 % of series",
            measured=f"{zero.found[0]:.2f} %",
            met=zero.found[0] <= 0.4,
        ),
        Target(
            claim=f"the same with signs shuffled: at most the {ALLOWED_PCT:.1f} % allowed",
            measured=f"{red:.2f} %",
            met=red <= ALLOWED_PCT,
        ),
        Target(claim="false regressions, minimum effect 2 %: none", measured=f"{default.found[0]:.2f} %",
               met=default.found[0] == 0),
    ]  # fmt: skip
    for effect, power, most in ((3, 94.0, 18.0), (5, 98.0, 13.0), (20, 0.0, 10.0)):
        shown, used = zero.found[effect], zero.used[effect]
        claim = f"at least {power:g} % of +{effect} % found, " if power else f"+{effect} % with "
        claim += f"{'with ' if power else ''}at most {most:g} pairs on average"
        met = shown >= power and used <= most
        found.append(Target(claim=claim, measured=f"{shown:.1f} % with {used:.1f} pairs", met=met))
    shown = default.found[5]
    claim = "minimum effect 2 %: at least 90 % of +5 % found"
    return [*found, Target(claim=claim, measured=f"{shown:.1f} %", met=shown >= 90)]


ABOUT = """## Recorded pairs

{series} series of {pairs} pairs of the same code, head multiplied by what the column says. The middle series has a
standard deviation of {sigma:.1f} % a pair. The cells are the share of series that are called a regression, in percent:
+0 % are false alarms. perfreg and the e-process look after every pair, and stop when they know."""

SHUFFLED = """With base and head of every pair exchanged at random, {flips} times each series: {many:,} comparisons in
which nothing has changed, whatever the machine did."""

REPEAT = """Repeat it with `python benchmarks/verdict/pairs.py PAIRS.csv`. The pairs are from a shared machine with
other work on it, a fresh process for each measurement. Any file that `perfreg judge pairs` reads will do, so record
your own: measure the same thing twice, a coin deciding which is called base, again and again, and write a line for each
pair."""


def report(base: Floats, head: Floats, flips: int) -> tuple[str, bool]:
    """The section of the evidence page, and whether all targets are met."""
    ratios = np.log(head) - np.log(base)
    spread = 1.4826 * np.median(np.abs(ratios - np.median(ratios, axis=1, keepdims=True)), axis=1)
    zero, default = of_perfreg(base, head, 0.0), of_perfreg(base, head, 2.0)
    nulls = {effect: shuffled(base, head, flips, float(effect)) for effect in (0, 2)}
    claims = targets(zero, default, nulls[0][0])
    parts = (
        ABOUT.format(series=len(base), pairs=base.shape[1], sigma=100 * float(np.median(spread))),
        _rows([zero, default, *of_others(base, head)]),
        SHUFFLED.format(flips=flips, many=flips * len(base)),
        table(
            ["minimum effect", "false regressions", "false improvements", "standard error"],
            [[f"{effect} %", *(f"{figure:.3f} %" for figure in null)] for effect, null in nulls.items()],
        ),
        table(
            ["target", "measured", ""],
            [[each.claim, each.measured, "met" if each.met else "**missed**"] for each in claims],
        ),
        REPEAT,
    )
    return "\n\n".join(parts), all(each.met for each in claims)


def _rows(outcomes: Sequence[Outcome]) -> str:
    header = ["rule", *(f"+{effect} %" for effect in EFFECTS), "pairs used at +0 / 3 / 5 / 10 / 20 %"]
    return table(
        header,
        [
            [each.rule, *(f"{each.found[effect]:.1f}" for effect in EFFECTS), _used(each.used)] for each in outcomes
        ],
    )  # fmt: skip


def _used(used: dict[int, float]) -> str:
    if len(set(used.values())) == 1:
        return f"{used[0]:.0f}"
    return " / ".join(f"{used[effect]:.1f}" for effect in (0, 3, 5, 10, 20))


def main() -> int:
    """Measure, print, and write the section where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="PAIRS.csv")
    parser.add_argument("--flips", type=int, default=40, help="how often the signs of each series are shuffled")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables between the markers of this page")
    args = parser.parse_args()
    began = time.monotonic()
    text, met = report(*load(args.file), args.flips)
    print(f"{text}\n\n{time.monotonic() - began:.0f} s")
    if args.write:
        write_section(args.write, "pairs", text)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
