"""Finding steps in recorded histories: `python benchmarks/verdict/history.py DATASETS [--write docs/evidence.md]`.

DATASETS is a directory of JSON files as `recorded.py` describes them. Histories are cut into stretches in which nothing
happens; from them windows of 15 runs are taken, and steps are injected at their first run. Every rule gets the
threshold with which 5 % of the windows without a step have an alarm (FA15) on half of the series, and is tested on the
other half; 20 times. Prints tables, whether the targets are met, and exits with 1 when one is not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from evidence_page import table, write_section
from history_rules import RIVALS, Rival
from numpy.typing import NDArray
from recorded import FEWEST_COMPANIONS, WINDOW, Values, Window, read, windows

from perfreg.analysis.watch import Policy, Series, watch_many
from perfreg.stats.common_mode import shared

STEPS_PCT = (0, 3, 5, 10, 20)
RATES = (3.0, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0, 10.0)
FA15_PCT = 5.0
HALVES = 20
NEVER = 10_000

Delays = NDArray[np.int64]
"""Runs from the step to the alarm, for each threshold, step and window; NEVER without an alarm in the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A rule's alarms at each of its thresholds, the most careful first."""

    name: str
    delays: Delays


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Percent of windows with an alarm, for each step; runs to the alarm at +10 %; and how the first differ by half."""

    name: str
    found: Values
    spread: Values
    delay: float


def _stepped(window: Window, step_pct: int) -> Values:
    logs = window.logs.copy()
    logs[window.lead :] += np.log1p(step_pct / 100)
    stepped: Values = logs
    return stepped


def _of_rival(job: tuple[Rival, Window]) -> Values:
    rival, window = job
    return np.array([rival.scores(_stepped(window, step), window.lead) for step in STEPS_PCT])


def _of_perfreg(job: tuple[Sequence[Window], bool, int, float]) -> Delays:
    """The delays of some windows with a step at one setting."""
    drawn, with_companions, step, rate = job
    watched: list[Series] = []
    start = 0
    for window in drawn:
        # Sessions of their own, so that nothing is shared but with the companions.
        sessions, start = np.arange(start, start + len(window.logs)), start + len(window.logs)
        watched.append(Series(values=np.exp(_stepped(window, step)), sessions=sessions))
        if with_companions:
            watched += [Series(values=np.exp(each), sessions=sessions, companion=True) for each in window.companions]
    told = watch_many(watched, policy=Policy(false_alarms=rate, common_mode=with_companions))
    mine = [steps for series, steps in zip(watched, told, strict=True) if not series.companion]
    return np.array(
        [
            min(
                (each.raised - window.lead for each in steps if each.worse and each.raised >= window.lead),
                default=NEVER,
            )
            for window, steps in zip(drawn, mine, strict=True)
        ]
    )


def of_rival(rival: Rival, drawn: Sequence[Window], pool: multiprocessing.pool.Pool) -> Outcome:
    """A rule of the field; its thresholds are all that could matter."""
    scores = np.array(pool.map(_of_rival, [(rival, window) for window in drawn], chunksize=8)).swapaxes(0, 1)
    highest = scores[0].max(axis=1)
    thresholds = np.unique(highest[np.isfinite(highest)])[::-1][: max(2, len(drawn) // 4)]
    beyond = scores[None] > thresholds[:, None, None, None]
    delays = np.where(beyond.any(axis=3), beyond.argmax(axis=3), NEVER)
    return Outcome(name=rival.name, delays=delays)


def of_perfreg(drawn: Sequence[Window], pool: multiprocessing.pool.Pool, *, companions: bool) -> Outcome:
    """The whole detector of perfreg, which also sees the runs before the window one by one, at several settings."""
    found = [
        pool.map(_of_perfreg, [(drawn, companions, step, rate) for step in STEPS_PCT], chunksize=1) for rate in RATES
    ]
    name = "perfreg, with the benchmarks of the same run" if companions else "perfreg"
    return Outcome(name=f"**{name}**", delays=np.array(found))


def calibrated(outcome: Outcome, drawn: Sequence[Window]) -> Figures:
    """The figures on the half of the series that did not set the threshold."""
    series = np.array([f"{window.project}/{window.series}" for window in drawn])
    names, alarmed = np.unique(series), outcome.delays < WINDOW
    rows, delays = [], []
    for half in range(HALVES):
        mine = np.isin(series, np.random.default_rng(half).permutation(names)[: len(names) // 2])
        rates = 100 * alarmed[:, 0, mine].mean(axis=1)
        best = int(np.flatnonzero(rates <= FA15_PCT).max(initial=0))
        rows.append(100 * alarmed[best][:, ~mine].mean(axis=1))
        late = outcome.delays[best, STEPS_PCT.index(10)][~mine]
        delays.append(np.median(late[late < WINDOW]) if (late < WINDOW).any() else np.nan)
    return Figures(
        name=outcome.name, found=np.mean(rows, axis=0), spread=np.std(rows, axis=0), delay=float(np.nanmean(delays))
    )


def as_shipped(outcome: Outcome, which: NDArray[np.bool_]) -> Values:
    """Percent of some windows with an alarm at perfreg's own threshold."""
    return np.asarray(100 * (outcome.delays[RATES.index(5.0)][:, which] < WINDOW).mean(axis=1))


