"""The runners that are not a hosted one with Ubuntu: containers, GitHub Enterprise Server, Windows, odd directories."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.command_line import environment, write_config
from tests.support.git_repository import Checkout, git, make_checkout

from perfreg.cli.actions.trust import trusting

ROOT = Path(__file__).parents[2]
FILES = ("action.yml", "report/action.yml")


@pytest.fixture
def strangers_git(tmp_path: Path) -> str:
    """A PATH on which every checkout is somebody else's to git, as the workspace is in a container."""
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec "{shutil.which("git")}" "$@"\n')
    wrapper.chmod(0o755)
    return f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def workspace(tmp_path: Path) -> Checkout:
    """A checkout two commits long; its directory has a name as those on somebody's own runner may have."""
    checkout = make_checkout(tmp_path / "my runner's (work)")
    write_config(checkout.path, {"name": "nothing", "type": "command", "run": "true", "test_iterations": 2})
    checkout.commit("Measure")
    return checkout


def use(workspace: Path, temp: Path, path: str, **inputs: str) -> tuple[subprocess.CompletedProcess[str], Any]:
    """The Action's step as a container runs it: by a user who has no home, in a workspace that is not his."""
    env = environment(
        PATH=path, GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(workspace), GITHUB_OUTPUT=str(temp / "out"),
        INPUT_OUTPUT_DIRECTORY="perf-results", RUNNER_TEMP=str(temp),
        **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
    )  # fmt: skip
    for name in ("HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        env.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-m", "perfreg.cli.action"],
        cwd=workspace, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False,
        timeout=100,
    )  # fmt: skip
    results = list(workspace.rglob("perf-results/result.json"))
    return done, json.loads(results[0].read_text("utf-8")) if results else None


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
@pytest.mark.parametrize("directory", [".", "perf/shop"])
def test_the_workspace_of_a_container_is_trusted(
    workspace: Checkout, strangers_git: str, tmp_path: Path, directory: str
) -> None:
    place = workspace.path / directory
    if directory != ".":
        place.mkdir(parents=True)
        (workspace.path / "perfreg.json").rename(place / "perfreg.json")
    head = workspace.commit("Move")
    done, result = use(workspace.path, tmp_path, strangers_git, mode="run", working_directory=directory)
    assert done.returncode == 0, done.stdout
    # All of that is known from git alone.
    assert result["run"]["source"]["commit"] == head
    assert result["run"]["source"]["parents"] == [git(workspace.path, "rev-parse", "HEAD^")]


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_two_revisions_of_it_are_compared(workspace: Checkout, strangers_git: str, tmp_path: Path) -> None:
    base = git(workspace.path, "rev-parse", "HEAD")
    workspace.commit("Change nothing")
    done, result = use(workspace.path, tmp_path, strangers_git, mode="compare", base=base, budget="2s")
    assert "dubious ownership" not in done.stdout
    assert result["comparison"]["base"]["commit"] == base, done.stdout


def test_nothing_else_is_trusted(workspace: Checkout, tmp_path: Path) -> None:
    def trusted(root: Path | str, directory: str = "") -> dict[str, str]:
        return trusting({"GITHUB_WORKSPACE": str(root), "INPUT_WORKING_DIRECTORY": directory})

    inner, top = workspace.path / "inner", workspace.path.resolve().as_posix()
    inner.mkdir()
    expected = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": top}
    assert trusted(workspace.path) == trusted(workspace.path.parent, workspace.path.name) == expected
    assert trusted(workspace.path, "inner") == trusted(workspace.path, str(inner)) == expected
    # A checkout around the workspace, one beside it, none at all, and no job of GitHub's.
    assert trusted(inner) == trusted(inner, "..") == trusted(tmp_path) == trusted("") == {}
    assert trusted(workspace.path, "\0") == {}


def test_settings_that_git_was_given_stay(workspace: Checkout) -> None:
    given = {"GIT_CONFIG_COUNT": "2", "GITHUB_WORKSPACE": str(workspace.path)}
    assert trusting(given).keys() == {"GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_2", "GIT_CONFIG_VALUE_2"}
    assert trusting({**given, "GIT_CONFIG_COUNT": "many"}) == {}


def steps(file: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / file).read_text("utf-8"))["runs"]["steps"]
    return found


@pytest.mark.parametrize("file", FILES)
def test_every_script_runs_in_the_bash_of_every_runner(file: str) -> None:
    for step in steps(file):
        if "run" not in step:
            continue
        # Bash is there on Windows too; PowerShell and cmd would be the default of others.
        assert step["shell"] == "bash"
        checked = subprocess.run(["bash", "-n"], input=step["run"], text=True, capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr
        # Paths of other systems have spaces and backslashes.
        assert not re.search(r'(?<!["\w])\$\{?\w', step["run"]), step["run"]
        assert not re.search(r"\b(sudo|apt|apt-get|readlink|realpath|mktemp|sed -i|/usr|/tmp|/home)\b", step["run"])


@pytest.mark.parametrize("file", FILES)
def test_paths_are_those_of_the_container_and_not_of_its_host(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    # In a job's container these expressions are paths outside of it; the variables of the same names are right.
    assert "github.action_path" not in text
    assert "github.workspace" not in text
    # The runner translates this one where an action is told of it, and nowhere else.
    assert not [step for step in steps(file) if "runner.temp" in json.dumps({**step, "with": {}})]


@pytest.mark.parametrize("file", FILES)
def test_a_server_that_takes_no_artifacts_and_keeps_no_cache_costs_no_verdict(file: str) -> None:
    for step in steps(file):
        uses = step.get("uses", "")
        if uses.startswith("actions/cache") or "artifact-name" in step.get("if", ""):
            assert step["continue-on-error"] is True, step


@pytest.mark.parametrize("file", FILES)
def test_no_host_of_github_is_written_down(file: str) -> None:
    assert "github.com" not in re.sub(r"^ *description: .*$", "", (ROOT / file).read_text("utf-8"), flags=re.MULTILINE)


def test_a_runner_whose_directories_have_spaces(tmp_path: Path) -> None:
    place = tmp_path / "Program Files (x86)" / "it's an action"
    place.parent.mkdir()
    place.symlink_to(ROOT, target_is_directory=True)
    (step,) = (step for step in steps("action.yml") if step.get("id") == "plan")
    temp = tmp_path / "a temp"
    temp.mkdir()
    env = {"PATH": os.environ["PATH"], "GITHUB_ACTION_PATH": str(place), "RUNNER_TEMP": str(temp),
           "PERFREG_CACHE": "true", "GITHUB_OUTPUT": str(temp / "out")}  # fmt: skip
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
        env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"wheels={temp}" in (temp / "out").read_text("utf-8")
