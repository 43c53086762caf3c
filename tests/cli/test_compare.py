"""`perfreg compare`, end to end: real repositories, real services, real processes. Budgets are small, changes large."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.command_line import Done, called, environment, perfreg, read_result, verdicts
from tests.support.compared import API, Project, make_project
from tests.support.git_repository import git
from tests.support.services import eventually, living

PYTHON = shlex.quote(sys.executable)

ENOUGH = ("--rounds", "16", "--budget", "60s")
"""Enough rounds for large changes, however busy the machine is: an idle one needs a tenth of the budget."""

FEW = ("--rounds", "2")
"""Enough where nothing has to be decided: without a limit, sides that are equal use up their budget."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


def compare(project: Project, *arguments: str, budget: str = "8s", **variables: str) -> Done:
    return called(
        *("compare", "--base", "main", "-c", "perfreg.json", "--budget", budget, *arguments),
        cwd=project.path,
        **variables,
    )


def statuses(project: Project) -> dict[str, str]:
    return {name: each["status"] for name, each in verdicts(project.path).items()}


def test_a_slower_head_fails_and_its_metrics_are_named(project: Project) -> None:
    """The head is a revision of its own, while the tree is as fast as the base."""
    # Of a large budget a dozen restarts are worth their time, for rounds that are no more than a few they are not.
    project.configure(API, service=project.service(), compare={"restart_every": 4})
    project.settings(delay="0.020")
    base = project.commit()
    git(project.path, "checkout", "--quiet", "-b", "slow")
    project.settings(delay="0.050")
    head = project.commit()
    git(project.path, "checkout", "--quiet", "main")
    done = compare(project, "--head", "slow", "--seed", "5", *ENOUGH)
    assert done.code == 1, done.out + done.err
    result = read_result(project.path)
    times = [each for name, each in verdicts(project.path).items() if "response_time" in name]
    found = [each for each in times if each["status"] == "regression"]
    assert found
    assert all(each["ci_low_pct"] > 2 for each in found)
    assert 80 < next(each["change_pct"] for each in times if each["metric"] == "response_time_p50") < 200
    assert result["gate"]["status"] == "fail"
    assert result["run"]["source"]["commit"] == head
    assert result["run"]["trust"] == "none"
    comparison = result["comparison"]
    assert (comparison["base"]["commit"], comparison["head"]["commit"]) == (base, head)
    assert (comparison["seed"], comparison["mode"]) == (5, "revisions")
    assert comparison["restarts"] >= 1
    assert {each["metric"] for each in result["run"]["measurements"]} >= {"response_time_p95", "throughput"}
    assert not (project.path / ".perfreg" / "perfreg.sqlite3").exists()
    assert f"work.{found[0]['metric']}" in done.out
    assert living(project.path) == []
    assert project.worktrees() == []


def test_the_same_code_is_no_regression(project: Project) -> None:
    done = compare(project, budget="3s")
    assert done.code == 0, done.out + done.err
    assert "regression" not in statuses(project).values()
    assert "same code" in done.out


def test_a_regression_that_a_commit_declares_is_accepted(project: Project) -> None:
    project.configure(COMMAND)
    project.work(0.01)
    project.commit()
    git(project.path, "checkout", "--quiet", "-b", "feature")
    project.work(0.2)
    project.commit("Check every answer\n\nPerf-Accept: job.* safety comes first")
    tip = project.commit("Tidy up")
    done = compare(project, *ENOUGH)
    assert done.code == 0, done.out + done.err
    assert read_result(project.path)["run"]["source"]["commit"] == tip
    found = verdicts(project.path)["job.wall_time"]
    assert (found["status"], found["accepted"]) == ("regression", "safety comes first (Ann)"), done.out


def test_a_head_that_does_not_build_is_broken_and_says_why(project: Project) -> None:
    build = "test ! -e bad || { echo 'no such header'; exit 4; }"
    project.configure(API, service=project.service(build=build))
    project.commit()
    project.write("bad", "")
    done = compare(project)
    assert done.code == 2, done.out + done.err
    assert statuses(project) == {"work.all": "broken"}
    reason = verdicts(project.path)["work.all"]["reason"]
    assert "the build ended with exit code 4" in reason
    assert "no such header" in reason
    assert "slow" not in reason