ABOUT = """## Recorded histories

{windows} windows of {series} series of {projects} projects: recorded CI histories of public projects ({names}). In each
nothing happened, as far as one can tell; then every value from its first run on is made larger by what the column says.
The cells are the share of windows with an alarm within 15 runs, in percent; +0 % are false alarms (FA15). Every rule
has the threshold with which FA15 is 5 % on half of the series, and is tested on the other half: the mean of {halves}
such halves. perfreg is tested whole, with the runs before the window seen one by one; the others see the window."""

COMPANIONS = """With the benchmarks of the same run, to remove what they share: the {windows} windows that at least
three other benchmarks cover."""

SHIPPED = """As it is shipped, without a threshold of its own for these data, by project and by noise (deviation of one
run from the next):"""

REPEAT = """Repeat it with `python benchmarks/verdict/history.py DIRECTORY`, a directory with a JSON file for each
project: `{"series": [{"id", "suite", "better": "lower" or "higher", "dates": [...], "values": [...]}]}`. Benchmarks of
one suite that share a date share a run. The histories of github-action-benchmark's users, for one, are on their
`gh-pages` branches; `perfreg judge history` takes the same numbers as CSV."""


def _shares(window: Window) -> bool:
    """Whether the runs before the window show that the series follows the others."""
    sessions = np.column_stack((window.logs, *window.companions))
    return bool(shared(sessions[: window.lead], window.lead)[:, 0].any())


def _row(figures: Figures) -> list[str]:
    cells = [f"{found:.1f} ± {spread:.1f}" if i == 0 else f"{found:.1f}"
             for i, (found, spread) in enumerate(zip(figures.found, figures.spread, strict=True))]  # fmt: skip
    return [figures.name, *cells, f"{figures.delay:.0f}"]


def _table(rows: Sequence[Figures]) -> str:
    header = ["rule", "FA15 ± by half", *(f"+{step} %" for step in STEPS_PCT[1:]), "runs to alarm at +10 %"]
    return table(header, [_row(each) for each in rows])


def _targets(raw: Figures, clean: Figures, rivals: Sequence[Figures]) -> tuple[str, bool]:
    claims: list[tuple[str, str, bool]] = []
    for figures, wanted in ((raw, (50, 60, 80, 95)), (clean, (55, 67, 88, 98))):
        for step, least, found in zip(STEPS_PCT[1:], wanted, figures.found[1:], strict=True):
            claims.append(
                (f"{figures.name.strip('*')}: {least} % of +{step} %", f"{found:.1f} %", bool(found >= least))
            )
    claims.append(("at most 2 runs to the alarm at +10 %, in the middle", f"{raw.delay:.1f}", raw.delay <= 2))
    ahead = [raw.found[1:] - rival.found[1:] for rival in rivals]
    lead = float(np.min(ahead))
    claims.append(("more found than by any other rule, at each size", f"by {lead:.1f} points or more", lead > 0))
    rows = [[claim, measured, "met" if met else "**missed**"] for claim, measured, met in claims]
    return table(["target", "measured", ""], rows), all(met for *_, met in claims)


