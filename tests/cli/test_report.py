"""Reports of several results: the legs of a matrix, as their artifacts are unpacked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import results
from tests.support.command_line import called

from perfreg.model.result import Gate, Result
from perfreg.report.formats.json_ import render


def leg(directory: Path, name: str, result: Result) -> None:
    """A downloaded artifact."""
    (directory / name).mkdir(parents=True)
    (directory / name / "result.json").write_text(render(result), encoding="utf-8")


@pytest.fixture
def sound() -> Result:
    """A result of one sound scenario."""
    whole = results.only(*[each for each in results.VERDICTS if each.scenario == "search"], gate=Gate(status="pass"))
    return replace(whole, run=replace(whole.run, status="ok", scenarios=results.SCENARIOS[:1]))


def test_legs_become_one_report_and_one_gate(tmp_path: Path, sound: Result) -> None:
    leg(tmp_path / "legs", "perfreg-perf-0", sound)
    leg(tmp_path / "legs", "perfreg-perf-1", replace(sound, gate=Gate(status="fail", reasons=("too slow",))))
    line = ("report", "legs", "--legs", "2", "--output-directory", "out")
    assert called(*line, cwd=tmp_path).code == 0
    assert called(*line, "--gate", cwd=tmp_path).code == 1
    whole = json.loads((tmp_path / "out" / "result.json").read_text("utf-8"))
    assert (whole["gate"]["status"], whole["gate"]["reasons"]) == ("fail", ["too slow"])
    names = [record["name"] for record in whole["run"]["scenarios"]]
    assert names == ["search (perfreg-perf-0)", "search (perfreg-perf-1)"]
    assert {path.suffix for path in (tmp_path / "out").iterdir()} >= {".json", ".md", ".html"}


def test_a_missing_leg_is_no_verdict(tmp_path: Path, sound: Result) -> None:
    leg(tmp_path / "legs", "perfreg-perf-0", sound)
    line = ("report", "legs", "--gate", "--format", "markdown", "--output", "report.md")
    assert called(*line, cwd=tmp_path).code == 0
    assert called(*line, "--legs", "2", cwd=tmp_path).code == 2
    assert "1 of 2 legs gave no result" in (tmp_path / "report.md").read_text("utf-8")


def test_of_a_leg_that_was_run_again_only_the_newest_counts(tmp_path: Path, sound: Result) -> None:
    bad = replace(sound, gate=Gate(status="fail", reasons=("too slow",)))
    leg(tmp_path / "legs", "perfreg-my-job-0-9-aaaaaa", bad)
    leg(tmp_path / "legs", "perfreg-my-job-0-10-bbbbbb", sound)
    leg(tmp_path / "legs", "perfreg-my-job-1-9-cccccc", sound)
    done = called("report", "legs", "--legs", "2", "--gate", "--output-directory", "out", cwd=tmp_path)
    assert done.code == 0, done.err
    whole = json.loads((tmp_path / "out" / "result.json").read_text("utf-8"))
    assert [record["name"] for record in whole["run"]["scenarios"]] == ["search (my-job-0)", "search (my-job-1)"]


def test_no_result_at_all_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "legs").mkdir()
    done = called("report", "legs", "--legs", "2", "--output-directory", "out", cwd=tmp_path)
    assert done.code == 2
    (complaint,) = done.complaints
    assert "there is no result" in complaint
    assert "--format" in called("report", "legs", cwd=tmp_path).err
