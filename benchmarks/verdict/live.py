"""`perfreg compare` on a real service and a disturbed machine: what it finds, and what it makes up.

Head takes 0, 3, 5 or 10 % longer for each answer than base, in random order, while a second load burns one of the
processors about half of the time. Each comparison may take a minute. Right after it, two separate runs are
compared by the usual rules.

    python benchmarks/verdict/live.py --comparisons 20 --results live.jsonl --write docs/evidence.md
    python benchmarks/verdict/live.py --comparisons 20 --resume live.jsonl      # go on with a session that was stopped
    python benchmarks/verdict/live.py --report live.jsonl --write docs/evidence.md

Every comparison is a line of the file as soon as it is known. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from evidence_page import write_section
from live_scene import Record, Scene, steps_for_one_percent, steps_here
from live_table import claims, section
from second_load import second_load

EFFECTS = (0, 3, 5, 10)


def main() -> int:
    """Measure what is not measured yet, print the tables; the exit code says whether the targets are met."""
    arguments = _arguments()
    path: Path = arguments.results or arguments.resume or arguments.report
    if arguments.results and path.exists():
        sys.exit(f"{path} exists already: go on with --resume, or show it with --report")
    if not arguments.report:
        measure(path, arguments.comparisons, arguments.budget, arguments.separate)
    records = load(path)
    text = section(records)
    print(text)
    if arguments.write:
        write_section(arguments.write, "live", text)
    return 0 if all(claim.met for claim in claims(records)) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comparisons", type=int, default=20, metavar="N", help="comparisons of each effect")
    parser.add_argument("--budget", default="60s", metavar="TIME", help="what a comparison may take")
    parser.add_argument("--separate", type=float, default=5.0, metavar="S", help="seconds of each separate run")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--results", type=Path, metavar="FILE", help="begin a session")
    where.add_argument("--resume", type=Path, metavar="FILE", help="go on with one")
    where.add_argument("--report", type=Path, metavar="FILE", help="only show one")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this page")
    return parser.parse_args()


def load(path: Path) -> list[Record]:
    """The comparisons so far. A line that was cut off when somebody stopped the session does not count."""
    return [json.loads(line) for line in _whole_lines(path)]


def _whole_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []


def _cut_off_the_rest(path: Path) -> None:
    """Leave whole lines only, so that the next one stands by itself."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text and not text.endswith("\n"):
        path.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")


def measure(path: Path, comparisons: int, budget: str, separate_s: float) -> None:
    """Make the comparisons that the file lacks, in the order that its first line decided."""
    done = load(path)
    _cut_off_the_rest(path)
    session = done[0]["session"] if done else _session(budget, separate_s)
    with tempfile.TemporaryDirectory() as directory, second_load(session["seed"] + len(done)):
        scene = Scene(root=Path(directory) / "repository", steps=session["steps"], one_percent=session["one_percent"])
        scene.build(EFFECTS)
        for number, effect in enumerate(plan(session["seed"], comparisons)):
            if number >= len(done):
                _append(path, {"session": session, "number": number, **_compared(scene, effect, session, number)})


def _session(budget: str, separate_s: float) -> Record:
    """What all comparisons of a file share."""
    steps = steps_here()
    with tempfile.TemporaryDirectory() as directory:
        one_percent = steps_for_one_percent(steps, Path(directory))
    return {
        "seed": random.SystemRandom().randrange(2**31),
        "steps": steps,
        "one_percent": round(one_percent, 1),
        "budget": budget,
        "separate_s": separate_s,
    }


def plan(seed: int, comparisons: int) -> Iterator[int]:
    """The effects in the order they are measured in: each pass has all of them, shuffled."""
    rng = random.Random(seed)  # noqa: S311 - no secret hangs on it
    for _ in range(comparisons):
        yield from rng.sample(EFFECTS, len(EFFECTS))


def _compared(scene: Scene, effect: int, session: Record, number: int) -> Record:
    began, load_before = datetime.now(timezone.utc), os.getloadavg()[0]
    found = scene.compare(effect, session["budget"], session["seed"] + number)
    separate = scene.separately(effect, session["separate_s"]) if "elapsed_s" in found else {}
    return {
        "effect_pct": effect,
        "began": began.isoformat(timespec="seconds"),
        "load": [round(load_before, 2), round(os.getloadavg()[0], 2)],
        **found,
        "separate": separate,
    }


def _append(path: Path, record: Record) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    regressions = [name for name, each in record.get("metrics", {}).items() if each["status"] == "regression"]
    print(
        time.strftime("%H:%M:%S"),
        f"{record['number'] + 1}: +{record['effect_pct']} %",
        f"regressions: {', '.join(regressions) or 'none'}, {record.get('elapsed_s', 0):.0f} s",
        record.get("error", ""),
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