def test_a_base_that_does_not_build_is_an_error(project: Project) -> None:
    project.configure(API, service=project.service(build="test -e good"))
    project.commit()
    project.write("good", "")
    done = compare(project)
    assert done.code == 2
    assert done.complaints[0].startswith(
        "perfreg: service.build: base cannot be built: the build ended with exit code 1"
    )
    assert not (project.path / "perf-results" / "result.json").exists()


def test_a_head_that_does_not_start_is_broken(project: Project) -> None:
    project.settings(start="fails")
    done = compare(project)
    assert done.code == 2, done.out + done.err
    assert "the sky is falling" in verdicts(project.path)["work.all"]["reason"]
    assert living(project.path) == []


def test_a_base_that_does_not_start_is_an_error(project: Project) -> None:
    project.settings(start="fails")
    project.commit()
    project.settings()
    done = compare(project)
    assert done.code == 2
    assert "base cannot be started: the service ended with exit code 7" in done.err
    assert living(project.path) == []


@pytest.mark.parametrize("answer", ["500", "dies"])
def test_a_head_that_fails_its_requests_is_broken_not_slow(project: Project, answer: str) -> None:
    project.settings(work=answer)
    done = compare(project)
    assert done.code == 2, done.out + done.err
    assert statuses(project) == {"work.all": "broken"}
    reason = verdicts(project.path)["work.all"]["reason"]
    assert reason.startswith("head: ")
    assert ("status 500" if answer == "500" else "last words") in reason


def test_a_scenario_that_only_head_has_is_new_and_the_others_are_compared(project: Project) -> None:
    project.configure(API, {**API, "name": "extra", "endpoint": "/extra"}, service=project.service())
    project.settings(extra="200")
    done = compare(project, *FEW)
    assert done.code == 0, done.out + done.err
    found = verdicts(project.path)
    assert found["extra.response_time_p50"]["status"] == "no_baseline"
    assert found["extra.response_time_p50"]["reason"].startswith("new: base has no such scenario (")
    assert found["extra.response_time_p50"]["head"] > 0
    assert found["work.response_time_p50"]["status"] in ("unchanged", "inconclusive")


def test_a_base_that_fails_what_head_mends_is_nothing_to_compare_with(project: Project) -> None:
    project.settings(work="500")
    project.commit()
    project.settings()
    done = compare(project)
    assert done.code == 0, done.out + done.err
    assert "base fails it" in verdicts(project.path)["work.response_time_p50"]["reason"]


def test_both_failing_is_broken(project: Project) -> None:
    project.settings(work="500")
    project.commit()
    done = compare(project)
    assert done.code == 2
    assert "base fails too" in verdicts(project.path)["work.all"]["reason"]


COMMAND = {"name": "job", "type": "command", "run": f"{PYTHON} -I -S job.py"}
FUNCTION = {"name": "call", "type": "function", "callable": "job:call"}
QUERY = {
    "name": "query",
    "type": "database",
    "connection_string": "sqlite://",
    "setup": "setup.sql",
    "query": "SELECT COUNT(*) FROM numbers",
}
HOST = {"name": "host", "type": "system", "metrics": ["cpu_usage"], "target": "host"}


def test_every_kind_can_be_compared_without_a_service_and_with_a_dirty_tree(project: Project) -> None:
    project.work(0.02, rows=100)
    project.configure(COMMAND, FUNCTION, QUERY, HOST)
    project.commit()
    changed = project.work(0.16, rows=5000)
    done = compare(project, *ENOUGH)
    assert done.code == 1, done.out + done.err
    found = verdicts(project.path)
    assert found["job.wall_time"]["status"] == "regression"
    assert found["call.latency_p50"]["status"] == "regression"
    assert found["call.latency_p50"]["change_pct"] == pytest.approx(700, rel=0.3)
    assert found["query.row_count"]["status"] in ("unchanged", "regression")
    assert found["query.query_time_p50"]["change_pct"] is not None
    assert found["host.cpu_usage"]["status"] != "broken"
    comparison = read_result(project.path)["comparison"]
    assert comparison["restarts"] == 0
    assert (comparison["head"]["label"], comparison["head"]["dirty"]) == (".", True)
    assert {name: (project.path / name).read_text() for name in changed} == changed


def test_a_command_that_base_lacks_is_new(project: Project) -> None:
    project.configure({**COMMAND, "run": "./job.sh"})
    project.write("job.sh", "#!/bin/sh\nexit 0\n")
    (project.path / "job.sh").chmod(0o755)
    done = compare(project, budget="3s")
    assert done.code == 0, done.out + done.err
    assert verdicts(project.path)["job.wall_time"]["reason"].startswith("new: base has no such scenario (")


