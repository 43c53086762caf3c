"""What verdicts cost: `python benchmarks/verdict/cost.py [--write docs/evidence.md]`.

Times the statistics of a comparison of 1,000 metrics, `perfreg judge pairs` on a million pairs, and `perfreg judge
history` on 1,000 series of 1,000 runs, beside the time that pandas takes to read the same file where it is installed
(`uv run --with pandas` will do). Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from evidence_page import table, write_section

from perfreg.analysis.paired import PairedPolicy, judge_rounds
from perfreg.analysis.rounds import Rounds
from perfreg.model.metric import CATALOGUE
from perfreg.model.rule import ResolvedRule
from perfreg.model.run import Measurement
from perfreg.stats.histogram import from_values

METRICS, ROUNDS, PER_START, BLOCK = 1000, 64, 8, 200
PAIRS, SERIES, RUNS = 1_000_000, 1000, 1000
ROUNDS_S, HISTORY_S = 1.0, 10.0
ONE_CORE = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
POLICY = PairedPolicy(rule_of=lambda _: ResolvedRule(direction="lower", tolerance_pct=2.0), restarts=True)

ABOUT = """## What verdicts cost

Processor seconds, so that what else the machine does hardly counts; one core is used. The best of three, and of
commands the only run, with the start of Python and the reading of the file."""

REPEAT = "Repeat it with `python benchmarks/verdict/cost.py`; it makes up the numbers itself."


def rounds(many: int, *, samples: bool) -> list[Rounds]:
    """Rounds of so many metrics, a quarter of them 3 % slower at head; with the ``samples`` of quantiles or without."""
    rng = np.random.default_rng(1)
    metric = CATALOGUE["response_time_p95" if samples else "response_time_mean"]
    found = []
    for index in range(many):
        level = np.exp(0.01 * rng.standard_t(3, (2, ROUNDS)))
        level[1] *= 1.03 if index % 4 == 0 else 1.0
        base, head = (
            tuple(
                Measurement(
                    scenario=f"s{index}",
                    metric=metric.name,
                    unit=metric.unit,
                    direction=metric.direction,
                    value=10 * value,
                    n=BLOCK,
                )
                for value in side
            )
            for side in level.tolist()
        )
        each = Rounds(
            scenario=f"s{index}",
            metric=metric,
            base=base,
            head=head,
            generation=tuple(number // PER_START for number in range(ROUNDS)),
        )
        if samples:
            blocks = 10 * level[:, :, None] * np.exp(0.3 * rng.standard_normal((2, ROUNDS, BLOCK)))
            low, high = (tuple(from_values(block) for block in side) for side in blocks)
            each = replace(each, share=0.95, base_samples=low, head_samples=high)
        found.append(each)
    return found


def seconds(action: Callable[[], object]) -> float:
    """The processor seconds of the shortest of three runs."""
    times = []
    for _ in range(3):
        began = time.process_time()
        action()
        times.append(time.process_time() - began)
    return min(times)


def command(*arguments: str) -> float:
    """The processor seconds that perfreg takes, as a process of its own."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "perfreg", *arguments], check=True, stdout=subprocess.DEVNULL, env=ONE_CORE)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def pairs_file(path: Path, series: int) -> None:
    """A million pairs, in so many series."""
    rng = np.random.default_rng(2)
    base, head = np.exp(0.02 * rng.standard_t(3, (2, series, PAIRS // series)))
    with path.open("w", encoding="utf-8") as file:
        file.write("series,pair,base,head,order\n")
        for number, sides in enumerate(zip(base.tolist(), head.tolist(), strict=True)):
            file.writelines(
                f"s{number},{index},{low:.9g},{high:.9g},{'AB' if index % 2 else 'BA'}\n"
                for index, (low, high) in enumerate(zip(*sides, strict=True))
            )


def history_file(path: Path) -> None:
    """A thousand series of a thousand runs, each with a step of 8 % somewhere."""
    rng = np.random.default_rng(3)
    values = 0.02 * rng.standard_t(3, (SERIES, RUNS))
    values += 0.08 * (np.arange(RUNS) >= rng.integers(100, RUNS, (SERIES, 1)))
    with path.open("w", encoding="utf-8") as file:
        file.write("series,run,value\n")
        for number, row in enumerate(np.exp(values).tolist()):
            file.writelines(f"s{number},{index},{value:.9g}\n" for index, value in enumerate(row))


def with_pandas(path: Path) -> float | None:
    """Seconds that pandas takes to read a file; None where it is not installed."""
    if importlib.util.find_spec("pandas") is None:
        return None
    pandas = importlib.import_module("pandas")
    return seconds(lambda: pandas.read_csv(path))


def measure(folder: Path) -> tuple[list[list[str]], bool]:
    """The rows of the table, and whether the targets are met."""
    plain, sampled = rounds(METRICS, samples=False), rounds(METRICS // 10, samples=True)
    judging = seconds(lambda: judge_rounds(plain, POLICY, final=True))
    quantiles = seconds(lambda: judge_rounds(sampled, POLICY, final=True))
    rows = [
        [f"a comparison of {METRICS:,} metrics in {ROUNDS} rounds, with its noise", f"{judging:.2f} s",
         f"under {ROUNDS_S:g} s: {_verdict(judging < ROUNDS_S)}"],
        [f"the same for {METRICS // 10} quantiles, from samples of {BLOCK} a block", f"{quantiles:.2f} s", ""],
    ]  # fmt: skip
    for series in (PAIRS // 100, 1):
        path = folder / "pairs.csv"
        pairs_file(path, series)
        took = command("judge", "pairs", str(path), "--format", "json")
        rows.append([f"`perfreg judge pairs` on a million pairs in {series:,} series", f"{took:.1f} s",
                     f"{PAIRS / took:,.0f} rows/s"])  # fmt: skip
    path = folder / "history.csv"
    history_file(path)
    took = command("judge", "history", str(path), "--format", "json")
    read = with_pandas(path)
    beside = "pandas is not installed" if read is None else f"{took / read:.1f} times what pandas takes to read it"
    rows.append([f"`perfreg judge history` on {SERIES:,} series of {RUNS:,} runs", f"{took:.1f} s",
                 f"under {HISTORY_S:g} s: {_verdict(took < HISTORY_S)}; {beside}"])  # fmt: skip
    return rows, judging < ROUNDS_S and took < HISTORY_S


def _verdict(met: bool) -> str:  # noqa: FBT001 - a word for a flag
    return "met" if met else "**missed**"


def main() -> int:
    """Measure, print, and write the section where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table between the markers of this page")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows, met = measure(Path(folder))
    text = "\n\n".join((ABOUT, table(["what", "processor time", "target"], rows), REPEAT))
    print(text)
    if args.write:
        write_section(args.write, "cost", text)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