def _groups(drawn: Sequence[Window], raw: Outcome, clean: Outcome, covered: NDArray[np.bool_]) -> str:
    sigma, project = np.array([each.sigma for each in drawn]), np.array([each.project for each in drawn])
    groups = [("all", np.ones(len(drawn), dtype=np.bool_))]
    for low, high, name in (
        (0, 0.01, "below 1 %"),
        (0.01, 0.04, "1 to 4 %"),
        (0.04, 0.1, "4 to 10 %"),
        (0.1, 99, "above 10 %"),
    ):
        groups.append((name, (sigma >= low) & (sigma < high)))
    groups += [(name.replace("__", "/"), project == name) for name in np.unique(project)]
    rows = []
    for name, which in groups:
        if not which.any():
            continue
        also = which[covered]
        cells = as_shipped(clean, also) if also.any() else np.full(len(STEPS_PCT), np.nan)
        with_companions = " / ".join(f"{cell:.0f}" for cell in cells) if also.any() else "-"
        plain = " / ".join(f"{cell:.0f}" for cell in as_shipped(raw, which))
        rows.append([name, f"{which.sum()}", plain, f"{also.sum()}", with_companions])
    steps = " / ".join(f"+{step}" for step in STEPS_PCT)
    return table(["windows", "n", f"{steps} %", "n", f"with the benchmarks of the same run: {steps} %"], rows)


def report(drawn: Sequence[Window], pool: multiprocessing.pool.Pool) -> tuple[str, bool]:
    """The section of the evidence page, and whether all targets are met."""
    covered = np.array([len(each.companions) >= FEWEST_COMPANIONS for each in drawn])
    suites = [window for window, is_covered in zip(drawn, covered, strict=True) if is_covered]
    raw = of_perfreg(drawn, pool, companions=False)
    clean = of_perfreg(suites, pool, companions=True)
    mine, rivals = calibrated(raw, drawn), [calibrated(of_rival(each, drawn, pool), drawn) for each in RIVALS]
    some = Outcome(name="perfreg, the same windows", delays=raw.delays[:, :, covered])
    with_companions = calibrated(clean, suites)
    sharing = np.array([_shares(window) for window in suites])
    few = [window for window, shares in zip(suites, sharing, strict=True) if shares]
    where = f"where something is shared ({len(few)} windows)"
    of_few = [Outcome(name=f"{each.name}, {where}", delays=each.delays[:, :, sharing]) for each in (clean, some)]
    claims, met = _targets(mine, with_companions, rivals)
    projects = sorted({each.project.replace("__", "/") for each in drawn})
    about = ABOUT.format(
        windows=len(drawn),
        series=len({(each.project, each.series) for each in drawn}),
        projects=len(projects),
        names=", ".join(projects),
        halves=HALVES,
    )
    parts = (
        about,
        _table([mine, *rivals]),
        COMPANIONS.format(windows=len(suites)),
        _table([with_companions, calibrated(some, suites), *(calibrated(each, few) for each in of_few if few)]),
        SHIPPED,
        _groups(drawn, raw, clean, covered),
        claims,
        REPEAT,
    )
    return "\n\n".join(parts), met


def main() -> int:
    """Measure, print, and write the section where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, metavar="DATASETS")
    parser.add_argument("--quick", action="store_true", help="fewer windows: to see that it works")
    parser.add_argument("--seed", type=int, default=0, help="which stretches are drawn (default: 0)")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables between the markers of this page")
    args = parser.parse_args()
    began = time.monotonic()
    drawn = windows(read(args.directory), per_project=3 if args.quick else 18, seed=args.seed)
    if not drawn:
        sys.exit(f"{args.directory}: no series with {WINDOW} quiet runs after 41 others")
    with multiprocessing.Pool(os.cpu_count()) as pool:
        text, met = report(drawn, pool)
    print(f"{text}\n\n{time.monotonic() - began:.0f} s")
    if args.write:
        write_section(args.write, "history", text)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
