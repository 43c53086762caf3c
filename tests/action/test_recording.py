"""One change of the history for all legs of a matrix, made by the job that gathers them: with a real repository."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.action_job import Used, use
from tests.support.git_repository import Checkout, git, make_checkout

from perfreg.cli.unrecorded import FILE
from perfreg.store.codec import decode_run
from perfreg.store.exchange import Line, read

Use = Callable[..., Used]

CONFIG = """
baseline: {store: git}
test_scenarios:
  - {name: api, type: command, run: "true", test_iterations: 3, warm_up_iterations: 0}
  - {name: database, type: command, run: "true", test_iterations: 3, warm_up_iterations: 0}
  - {name: lame, type: command, run: "false", test_iterations: 3, warm_up_iterations: 0}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A clone whose remote has no history yet."""
    made = make_checkout(tmp_path)
    (made.path / "perfreg.yml").write_text(CONFIG)
    made.commit("Configure")
    git(made.path, "push", "--quiet")
    return made


@pytest.fixture
def leg(checkout: Checkout, tmp_path: Path) -> Use:
    """A leg that records nothing, of a push unless it is said otherwise; its artifact comes to lie among the others."""

    def run(scenario: str, index: int = 0, **job: str) -> Used:
        job = {**_push(checkout), "PERFREG_JOB_INDEX": str(index), "PERFREG_JOB_TOTAL": "2", **job}
        done = use(checkout.path, tmp_path / f"leg{index}", job, scenario=scenario, record="false", mode="run")
        done.upload(tmp_path / "gather" / "perfreg-legs")
        return done

    return run


@pytest.fixture
def gather(checkout: Checkout, tmp_path: Path) -> Use:
    """The last job, in a checkout of its own."""
    (tmp_path / "gather").mkdir()

    def run(where: Path | None = None, **inputs: str) -> Used:
        place = where or tmp_path / "again"
        if not place.exists():
            git(tmp_path, "clone", "--quiet", str(checkout.remote), str(place))
        job = {**_push(checkout), **{name: inputs.pop(name) for name in list(inputs) if name.isupper()}}
        return use(place, tmp_path / "gather", job, mode="report", **inputs)

    return run


def _push(checkout: Checkout) -> dict[str, str]:
    commit = git(checkout.path, "rev-parse", "HEAD")
    return {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": commit}


def commits(checkout: Checkout) -> int:
    """How often the history has changed."""
    listed = git(checkout.remote, "for-each-ref", "refs/heads/perfreg-data", "--format=%(objectname)")
    return int(git(checkout.remote, "rev-list", "--count", "perfreg-data")) if listed else 0


def recorded(checkout: Checkout) -> list[str]:
    """The scenarios of the runs in the history."""
    names = git(checkout.remote, "ls-tree", "-r", "--name-only", "perfreg-data").split()
    shards = {Path(name).name: git(checkout.remote, "show", f"perfreg-data:{name}") for name in names}
    lines = [line for line in read(shards) if isinstance(line, Line) and line.kind == "run"]
    return sorted(record.name for line in lines for record in decode_run(line).scenarios)


def test_the_last_job_stores_all_legs_with_one_commit(checkout: Checkout, leg: Use, gather: Use) -> None:
    for index, name in enumerate(("api", "database")):
        done = leg(name, index)
        assert done.code == 0, done.log
        assert done.outputs["baseline-updated"] == "false"
        assert "left for the job that gathers the results" in done.log
    assert commits(checkout) == 0
    job = gather(legs="2")
    assert job.code == 0, job.log
    assert job.outputs["baseline-updated"] == "true"
    assert (commits(checkout), recorded(checkout)) == (1, ["api", "database"])
    assert "Add 2 runs of " in git(checkout.remote, "log", "-1", "--format=%s", "perfreg-data")
    assert git(checkout.path, "status", "--porcelain") == ""
    # Run again, it finds that everything is there.
    assert gather(legs="2").outputs["baseline-updated"] == "true"
    assert commits(checkout) == 1


def test_a_broken_leg_is_no_baseline_and_does_not_hinder_the_sound_one(
    checkout: Checkout, leg: Use, gather: Use
) -> None:
    assert leg("api").code == 0
    assert leg("lame", 1).code == 2
    job = gather(legs="2")
    assert (job.code, job.outputs["gate"]) == (2, "fail")
    assert recorded(checkout) == ["api"]


def test_who_pushes_nothing_leaves_nothing_either(checkout: Checkout, leg: Use) -> None:
    (checkout.path / "perfreg.yml").write_text(CONFIG.replace("{store: git}", "{store: git, push: false}"))
    checkout.commit("Push by hand")
    assert FILE not in leg("api").outputs["artifact-files"]


def test_a_leg_on_its_own_stores_its_run_itself(checkout: Checkout, tmp_path: Path) -> None:
    done = use(checkout.path, tmp_path / "temp", _push(checkout), scenario="api")
    assert (done.code, done.outputs["baseline-updated"], commits(checkout)) == (0, "true", 1)
    assert FILE not in done.outputs["artifact-files"]


def test_the_branch_may_be_an_input(checkout: Checkout, tmp_path: Path) -> None:
    (checkout.path / "perfreg.yml").write_text(CONFIG.replace("baseline: {store: git}\n", ""))
    checkout.commit("Keep no history")
    done = use(checkout.path, tmp_path / "temp", _push(checkout), scenario="api", baseline_branch="speed")
    assert done.code == 0, done.log
    assert git(checkout.remote, "rev-list", "--count", "speed") == "1"
    assert commits(checkout) == 0


@pytest.mark.parametrize("event", ["pull_request", "merge_group", "issue_comment", "workflow_run"])
def test_after_other_events_nothing_is_stored_and_that_is_said(
    checkout: Checkout, leg: Use, gather: Use, tmp_path: Path, event: str
) -> None:
    leg("api")
    job = gather(GITHUB_EVENT_NAME=event, results=str(tmp_path / "gather" / "perfreg-legs"))
    assert job.code == 0, job.log
    assert job.outputs["baseline-updated"] == "false"
    assert "1 of the results are not in the history" in job.log
    assert commits(checkout) == 0


def test_who_wants_no_history_gets_none(checkout: Checkout, leg: Use, gather: Use) -> None:
    leg("api")
    assert gather(record="false").outputs["baseline-updated"] == "false"
    assert commits(checkout) == 0


def test_a_pull_request_leaves_nothing_to_store(checkout: Checkout, leg: Use) -> None:
    done = leg("api", GITHUB_EVENT_NAME="pull_request", GITHUB_REF="refs/pull/7/merge")
    assert done.code == 0, done.log
    assert FILE not in done.outputs["artifact-files"]


def _forged(line: dict[str, object], **facts: object) -> str:
    data = line["data"]
    assert isinstance(data, dict)
    return json.dumps({**line, "data": {**data, **facts}}, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (lambda line: _forged(line, regressed=["api.wall_time"]), "is not that of its result"),
        (lambda line: _forged(line, trust="none"), "is not that of its result"),
        (lambda _: "{}", "is not that of its result"),
        (lambda _: "\x00", "is not that of its result"),
        (lambda _: "[" * 100_000, "is not that of its result"),
    ],
)
def test_a_record_that_is_not_the_result_s_is_refused_after_everything_is_told(
    checkout: Checkout, leg: Use, gather: Use, tmp_path: Path, forge: Callable[[dict[str, object]], str], why: str
) -> None:
    leg("api")
    (file,) = (tmp_path / "gather").rglob(FILE)
    file.write_text(forge(json.loads(file.read_text("utf-8").splitlines()[0])) + "\n", "utf-8")
    job = gather(legs="1")
    assert job.code == 2
    assert any(why in each.message for each in job.annotations)
    assert (job.outputs["gate"], job.outputs["baseline-updated"]) != ("", "true")
    assert job.summary
    assert commits(checkout) == 0


def test_what_is_not_of_this_commit_is_refused(checkout: Checkout, leg: Use, gather: Use) -> None:
    leg("api")
    checkout.commit("Go on")
    git(checkout.path, "push", "--quiet")
    job = gather(legs="1")
    assert job.code == 2
    assert any("it is of main at" in each.message for each in job.annotations)
    assert commits(checkout) == 0


def test_a_branch_other_than_the_base_branch_is_no_history(checkout: Checkout, leg: Use, gather: Use) -> None:
    git(checkout.path, "checkout", "--quiet", "-b", "topic")
    git(checkout.path, "push", "--quiet", "origin", "topic")
    done = leg("api", GITHUB_REF="refs/heads/topic")
    assert FILE not in done.outputs["artifact-files"]
    assert gather(GITHUB_REF="refs/heads/topic").outputs["baseline-updated"] == "false"
    assert commits(checkout) == 0


def test_without_a_configuration_the_last_job_says_that_runs_are_lost(
    checkout: Checkout, leg: Use, gather: Use, tmp_path: Path
) -> None:
    leg("api")
    (tmp_path / "empty").mkdir()
    job = gather(tmp_path / "empty", legs="1")
    assert (job.code, job.outputs["gate"]) == (2, "warn")
    assert any("perfreg.yml" in each.message for each in job.annotations)
    assert job.summary == Path(job.outputs["markdown-file"]).read_text("utf-8")


def test_a_decision_travels_with_the_run(checkout: Checkout, leg: Use, gather: Use) -> None:
    git(checkout.path, "commit", "--quiet", "--allow-empty", "-m", "Slow\n\nPerf-Accept: api.* worth it")
    git(checkout.path, "push", "--quiet")
    assert leg("api").code == 0
    assert gather(legs="1").code == 0
    names = git(checkout.remote, "ls-tree", "-r", "--name-only", "perfreg-data").split()
    text = "".join(git(checkout.remote, "show", f"perfreg-data:{name}") for name in names)
    assert "worth it" in text


def test_a_failure_that_no_result_shows_is_one(leg: Use, gather: Use) -> None:
    leg("api")
    assert gather(legs="1", ended="success").code == 0
    job = gather(legs="1", ended="failure")
    assert (job.code, job.outputs["gate"], job.outputs["status"]) == (2, "fail", "broken")
    assert "ended as failure, and no result says why" in job.summary
