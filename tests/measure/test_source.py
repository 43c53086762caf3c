"""Which code is measured: real repositories, and the variables that CI systems set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.command_line import environment
from tests.support.git_repository import Checkout, git, make_checkout

from perfreg.measure.source import (
    ancestors,
    clean_git_environment,
    commits_between,
    detect,
    is_from_fork,
    messages,
)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return make_checkout(tmp_path)


def event(tmp_path: Path, document: Any) -> dict[str, str]:
    path = tmp_path / "event.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return {"GITHUB_EVENT_PATH": str(path)}


def test_a_checkout(checkout: Checkout) -> None:
    first = git(checkout.path, "rev-parse", "HEAD")
    head = checkout.commit("Go on")
    found = detect(checkout.path, environment())
    assert (found.commit, found.parents, found.branch, found.base_branch) == (head, (first,), "main", "main")
    assert (found.pull_request, found.dirty) == ("", False)
    (checkout.path / ".gitignore").write_text("changed")
    assert detect(checkout.path, environment()).dirty


def test_no_repository_is_no_error(tmp_path: Path) -> None:
    found = detect(tmp_path, environment(GIT_CEILING_DIRECTORIES=str(tmp_path)))
    assert (found.commit, found.parents, found.dirty) == ("", (), False)
    assert ancestors(tmp_path, environment()) is None
    assert messages(tmp_path, environment()) == ()


def test_the_ci_knows_the_commit_where_git_does_not(tmp_path: Path) -> None:
    env = environment(GIT_CEILING_DIRECTORIES=str(tmp_path), GITHUB_SHA="c0ffee", GITHUB_REF="refs/heads/main")
    found = detect(tmp_path, env, base_branch="main")
    assert (found.commit, found.branch, found.base_branch) == ("c0ffee", "main", "main")


def test_variables_of_a_hook_do_not_lead_to_another_repository(checkout: Checkout, tmp_path: Path) -> None:
    other = make_checkout(tmp_path / "other")
    other.commit("Elsewhere")
    env = environment(GIT_DIR=str(other.path / ".git"), GIT_WORK_TREE=str(other.path), GIT_INDEX_FILE="/nowhere")
    assert detect(checkout.path, env).commit == git(checkout.path, "rev-parse", "HEAD")
    assert not {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"} & clean_git_environment(env).keys()


@pytest.mark.parametrize(
    ("variables", "branch", "base", "pull_request"),
    [
        ({"GITHUB_REF": "refs/heads/topic"}, "topic", "main", ""),
        (
            {"GITHUB_REF": "refs/pull/12/merge", "GITHUB_HEAD_REF": "topic", "GITHUB_BASE_REF": "dev"},
            "topic", "dev", "12",
        ),
        ({"GITHUB_EVENT_NAME": "pull_request_target"}, "main", "main", "unknown"),
        ({"CI_COMMIT_BRANCH": "topic", "CI_DEFAULT_BRANCH": "trunk"}, "topic", "trunk", ""),
        ({"CI_MERGE_REQUEST_IID": "3", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "dev"}, "main", "dev", "3"),
        ({"BUILD_SOURCEBRANCH": "refs/heads/a/b", "SYSTEM_PULLREQUEST_PULLREQUESTID": "9"}, "a/b", "main", "9"),
        ({"BRANCH_NAME": "PR-4", "CHANGE_ID": "4", "CHANGE_TARGET": "dev"}, "PR-4", "dev", "4"),
    ],
)  # fmt: skip
def test_what_ci_systems_say(
    checkout: Checkout, variables: dict[str, str], branch: str, base: str, pull_request: str
) -> None:
    env = {
        name: value for name, value in environment().items() if not name.startswith(("BUILD_", "SYSTEM_", "CHANGE_"))
    }
    found = detect(checkout.path, {**env, **variables})
    assert (found.branch, found.base_branch, found.pull_request) == (branch, base, pull_request)


def test_what_github_calls_the_branch_is_that_of_its_own_commit_only(checkout: Checkout) -> None:
    mine = git(checkout.path, "rev-parse", "HEAD")
    here = environment(GITHUB_EVENT_NAME="workflow_run", GITHUB_REF="refs/heads/main", GITHUB_SHA=mine)
    git(checkout.path, "checkout", "--quiet", "--detach")
    assert detect(checkout.path, here).branch == "main"
    checkout.commit("What a stranger wrote")
    assert detect(checkout.path, here).branch == ""


def test_the_configured_base_branch_wins(checkout: Checkout) -> None:
    assert detect(checkout.path, environment(GITHUB_BASE_REF="dev"), base_branch="stable").base_branch == "stable"


def test_the_default_branch_of_the_event(checkout: Checkout, tmp_path: Path) -> None:
    env = environment(**event(tmp_path, {"repository": {"default_branch": "trunk"}}))
    assert detect(checkout.path, env).base_branch == "trunk"
    for odd in ("not json", "[]", '{"repository": 7}', '{"repository": {"default_branch": 7}}'):
        assert detect(checkout.path, environment(**event(tmp_path, odd))).base_branch == "main"


def test_ancestors_are_what_the_code_grew_from(checkout: Checkout) -> None:
    git(checkout.path, "checkout", "--quiet", "-b", "topic")
    mine = checkout.commit("On the topic")
    git(checkout.path, "checkout", "--quiet", "main")
    theirs = checkout.commit("Meanwhile on main")
    git(checkout.path, "checkout", "--quiet", "topic")
    found = ancestors(checkout.path, environment())
    assert found is not None
    assert mine in found
    assert theirs not in found
    assert len(found) == 2


def test_the_ancestry_of_a_shallow_clone_is_not_known(checkout: Checkout, tmp_path: Path) -> None:
    checkout.commit("Go on")
    git(checkout.path, "push", "--quiet")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{checkout.remote}", "shallow")
    assert ancestors(tmp_path / "shallow", environment()) is None


def test_messages_of_a_merge_are_those_it_brought(checkout: Checkout) -> None:
    checkout.commit("Before\n\nPerf-Accept: old.* not again")
    git(checkout.path, "checkout", "--quiet", "-b", "topic")
    checkout.commit("First")
    checkout.commit("Second\n\nwith a body")
    assert messages(checkout.path, environment()) == (("Ann", "Second\n\nwith a body"),)
    git(checkout.path, "checkout", "--quiet", "main")
    git(checkout.path, "merge", "--quiet", "--no-ff", "--message", "Merge topic", "topic")
    assert [body.split("\n")[0] for _, body in messages(checkout.path, environment())] == [
        "Merge topic", "Second", "First",
    ]  # fmt: skip


@pytest.mark.parametrize(("head", "fork"), [("org/app", False), ("someone/app", True), (None, True)])
def test_a_fork_is_another_repository(tmp_path: Path, head: str | None, fork: bool) -> None:
    repository = {"full_name": head} if head else None
    document = {"pull_request": {"head": {"repo": repository}, "base": {"repo": {"full_name": "org/app"}}}}
    assert is_from_fork(event(tmp_path, document)) == fork


def test_what_cannot_be_told_counts_as_a_fork(tmp_path: Path) -> None:
    assert is_from_fork({})
    assert is_from_fork(event(tmp_path, {"pull_request": "?"}))
    same = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1", "CI_MERGE_REQUEST_PROJECT_ID": "1"}
    assert not is_from_fork(same)
    assert is_from_fork({**same, "CI_MERGE_REQUEST_PROJECT_ID": "2"})


def test_the_commits_that_may_be_guilty_are_listed_and_nothing_from_a_store_is_an_option(checkout: Checkout) -> None:
    good = git(checkout.path, "rev-parse", "HEAD")
    names = [checkout.commit(f"Change {number}") for number in range(12)]
    found = commits_between(checkout.path, environment(), good, names[1])
    assert [each.split(" ", 1)[1] for each in found] == ["Change 1", "Change 0"]
    assert names[1].startswith(found[0].split()[0])
    assert len(commits_between(checkout.path, environment(), good, names[-1])) == 10
    for hostile in ("", "HEAD", "--all", "--output=x", "0" * 40, f"{good}\n", "main"):
        assert commits_between(checkout.path, environment(), hostile, names[1]) == ()
        assert commits_between(checkout.path, environment(), good, hostile) == ()
    assert not (checkout.path / "x").exists()
