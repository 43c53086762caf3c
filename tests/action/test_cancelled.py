"""A job that is cancelled, or fails for reasons of its own, leaves its outputs, its summary and no success."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.action_job import use
from tests.support.command_line import environment
from tests.support.composite import _outputs

CONFIG = """
test_scenarios:
  - {name: long, type: command, run: "touch begun; exec sleep 60", test_iterations: 1, warm_up_iterations: 0}
"""


def _wait(file: Path, process: subprocess.Popen[str]) -> None:
    while not file.exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_cancels_a_job_finds_outputs_and_a_summary(tmp_path: Path, number: signal.Signals, code: int) -> None:
    (tmp_path / "perfreg.yml").write_text(CONFIG)
    files = {name: tmp_path / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    env = environment(INPUT_OUTPUT_DIRECTORY="perf-results", **{name: str(file) for name, file in files.items()})
    # As the step does it: the signal goes to the process that the runner started, and to no group.
    command = ["bash", "-c", 'exec "$0" -X utf8 -m perfreg.cli.action 2>&1', sys.executable]
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True) as process:
        _wait(tmp_path / "begun", process)
        os.kill(process.pid, number)
        log = process.communicate(timeout=60)[0]
    assert process.returncode == code, log
    outputs = _outputs(files["GITHUB_OUTPUT"].read_text("utf-8"))
    assert (outputs["status"], outputs["baseline-updated"]) == ("error", "false")
    assert "cancelled" in files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
    assert "::error title=perfreg::it was cancelled" in log


def test_help_is_no_measurement(tmp_path: Path) -> None:
    done = use(tmp_path, tmp_path / "temp", {}, args="--help")
    assert (done.code, done.outputs["status"]) == (2, "error")
    assert [each.level for each in done.annotations] == ["error"]


def test_a_defect_is_told_like_any_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("what nobody foresaw")

    monkeypatch.setattr("perfreg.cli.actions.job.mode_of", broken)
    monkeypatch.setattr("perfreg.cli.actions.telling.told", broken)
    done = use(tmp_path, tmp_path / "temp", {})
    assert (done.code, done.outputs["status"]) == (2, "error")
    assert "nobody foresaw" in done.summary
    assert "what nobody foresaw" in done.log


Break = Callable[[Path], dict[str, str]]


def _no_file(_: Path) -> dict[str, str]:
    return {}


def _bad_file(place: Path) -> dict[str, str]:
    (place / "perfreg.yml").write_text("test_scenarios: [{nam: x}]\n")
    return {}


def _down(place: Path) -> dict[str, str]:
    (place / "perfreg.yml").write_text(
        "service: {start: 'exit 3'}\ntest_scenarios: [{name: a, type: api, endpoint: /}]\n"
    )
    return {}


def _no_store(place: Path) -> dict[str, str]:
    (place / "perfreg.yml").write_text("baseline: {store: artifact}\n" + CONFIG)
    return {}


def _nowhere(_: Path) -> dict[str, str]:
    return {"working_directory": "nowhere"}


def _bad_switch(_: Path) -> dict[str, str]:
    return {"fail_on_regression": "maybe"}


@pytest.mark.parametrize("mode", ["run", "compare", "report", "auto", "guess"])
@pytest.mark.parametrize("broken", [_no_file, _bad_file, _down, _no_store, _nowhere, _bad_switch])
def test_whatever_fails_leaves_outputs_a_summary_and_an_annotation(tmp_path: Path, mode: str, broken: Break) -> None:
    inputs = broken(tmp_path)
    done = use(tmp_path, tmp_path / "temp", {"GITHUB_TOKEN": ""}, mode=mode, base="HEAD", **inputs)
    assert done.code == 2
    assert (done.outputs["status"], done.outputs["baseline-updated"]) == ("error", "false")
    assert done.summary.startswith("### perfreg could not measure\n\n    ")
    assert done.annotations[0].level == "error"
    assert "Traceback" not in done.log
