"""The Action's own steps, run for real: installed from this checkout, measuring a real service."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.action.conftest import ROOT, make_path
from tests.support.composite import Composite, Job

Use = Callable[..., Job]

INJECTIONS = ('"; touch pwned; echo "', "$(touch pwned)", "`touch pwned`", "a\ntouch pwned\n", "--output=pwned", "'")


def test_a_regression_fails_the_job_after_everything_is_published(use: Use, workspace: Path) -> None:
    for _ in range(2):
        job = use(establish_baselines="true")
        assert job.code == 0, job.log
    assert job.outputs["status"] == "ok"
    assert job.outputs["regressions"] == "0"
    assert not [each for each in job.annotations if each.level == "error"]

    (workspace / "delay").write_text("0.06")
    job = use()
    assert job.code == 1, job.log
    assert (job.outputs["status"], job.outputs["gate"]) == ("ok", "fail")
    result = json.loads(Path(job.outputs["result-file"]).read_text("utf-8"))
    regressed = [each["metric"] for each in result["verdicts"] if each["status"] == "regression"]
    assert "response_time_p50" in regressed
    assert job.outputs["regressions"] == str(len(regressed))
    assert "<html" in Path(job.outputs["report-file"]).read_text("utf-8")
    assert job.summary == Path(job.outputs["markdown-file"]).read_text("utf-8")
    errors = [each.message for each in job.annotations if each.level == "error"]
    assert any("front.response_time_p50" in message for message in errors)

    (upload,) = job.uses
    assert re.fullmatch(r"actions/upload-artifact@[0-9a-f]{40}", upload["uses"])
    assert re.fullmatch(r"perfreg-perf-0-1-[0-9a-f]{6}", upload["name"])
    assert set(upload["path"].splitlines()) >= {job.outputs["result-file"], job.outputs["report-file"]}
    assert ".log" not in upload["path"]


def test_bad_configuration_is_one_error_at_its_line(use: Use, workspace: Path) -> None:
    (workspace / "perfreg.yml").write_text("test_scenarios:\n  - {name: a, type: api, endpoint: /}\ntest_duratoin: 3\n")
    job = use()
    assert job.code == 2
    (error,) = job.annotations
    assert (error.level, error.properties["file"], error.properties["line"]) == ("error", "perfreg.yml", "3")
    assert "test_duration" in error.message
    assert job.outputs["status"] == "error"
    assert "test_duratoin" in job.summary
    assert not job.uses


@pytest.mark.parametrize(
    "names", [("config", "scenario", "test_duration", "environment"), ("args", "working_directory")]
)
@pytest.mark.parametrize("value", INJECTIONS)
def test_an_input_is_never_more_than_a_value(use: Use, workspace: Path, names: tuple[str, ...], value: str) -> None:
    job = use(**dict.fromkeys(names, value))
    assert job.code == 2, job.log
    assert not list(workspace.rglob("pwned"))
    assert [each.properties["title"] for each in job.annotations] == ["perfreg"]


def test_words_of_the_service_are_no_commands(use: Use, workspace: Path) -> None:
    (workspace / "perfreg.yml").write_text(
        "service: {start: \"printf '%s\\\\n' '::error::forged' '::stop-commands::x' '##[error]forged'; exit 3\"}\n"
        "test_scenarios: [{name: '::error title=forged::x', type: api, endpoint: /}]\n"
    )
    job = use()
    assert job.code == 2
    (error,) = job.annotations
    assert error.properties == {"title": "perfreg"}
    assert "::error::forged" in error.message


def test_arguments_are_split_without_a_shell(use: Use, workspace: Path) -> None:
    job = use(args="--scenario 'no such' --thresholds \"a b.json\"", upload_artifact="false")
    assert job.code == 2
    assert "no such" in job.annotations[0].message
    assert not job.uses


def test_the_job_runs_where_it_is_told(use: Use, workspace: Path, tmp_path: Path) -> None:
    job = use(working_directory=str(tmp_path), output_directory="out")
    assert job.code == 2
    assert "perfreg.yml" in job.annotations[0].message


def test_a_second_use_finds_perfreg_installed(use: Use, runner_temp: Path) -> None:
    (ready,) = runner_temp.glob("perfreg-*/perfreg-is-ready")
    before = ready.stat().st_ino
    use(config="none.yml")
    # Each use notes its time there; none makes the file again.
    assert ready.stat().st_ino == before
    assert list(runner_temp.glob("perfreg-*/perfreg-is-ready")) == [ready]


def test_uv_installs_where_it_is_present(runner_temp: Path) -> None:
    if not shutil.which("uv"):
        pytest.skip("uv is not here")
    (installed,) = runner_temp.glob("perfreg-*")
    assert "uv = " in (installed / "pyvenv.cfg").read_text("utf-8")


@pytest.mark.slow
def test_pip_brings_uv_where_there_is_none(environment: dict[str, str], tmp_path: Path) -> None:
    env = {**environment, "PATH": make_path(tmp_path / "bin")}
    temp = tmp_path / "temp"
    temp.mkdir()
    job = Composite(ROOT / "action.yml", temp=temp, workspace=tmp_path, env=env).run(config="none.yml")
    assert job.code == 2
    assert "none.yml" in job.annotations[0].message, job.log
    (installed,) = temp.glob("perfreg-*")
    assert "uv = " in (installed / "pyvenv.cfg").read_text("utf-8")


def test_a_runner_without_python_says_what_is_missing(environment: dict[str, str], tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash
    (tmp_path / "bash").symlink_to(bash)
    env = {**environment, "PATH": str(tmp_path)}
    job = Composite(ROOT / "action.yml", temp=tmp_path, workspace=tmp_path, env=env).run()
    assert job.code == 2
    assert "Python 3.10" in job.annotations[0].message
