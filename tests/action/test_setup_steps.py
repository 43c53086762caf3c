"""The steps of the Action that set up, run as they stand, with what they say to the workflow's cache."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.action.conftest import ROOT, make_path
from tests.support.composite import Composite, Job


def use(temp: Path, env: dict[str, str], **inputs: str) -> Job:
    """Use the Action on a new machine, so far that it misses its configuration."""
    temp.mkdir(exist_ok=True)
    job = Composite(ROOT / "action.yml", temp=temp, workspace=temp, env=env).run(config="none.yml", **inputs)
    assert job.code == 2
    assert "none.yml" in job.annotations[-1].message, job.log
    return job


@pytest.fixture
def main(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A job of the default branch on a runner without uv."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
    at = {"GITHUB_EVENT_PATH": str(event), "GITHUB_REF": "refs/heads/main", "PATH": make_path(tmp_path / "bin")}
    return {**environment, **at}


@pytest.mark.slow
def test_what_the_default_branch_keeps_serves_other_jobs_without_an_index(main: dict[str, str], tmp_path: Path) -> None:
    first = use(tmp_path / "first", main)
    restore, save = first.uses
    assert "/cache/restore@" in restore["uses"]
    assert "/cache/save@" in save["uses"]
    assert (restore["key"], restore["path"]) == (save["key"], save["path"])
    wheels = Path(save["path"])
    assert list(wheels.glob("uv-*.whl"))

    second = tmp_path / "second"
    second.mkdir()
    shutil.copytree(wheels, second / wheels.name)
    away = {**main, "PIP_NO_INDEX": "1", "UV_NO_INDEX": "1", "GITHUB_REF": "refs/pull/1/merge"}
    (restore,) = use(second, away).uses
    assert restore["key"] == save["key"]
    (installed,) = second.glob("perfreg-*")
    assert "uv = " in (installed / "pyvenv.cfg").read_text("utf-8")


@pytest.mark.slow
def test_a_runner_that_is_kept_needs_neither_cache_nor_index(environment: dict[str, str], tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    env = {**environment, "RUNNER_TOOL_CACHE": str(tools), "PATH": make_path(tmp_path / "bin")}
    use(tmp_path / "first", env)
    (installed,) = tools.iterdir()
    away = {**env, "PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"}
    assert not use(tmp_path / "second", away).uses
    assert [*tools.iterdir()] == [installed]


@pytest.mark.slow
def test_without_a_cache_nothing_is_kept_and_nothing_is_asked_for(main: dict[str, str], tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    env = {**main, "RUNNER_TOOL_CACHE": str(tools)}
    assert not use(tmp_path / "temp", env, cache="false").uses
    assert not [*tools.iterdir()]
    assert len([*(tmp_path / "temp").glob("perfreg-*")]) == 1