def test_an_error_rate_over_the_limit_is_broken(project: Project) -> None:
    """Head fails one run in three: no single failure says so, all of them together do."""
    flaky = "import sys\nfrom pathlib import Path\nfile = Path(sys.argv[1])\n"
    flaky += "count = len(file.read_text()) if file.exists() else 0\nfile.write_text('x' * (count + 1))\n"
    project.write("job.py", flaky)
    project.configure({**COMMAND, "run": f"{PYTHON} -I -S job.py .perfreg-count"}, max_error_rate="20%")
    project.commit()
    project.write("job.py", f"{flaky}sys.exit(count % 3 == 2)\n")
    done = compare(project, "--rounds", "24", budget="40s")
    assert done.code == 2, done.out + done.err
    reason = verdicts(project.path)["job.all"]["reason"]
    assert reason.startswith("head: ")
    assert "exit 1" in reason


def test_a_budget_in_which_nothing_fits_is_said_to_be_too_small(project: Project) -> None:
    project.configure({**COMMAND, "run": "sleep 0.5"})
    project.commit()
    done = compare(project, budget="0.2s")
    assert done.code == 0, done.out + done.err
    found = verdicts(project.path)["job.wall_time"]
    assert found["status"] == "inconclusive"
    assert "--budget" in found["reason"]


def test_a_budget_is_kept(project: Project) -> None:
    project.configure(API, {**COMMAND, "run": "sleep 0.05"}, service=project.service())
    project.commit()
    compare(project, budget="3s")
    comparison = read_result(project.path)["comparison"]
    assert comparison["budget_s"] == 3
    assert 1.8 < comparison["elapsed_s"] < 7


def test_rounds_can_be_limited(project: Project) -> None:
    project.configure({**COMMAND, "run": "true"})
    project.commit()
    compare(project, "--rounds", "3", budget="60s")
    assert {each["rounds"] for each in read_result(project.path)["comparison"]["noise"]} == {3}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--base", "nowhere"), "nowhere"),
        (("--base", "main", "--budget", "soon"), "compare.budget"),
        (("--base", "main", "--confidence", "2"), "compare.confidence"),
        (("--base", "main", "--min-effect=-1%"), "compare.min_effect"),
        (("--base", "main", "--rounds", "0"), "compare.rounds"),
        (("--base", "main", "--seed", "x"), "--seed"),
        (("--base", "--upload-pack=evil"), "--base"),
        ((), "--base"),
    ],
)
def test_bad_input_is_one_clear_line(project: Project, arguments: tuple[str, ...], words: str) -> None:
    done = called("compare", "-c", "perfreg.json", *arguments, cwd=project.path)
    assert done.code == 2
    assert len(done.complaints) == 1
    assert words in done.complaints[0]
    assert "Traceback" not in done.err


def test_one_server_for_both_sides_is_refused(project: Project) -> None:
    project.configure(API, base_url="http://127.0.0.1:9")
    done = compare(project)
    assert done.code == 2
    assert "the same server" in done.complaints[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_behind(project: Project, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "perfreg", "compare", "--base", "main", "-c", "perfreg.json", "--budget", "100s"]
    process = subprocess.Popen(
        command, cwd=project.path, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "warming up" in line:
                break
        assert len(living(project.path)) >= 1
        process.send_signal(number)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == (130 if number == signal.SIGINT else 128 + number)
    assert eventually(lambda: living(project.path) == [])
    assert project.worktrees() == []
    assert compare(project, "--rounds", "1", budget="3s").code == 0


def test_it_works_in_a_process_of_its_own_and_in_a_subdirectory(project: Project, tmp_path: Path) -> None:
    inner: dict[str, Any] = {**COMMAND, "run": "cat data.txt"}
    (project.path / "inner").mkdir()
    inner_project = Project(path=project.path / "inner")
    inner_project.configure(inner)
    inner_project.write("data.txt", "one\n")
    project.commit()
    arguments = ("compare", "--base", "main", "-c", "inner/perfreg.json", "--rounds", "2", "--format", "json")
    done = perfreg(*arguments, "--output", str(tmp_path / "out.json"), cwd=project.path)
    assert done.code == 0, done.err
    assert (tmp_path / "out.json").is_file()
    assert os.listdir(project.path / "inner" / "perf-results")  # noqa: PTH208 - whatever is there
