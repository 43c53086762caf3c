"""What a job is about, as GitHub's own events tell it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.github import events
from tests.support.github.documents import BASE, HEAD, REPOSITORY
from tests.support.payloads import PAYLOADS

from perfreg.errors import ForgeError
from perfreg.publish.forges.github_event import is_here, occasion
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.registry import forge_here

URL = "https://github.example/octo/shop/actions/runs/4711"


def seen(directory: Path, name: str, event: dict[str, Any], **variables: str) -> Occasion:
    return occasion(events.environment(directory, name, event, **variables))


def test_a_pull_request_is_about_its_head_and_not_about_the_merge(tmp_path: Path) -> None:
    assert seen(tmp_path, "pull_request", events.pull_request()) == Occasion(
        event="pull_request", repository=REPOSITORY, number=42, commit=HEAD, branch="feature", url=URL
    )


@pytest.mark.parametrize("source", [events.FORK, None])
def test_a_pull_request_of_a_fork_is_foreign(tmp_path: Path, source: str | None) -> None:
    assert seen(tmp_path, "pull_request_target", events.pull_request(source=source)).is_foreign


def test_a_push_to_the_default_branch_is_about_that(tmp_path: Path) -> None:
    for name, event in (("push", events.push()), ("schedule", events.push()), ("workflow_dispatch", events.push())):
        assert seen(tmp_path, name, event) == Occasion(
            event=name, repository=REPOSITORY, commit=BASE, branch="main", is_main=True, url=URL
        )


@pytest.mark.parametrize("ref", ["refs/heads/feature", "refs/tags/main", "refs/heads/main/x", "main", ""])
def test_other_pushes_are_not_about_the_main_branch(tmp_path: Path, ref: str) -> None:
    assert not seen(tmp_path, "push", events.push(), GITHUB_REF=ref).is_main


def test_a_merge_queue_has_a_commit_and_no_pull_request(tmp_path: Path) -> None:
    found = seen(tmp_path, "merge_group", events.merge_group())
    assert (found.commit, found.has_pull_request, found.is_main, found.queued) == (HEAD, False, False, 42)
    event = events.merge_group()
    event["merge_group"]["head_ref"] = "refs/heads/pr-7-x"
    assert seen(tmp_path, "merge_group", event).queued == 0


def test_a_job_that_only_publishes_is_about_the_run_before_it(tmp_path: Path) -> None:
    found = seen(tmp_path, "workflow_run", events.workflow_run(conclusion="failure"))
    assert found == Occasion(
        event="workflow_run",
        repository=REPOSITORY,
        commit=HEAD,
        owner="stranger",
        branch="feature",
        is_foreign=True,
        conclusion="failure",
        url="https://github.example/octo/shop/actions/runs/777",
    )
    assert found.has_pull_request


def test_a_fork_s_main_branch_is_not_the_main_branch(tmp_path: Path) -> None:
    for event in ("push", "pull_request", "workflow_dispatch"):
        assert not seen(tmp_path, "workflow_run", events.workflow_run(branch="main", event=event)).is_main
    own = events.workflow_run(branch="main", event="push", source=REPOSITORY)
    assert seen(tmp_path, "workflow_run", own).is_main
    assert not seen(tmp_path, "workflow_run", own).has_pull_request


def test_a_comment_on_a_pull_request_is_about_it(tmp_path: Path) -> None:
    event = events.issue_comment()
    assert seen(tmp_path, "issue_comment", event).number == 42
    del event["issue"]["pull_request"]
    assert not seen(tmp_path, "issue_comment", event).has_pull_request


@pytest.mark.parametrize("name", PAYLOADS)
def test_names_that_strangers_choose_stay_names(tmp_path: Path, name: str) -> None:
    found = seen(tmp_path, "pull_request", events.pull_request(branch=name, title=name))
    assert (found.number, found.commit, found.branch) == (42, HEAD, name)
    run = seen(tmp_path, "workflow_run", events.workflow_run(branch=name))
    assert (run.commit, run.branch, run.owner) == (HEAD, name, "stranger")


@pytest.mark.parametrize("odd", ["x" * 40, HEAD.upper(), f"{HEAD}\n", "HEAD", "", "../../etc", 7, None])
def test_what_is_no_commit_is_none(tmp_path: Path, odd: Any) -> None:
    assert seen(tmp_path, "pull_request", events.pull_request(head=odd)).commit == ""


@pytest.mark.parametrize("odd", [0, -1, "42", True, 4.2, None, 10**13])
def test_what_is_no_number_is_none(tmp_path: Path, odd: Any) -> None:
    assert seen(tmp_path, "pull_request", events.pull_request(number=odd)).number == 0


@pytest.mark.parametrize("odd", ["octo", "octo/shop/x", "octo/sh op", "octo/..;", "o/s?x=1", "octo/shop\n"])
def test_what_is_no_repository_is_an_error(tmp_path: Path, odd: str) -> None:
    with pytest.raises(ForgeError, match="is no repository"):
        seen(tmp_path, "push", events.push(), GITHUB_REPOSITORY=odd)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\xff"])
def test_a_broken_event_is_an_error(tmp_path: Path, text: str) -> None:
    env = events.environment(tmp_path, "pull_request", events.pull_request())
    (tmp_path / "event.json").write_text(text, "latin-1")
    with pytest.raises(ForgeError, match="GITHUB_EVENT_PATH"):
        occasion(env)


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"pull_request": []}', '{"pull_request": {"head": 1}}'])
def test_an_event_of_another_shape_is_about_nothing(tmp_path: Path, text: str) -> None:
    env = events.environment(tmp_path, "pull_request", events.pull_request())
    (tmp_path / "event.json").write_text(text, "utf-8")
    assert not occasion(env).has_pull_request


@pytest.mark.parametrize("server", ["javascript:alert(1)", "https://x/)[y](", "https://x y", ""])
def test_an_odd_server_gives_no_link(tmp_path: Path, server: str) -> None:
    assert seen(tmp_path, "push", events.push(), GITHUB_SERVER_URL=server).url == ""


def test_elsewhere_there_is_nobody_to_tell(tmp_path: Path) -> None:
    env = events.environment(tmp_path, "push", events.push())
    assert is_here(env)
    assert forge_here(env).name == "github"
    with pytest.raises(ForgeError, match="github"):
        forge_here({"CI": "true"})
