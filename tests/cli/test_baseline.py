"""The store end to end: every road into a baseline, decisions, and where it is kept. A function returns the figures."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.support.command_line import Done, called, read_result, verdicts, write_config
from tests.support.git_repository import Checkout, git, make_checkout

PULL_REQUEST = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_BASE_REF": "main"}

COST = {
    "name": "work", "type": "function", "callable": "probe:cost", "test_type": "custom", "metric": "cost", "unit": "x",
    "direction": "lower", "test_iterations": 10, "warm_up_iterations": 0,
}  # fmt: skip


class Project:
    """A directory whose only metric is ``work.cost``, and whose cost a test sets."""

    def __init__(self, path: Path, **keys: Any) -> None:
        self.path = path
        self.changes = 0
        self.set_cost(1.0)
        write_config(path, COST, **keys)

    def set_cost(self, value: float | str) -> None:
        # Python tells sources apart by size and second: each must have a length of its own.
        self.changes += 1
        (self.path / "probe.py").write_text(f"def cost():\n    return {value}\n{'#' * self.changes}\n")

    def run(self, *arguments: str, **variables: str) -> Done:
        return called("run", *arguments, cwd=self.path, **variables)

    def baseline(self, *arguments: str) -> Done:
        done = called("baseline", *arguments, cwd=self.path)
        assert "Traceback" not in done.err
        return done

    def trusted(self) -> int:
        listed = self.baseline("list", "--trusted", "--format", "json")
        assert listed.code == 0, listed.err
        return len(json.loads(listed.out)["runs"])

    def status(self) -> str:
        return str(verdicts(self.path)["work.cost"]["status"])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    for _ in range(2):
        assert made.run("--establish-baselines").code == 0
    return made


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return make_checkout(tmp_path)


def test_a_regressed_run_never_enters_even_when_asked_to(project: Project) -> None:
    project.set_cost(2.0)
    assert project.run("--establish-baselines").code == 1
    assert project.trusted() == 2
    assert "work.cost regressed" in " ".join(read_result(project.path)["notes"])
    # It does not become normal by being repeated either.
    assert project.run("--establish-baselines").code == 1
    assert project.trusted() == 2


def test_a_broken_run_never_enters(project: Project) -> None:
    project.set_cost("1 / 0")
    assert project.run("--establish-baselines").code == 2
    assert project.trusted() == 2


@pytest.mark.parametrize("variables", [PULL_REQUEST, {"CI_MERGE_REQUEST_IID": "7"}, {"CHANGE_ID": "7"}])
def test_a_pull_request_never_enters_even_when_it_asks_to(project: Project, variables: dict[str, str]) -> None:
    assert project.run("--establish-baselines", **variables, ESTABLISH_BASELINES="true").code == 0
    assert project.trusted() == 2


def test_only_clean_commits_of_the_base_branch_enter_by_themselves(checkout: Checkout) -> None:
    project = Project(checkout.path, baseline={"store": "git"})
    checkout.commit("Measure the cost")
    project.set_cost(1.001)
    assert project.run().code == 0
    assert project.trusted() == 0, "the change is not committed"
    git(checkout.path, "checkout", "--quiet", "--", "probe.py")
    git(checkout.path, "checkout", "--quiet", "-b", "feature")
    assert project.run().code == 0
    assert project.trusted() == 0, "not the base branch"
    assert "perfreg-data" not in git(checkout.remote, "branch", "--list")
    git(checkout.path, "checkout", "--quiet", "main")
    git(checkout.path, "merge", "--quiet", "feature")
    assert project.run(**PULL_REQUEST).code == 0
    assert project.trusted() == 0, "a pull request"
    done = project.run()
    assert done.code == 0, done.err
    assert project.trusted() == 1
    assert "perfreg-data" in git(checkout.remote, "branch", "--list")


def test_another_clone_sees_the_baselines_of_the_branch(checkout: Checkout, tmp_path: Path) -> None:
    project = Project(checkout.path, baseline={"store": "git"})
    checkout.commit("Measure the cost")
    git(checkout.path, "push", "--quiet")
    for _ in range(2):
        assert project.run("--establish-baselines").code == 0
    git(tmp_path, "clone", "--quiet", "--depth=1", "--single-branch", f"file://{checkout.remote}", "other")
    other = Project(tmp_path / "other", baseline={"store": "git"})
    other.set_cost(2.0)
    before = git(tmp_path / "other", "status", "--porcelain")
    done = other.run()
    assert done.code == 1, done.err
    assert git(tmp_path / "other", "status", "--porcelain") == before
    assert other.status() == "regression"
    assert "shallow" in " ".join(read_result(other.path)["notes"])


def test_runs_newer_than_the_code_are_not_its_baseline(checkout: Checkout) -> None:
    project = Project(checkout.path)
    old = checkout.commit("Measure the cost")
    for _ in range(2):
        assert project.run().code == 0
    project.set_cost(0.5)
    checkout.commit("Halve the cost")
    for _ in range(3):
        assert project.run().code == 0
    git(checkout.path, "checkout", "--quiet", "-b", "from-before", old)
    project.set_cost(1.01)
    checkout.commit("Build on the old code")
    assert project.run().code == 0
    assert project.status() == "unchanged"


def test_a_commit_accepts_its_own_regression_and_becomes_the_baseline(checkout: Checkout) -> None:
    project = Project(checkout.path)
    checkout.commit("Measure the cost")
    for _ in range(2):
        assert project.run().code == 0
    project.set_cost(2.0)
    checkout.commit("Check every input\n\nPerf-Accept: work.* correctness costs time")
    done = project.run()
    assert done.code == 0, done.out
    found = verdicts(project.path)["work.cost"]
    assert found["status"] == "regression"
    assert "correctness costs time" in found["accepted"]
    assert "accepted regression of work.cost" in done.out
    assert project.run().code == 0
    assert project.status() == "no_baseline", "ten samples of the new level are not twenty yet"
    assert project.baseline("show").out.count("accept work.*") == 1
    checkout.commit("Go on")
    assert project.run().code == 0
    assert project.status() == "unchanged"


def test_accepting_a_run_by_hand(project: Project) -> None:
    project.set_cost(2.0)
    assert project.run("--establish-baselines").code == 1
    assert project.baseline("accept", "nothing.*", "--reason", "x").code == 2
    done = project.baseline("accept", "work.*", "--reason", "planned", "--who", "ann")
    assert done.code == 0, done.err
    assert project.trusted() == 3
    assert project.run("--establish-baselines").code == 0
    assert project.run().code == 0
    assert project.status() == "unchanged"
    assert "accept work.* by ann" in project.baseline("show").out


def test_an_acceptance_that_has_ended_counts_no_more(project: Project) -> None:
    project.set_cost(2.0)
    assert project.run("--establish-baselines").code == 1
    assert project.baseline("accept", "*", "--reason", "for a day", "--until", "2020-01-01").code == 0
    assert project.trusted() == 2
    assert project.baseline("accept", "*", "--reason", "x", "--until", "soon").code == 2


def test_a_reset_starts_anew(project: Project) -> None:
    assert project.baseline("reset", "work.*", "--reason", "new machine").code == 0
    project.set_cost(3.0)
    assert project.run("--establish-baselines").code == 0
    assert project.status() == "no_baseline"
    assert project.run("--establish-baselines").code == 0
    assert project.run().code == 0
    assert project.status() == "unchanged"


def test_a_sustained_improvement_is_adopted(project: Project) -> None:
    project.set_cost(0.5)
    for _ in range(3):
        assert project.run("--establish-baselines").code == 0
    project.set_cost(1.0)
    assert project.run().code == 1, "the old level is a regression now"


def test_pruning_keeps_what_baselines_need_and_says_what_goes(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for _ in range(3):
        assert project.run("--establish-baselines").code == 0
    for _ in range(2):
        assert project.run().code == 0
    assert project.baseline("prune").code == 2
    planned = project.baseline("prune", "--runs", "1", "--dry-run")
    assert "1 of 5 runs would be removed" in planned.out
    assert "1 of 5 runs removed" in project.baseline("prune", "--runs", "1").out
    assert project.trusted() == 3
    assert project.baseline("verify").code == 0


def test_a_directory_outlives_the_machine(tmp_path: Path) -> None:
    shared = tmp_path / "volume"
    for number in range(3):
        (tmp_path / f"job{number}").mkdir()
        project = Project(tmp_path / f"job{number}", baseline_storage=str(shared))
        done = project.run("--establish-baselines")
        assert done.code == 0, done.err
    assert project.status() == "unchanged"
    assert [path.suffix for path in shared.iterdir() if path.suffix == ".jsonl"]


def test_corrupt_lines_are_named_and_stop_nothing(tmp_path: Path) -> None:
    shared = tmp_path / "volume"
    project = Project(tmp_path, baseline_storage=str(shared))
    assert project.run("--establish-baselines").code == 0
    (shard,) = shared.glob("20*.jsonl")
    line = shard.read_text()
    forged = json.loads(line)
    forged["id"] = forged["data"]["id"] = "019aaaac-2600-7ab5-a2d9-dfd54b5ca846"
    forged["data"]["trust"] = "certainly"
    shard.write_text(line + "{ not json\n" + json.dumps(forged) + "\n")
    pulled = project.baseline("pull")
    assert pulled.code == 0, pulled.err
    assert f"{shard.name}:2: left out: not JSON" in pulled.out
    assert f"{shard.name}:3: left out: not a run" in pulled.out
    assert project.trusted() == 1
    assert project.baseline("verify").code == 2
    done = project.run("--establish-baselines")
    assert done.code == 0
    assert "left out" in done.out


def test_a_store_that_cannot_be_pushed_costs_no_report(checkout: Checkout) -> None:
    project = Project(checkout.path, baseline={"store": "git"})
    checkout.commit("Measure the cost")
    hook = checkout.remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho this branch is protected >&2\nexit 1\n")
    hook.chmod(0o755)
    done = project.run("--establish-baselines")
    assert done.code == 2
    assert "protected" in " ".join(done.complaints)
    assert read_result(project.path)["run"]["status"] == "ok"
    hook.unlink()
    pushed = project.baseline("push")
    assert pushed.code == 0, pushed.err
    assert "perfreg-data" in git(checkout.remote, "branch", "--list")


def test_a_store_that_cannot_be_pulled_is_an_error_before_anything_is_measured(checkout: Checkout) -> None:
    project = Project(checkout.path, baseline={"store": "git", "remote": "nowhere"})
    done = project.run()
    assert done.code == 2
    assert len(done.complaints) == 1
    assert "nowhere" in done.complaints[0]
    assert not (project.path / "perf-results" / "result.json").exists()


def test_history_and_show(project: Project) -> None:
    for number in range(4):
        project.set_cost(1.0 + number / 200)
        assert project.run("--establish-baselines").code == 0
    done = called("history", "work.*", cwd=project.path)
    assert done.code == 0, done.err
    assert "▁" in done.out
    assert "trend +" in done.out
    assert "work.cost  5 runs, 50 samples, 1 x to 1.01" in project.baseline("show").out
    assert "no history of else" in called("history", "else", cwd=project.path).out


def test_a_damaged_working_copy_is_one_clear_line(project: Project) -> None:
    database = project.path / ".perfreg" / "perfreg.sqlite3"
    sqlite3.connect(database).close()
    database.write_bytes(database.read_bytes()[:5000] + b"\0" * 200)
    for side in (".sqlite3-wal", ".sqlite3-shm"):
        database.with_suffix(side).unlink(missing_ok=True)
    done = project.run()
    assert done.code == 2
    assert len(done.complaints) == 1
    assert "perfreg.sqlite3" in done.complaints[0]


def test_tokens_of_the_store_do_not_reach_what_is_measured(tmp_path: Path) -> None:
    scenario = {"name": "look", "type": "command", "run": "env > seen.txt", "test_iterations": 1}
    write_config(tmp_path, scenario)
    done = called("run", cwd=tmp_path, PERFREG_TOKEN="token-4711", PERFREG_JOB_TOKEN="token-4712", HARMLESS="shown")
    assert done.code == 0, done.err
    seen = (tmp_path / "seen.txt").read_text()
    assert "HARMLESS=shown" in seen
    assert "token-471" not in seen
