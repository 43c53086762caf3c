"""What only GitLab has: its commands, its pipelines, issues with numbers of their own, and who may write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.support import comparisons
from tests.support.fake_host import BASE, HEAD, NUMBER, TOKEN
from tests.support.gitlab.hub import OPEN_ISSUE, PIPELINE, PROJECT, GitLab, Issue, gitlab
from tests.support.rest_server import Reply

from perfreg.errors import ForgeError
from perfreg.model.result import Result
from perfreg.publish.forges import gitlab as code
from perfreg.publish.forges.acceptance import answer, decided
from perfreg.publish.forges.gitlab_ci import site
from perfreg.publish.forges.kind import Here
from perfreg.publish.forges.message import Message
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.patience import Patience
from perfreg.publish.forges.publisher import Published, Wishes, publish
from perfreg.report.formats.comment import Leg

WORSE = comparisons.only(comparisons.VERDICTS[0])
MENDED = comparisons.only(replace(comparisons.VERDICTS[0], status="improvement", severity=None))
MAIN = Occasion(event="push", repository=PROJECT, commit=HEAD, branch="main", is_main=True)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitLab]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with gitlab() as hub:
        yield hub


@pytest.fixture
def forge(hub: GitLab) -> code.GitLab:
    made = hub.forge([])
    assert isinstance(made, code.GitLab)
    return made


def tell(forge: code.GitLab, result: Result, occasion: Occasion) -> Published:
    return publish(forge, occasion, Message(legs=(Leg(name="", result=result),)), Wishes())


@pytest.mark.parametrize("line", ["/merge", "  /close", "/approve\n", "text\n/label ~x", "\r\n/unassign @all"])
def test_no_line_is_a_command(hub: GitLab, forge: code.GitLab, line: str) -> None:
    comment = forge.add_comment(NUMBER, line, landed=lambda: None)
    forge.edit_comment(comment, f"again\n{line}")
    issue = forge.open_issue("title", line, "label", landed=lambda: None)
    forge.edit_issue(issue, line)
    forge.comment_on_issue(issue, line)
    assert hub.obeyed == []
    assert all("\\/" in body for body in (*hub.bodies(), hub.issues[1].body, *hub.issues[1].notes))


def test_notes_of_the_host_itself_are_none_of_ours(hub: GitLab, forge: code.GitLab) -> None:
    hub.write("ann", "hello")
    assert [comment.author for comment in forge.comments(NUMBER)] == ["ann"]


def test_an_issue_about_the_main_branch_comes_and_goes(hub: GitLab, forge: code.GitLab) -> None:
    theirs = Issue(iid=1, author="mallory", title="x", body="", labels=["perf-regression"])
    hub.issues[1] = theirs
    assert "opened https://gitlab.example/octo/shop/-/issues/2" in tell(forge, WORSE, MAIN).issue
    theirs.body = hub.issues[2].body
    assert "updated" in tell(forge, WORSE, MAIN).issue
    assert "closed" in tell(forge, MENDED, MAIN).issue
    assert (hub.issues[2].state, hub.issues[2].notes) == ("closed", [f"Gone as of {HEAD[:12]}."])
    assert "reopened" in tell(forge, WORSE, MAIN).issue
    assert (hub.issues[2].state, theirs.state, sorted(hub.issues)) == ("opened", "opened", [1, 2])
    assert hub.notes == []


def test_an_issue_of_which_no_word_came_back_is_not_opened_twice(hub: GitLab, forge: code.GitLab) -> None:
    tell(forge, WORSE, MAIN)
    issue = hub.issues.pop(1)
    hub.fail(OPEN_ISSUE, Reply(status=502))
    hub.fail("GET /projects/{id}/issues", Reply.json([]), Reply.json([]))
    hub.issues[1] = issue
    assert "opened" in tell(forge, WORSE, MAIN).issue
    assert sorted(hub.issues) == [1]


@pytest.mark.parametrize("level", [None, 10, 15, 20, 25, 30, 40, 50])
def test_only_who_may_write_decides(hub: GitLab, forge: code.GitLab, level: int | None) -> None:
    counts = level is not None and level >= 30
    hub.members = {"ann-two": 50, **({"ann": level} if level else {})}
    note = hub.write("ann", "/perfreg accept search.* worth it")
    hub.labels = ["perf-accepted"]
    hub.labelled = [("eve", "add", "perf-accepted"), ("ann", "add", "perf-accepted"), ("eve", "remove", "")]
    found = decided(forge, forge.pull_request(NUMBER))
    assert [(each.metrics, each.who) for each in found.decisions] == (
        [("*", "ann"), ("search.*", "ann")] if counts else []
    )
    assert len(found.refused) == (0 if counts else 2)
    comment = forge.comments(NUMBER)[0]
    assert answer(forge, comment, "accepted") == ""
    assert hub.awards == [(note.id, "thumbsup")]


def test_an_answer_is_given_once(hub: GitLab, forge: code.GitLab) -> None:
    note = hub.write("ann", "/perfreg accept search.* worth it")
    comment = forge.comments(NUMBER)[0]
    assert [answer(forge, comment, "accepted") for _ in range(2)] == ["", ""]
    assert hub.awards == [(note.id, "thumbsup")]
    hub.forbid("POST /projects/{id}/merge_requests/{iid}/notes/{note_id}/award_emoji", status=404)
    assert "a comment could not be answered" in answer(forge, comment, "refused")


def test_what_was_merged_with_a_commit(hub: GitLab, forge: code.GitLab) -> None:
    assert forge.merged_in(HEAD) is None
    hub.state, hub.merged_as = "merged", BASE
    found = forge.merged_in(BASE)
    assert found is not None
    assert (found.number, found.is_open) == (NUMBER, False)
    assert forge.merged_in("ab" * 20) is None


def test_the_merge_request_of_a_branch(hub: GitLab, forge: code.GitLab) -> None:
    assert forge.pull_request_from("octo", "feature", HEAD) is not None
    assert forge.pull_request_from("octo", "feature", BASE) is None
    assert forge.pull_request_from("octo", "other", HEAD) is None


def test_a_status_belongs_to_the_pipeline_that_has_measured(hub: GitLab) -> None:
    env = hub.environment()
    found = site(env)
    assert found is not None
    here = Here(kind=code.KIND, site=found, env=env)
    forge = here.open(Patience.of(60))
    assert isinstance(forge, code.GitLab)
    tell(forge, WORSE, here.occasion)
    # Of a merged result the pipeline is another commit's.
    tell(forge, WORSE, replace(here.occasion, commit=BASE))
    assert hub.pipelines == [PIPELINE, None]


def test_a_job_s_own_token_is_no_token(hub: GitLab) -> None:
    env = {**hub.environment(), "GITLAB_TOKEN": "", "CI_JOB_TOKEN": TOKEN}
    found = site(env)
    assert found is not None
    with pytest.raises(ForgeError, match="project access token with the scope api: CI_JOB_TOKEN may not"):
        Here(kind=code.KIND, site=found, env=env).open(Patience.of(60))


def test_the_token_goes_to_the_api_alone(hub: GitLab, forge: code.GitLab) -> None:
    notes = hub.operations.list_comments
    hub.fail(notes, Reply.json([], link='<https://evil.example/notes?page=2>; rel="next"'))
    assert forge.comments(NUMBER) == []
    assert hub.asked.count(notes) == 2


@pytest.mark.parametrize("url", ["ftp://x/api/v4", "https://u:p@x/api/v4", "https:///api/v4", "https://x/api/v3", "x"])
def test_an_address_that_is_none_is_an_error(hub: GitLab, url: str) -> None:
    env = {**hub.environment(), "CI_API_V4_URL": url}
    found = site(env)
    assert found is not None
    with pytest.raises(ForgeError, match="address is not usable"):
        Here(kind=code.KIND, site=found, env=env).open(Patience.of(60))


def test_without_the_library_one_line_says_how_to_get_it(hub: GitLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gitlab", None)
    with pytest.raises(ForgeError, match=r"python-gitlab is not installed .*pip install 'perfreg\[gitlab\]'"):
        hub.forge([])
