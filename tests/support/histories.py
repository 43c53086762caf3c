"""The small histories of other tools under `tests/data/histories`, and what tests want to know of imported runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from perfreg.histories.format import Files
from perfreg.model.run import Measurement, Run

FOLDER = Path(__file__).parents[1] / "data" / "histories"
NAMES = {"asv": "asv", "bencher": "bencher", "github-action-benchmark": "github_action_benchmark"} | {
    "pytest-benchmark": "pytest_benchmark"
}
"""The folder of each format."""


def sample(name: str) -> Files:
    """The files of the sample of one format, by their path in its folder."""
    folder = FOLDER / NAMES[name]
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.js*")}


def figures(run: Run) -> dict[str, Measurement]:
    """The measurements of a run as ``{"scenario.metric": …}``; every name is there once."""
    found = {f"{each.scenario}.{each.metric}": each for each in run.measurements}
    assert len(found) == len(run.measurements)
    return found


def data_js(*benches: Mapping[str, object], tool: str = "customSmallerIsBetter", suite: str = "Benchmark") -> Files:
    """A `data.js` with one entry."""
    entry = {"commit": {"id": "a" * 40}, "date": 1_700_000_000_000, "tool": tool, "benches": benches}
    document = {"lastUpdate": 1, "repoUrl": "", "entries": {suite: [entry]}}
    return {"data.js": f"window.BENCHMARK_DATA = {json.dumps(document)}"}
