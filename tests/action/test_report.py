"""The sub-action that gathers the legs of a matrix, with artifacts as the download step lays them down."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.action.conftest import ROOT
from tests.support import results
from tests.support.composite import Composite, Job

from perfreg.model.result import Gate, GateStatus
from perfreg.report.formats.json_ import render

Gather = Callable[..., Job]


@pytest.fixture
def legs(tmp_path: Path) -> Path:
    """Where artifacts come to lie."""
    folder = tmp_path / "temp" / "perfreg-legs"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def gather(runner_temp: Path, environment: dict[str, str], legs: Path, tmp_path: Path) -> Gather:
    """Use the sub-action once."""
    for installed in runner_temp.glob("perfreg-*"):
        (legs.parent / installed.name).symlink_to(installed)
    (tmp_path / "work").mkdir()
    return Composite(ROOT / "report/action.yml", temp=legs.parent, workspace=tmp_path / "work", env=environment).run


def leg(folder: Path, name: str, gate: GateStatus = "pass") -> None:
    verdicts = [each for each in results.VERDICTS if each.scenario == "search"]
    whole = results.only(*verdicts, gate=Gate(status=gate, reasons=() if gate == "pass" else (f"{name} is slower",)))
    sound = replace(whole, run=replace(whole.run, status="ok", scenarios=results.SCENARIOS[:1]))
    (folder / name).mkdir()
    (folder / name / "result.json").write_text(render(sound), encoding="utf-8")


def test_the_legs_give_one_gate_one_summary_and_one_artifact(gather: Gather, legs: Path) -> None:
    leg(legs, "perfreg-perf-0-1-0a0a0a")
    leg(legs, "perfreg-perf-1-1-0b0b0b", "fail")
    job = gather(legs="2")
    assert job.code == 1, job.log
    assert (job.outputs["status"], job.outputs["gate"]) == ("ok", "fail")
    whole = json.loads(Path(job.outputs["result-file"]).read_text("utf-8"))
    assert [each["name"] for each in whole["run"]["scenarios"]] == ["search (perf-0)", "search (perf-1)"]
    assert job.summary == Path(job.outputs["markdown-file"]).read_text("utf-8")
    assert job.annotations[0].message == "perfreg-perf-1-1-0b0b0b is slower"
    fetched, *_, kept = (each for each in job.uses if "cache" not in each["uses"])
    assert (fetched["pattern"], fetched["path"]) == ("perfreg-*-*-*", str(legs))
    assert job.outputs["result-file"] in kept["path"].splitlines()


def test_a_leg_that_did_not_come_is_never_green(gather: Gather, legs: Path) -> None:
    leg(legs, "perfreg-perf-0-1-0a0a0a")
    assert gather(legs="1").code == 0
    job = gather(legs="2")
    assert job.code == 2
    assert job.outputs["gate"] == "fail"
    assert "1 of 2 legs gave no result" in job.summary


def test_no_leg_at_all_is_an_error(gather: Gather) -> None:
    job = gather()
    assert job.code == 2
    assert job.outputs["status"] == "error"
    assert "there is no result" in job.annotations[0].message


def test_results_that_lie_here_are_not_fetched(gather: Gather, tmp_path: Path) -> None:
    leg(tmp_path, "mine")
    job = gather(results=f"{tmp_path / 'mine'}\n", upload_artifact="false")
    assert job.code == 0, job.log
    assert not [each for each in job.uses if "cache" not in each["uses"]]
