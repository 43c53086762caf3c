"""The same code against a real Gitea, which speaks GitHub's language as far as it has the same things.

`make e2e` runs it where there is one: CONTRIBUTING.md says how to build it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support import comparisons
from tests.support.gitea import BINARY, Gitea, gitea

from perfreg.model.result import Result
from perfreg.publish.forges.acceptance import decided
from perfreg.publish.forges.forge import Forge
from perfreg.publish.forges.message import Message
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.patience import Patience
from perfreg.publish.forges.publisher import Published, Wishes, publish
from perfreg.publish.forges.registry import forge_here
from perfreg.report.formats.comment import Leg

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(BINARY is None, reason="gitea is not installed; PERFREG_GITEA names one: see CONTRIBUTING.md"),
]

WORSE = comparisons.only(comparisons.VERDICTS[0])
OTHER = comparisons.only(comparisons.VERDICTS[1])
WELL = comparisons.only(replace(comparisons.VERDICTS[0], status="unchanged", severity=None))
BETTER = comparisons.only(replace(comparisons.VERDICTS[0], status="improvement", severity=None))

Tell = Callable[[Result, Occasion], Published]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        with gitea(tmp_path_factory.mktemp("gitea")) as running:
            yield running


@pytest.fixture
def forge(server: Gitea) -> Forge:
    """As a job of Gitea Actions finds it."""
    env = {
        "GITHUB_ACTIONS": "true", "GITEA_ACTIONS": "true", "GITHUB_REPOSITORY": "ann/shop",
        "GITHUB_EVENT_NAME": "push", "GITHUB_API_URL": server.url, "GITHUB_TOKEN": server.token,
    }  # fmt: skip
    here = forge_here(env)
    assert here.name == "gitea"
    return here.open(Patience.of(60))


@pytest.fixture
def tell(forge: Forge) -> Tell:
    def tell(result: Result, occasion: Occasion) -> Published:
        return publish(forge, occasion, Message(legs=(Leg(name="", result=result),)), Wishes(comment="always"))

    return tell


def test_comment_status_labels_and_decisions(server: Gitea, forge: Forge, tell: Tell) -> None:
    number, head = server.pull_request()
    occasion = Occasion(event="pull_request", repository="ann/shop", number=number, commit=head)
    comments = f"/repos/ann/shop/issues/{number}/comments"

    def ours() -> list[str]:
        bodies = [each["body"] for each in server.ask("GET", comments)]
        return [body for body in bodies if body.startswith("<!-- perfreg:comment")]

    def labels() -> list[str]:
        return [each["name"] for each in server.ask("GET", f"/repos/ann/shop/issues/{number}/labels")]

    for index in range(60):
        server.ask("POST", comments, {"body": f"talk {index}"})
    first = tell(WORSE, occasion)
    assert (first.deed, first.standing, first.warnings) == ("created", "a commit status", [])
    assert labels() == ["perf-regression"]
    second = tell(OTHER, occasion)
    assert (second.deed, second.warnings) == ("updated", [])
    assert len(ours()) == 1
    assert "was not compared this time" in ours()[0]
    states = server.ask("GET", f"/repos/ann/shop/commits/{head}/statuses")
    assert {each["context"] for each in states} == {"perfreg"}

    assert decided(forge, forge.pull_request(number)).decisions == ()
    server.ask("POST", comments, {"body": "/perfreg accept a.* why not"})
    assert [each.who for each in decided(forge, forge.pull_request(number)).decisions] == ["ann"]
    server.ask("POST", comments, {"body": ours()[0]})
    assert tell(WORSE, occasion).warnings == []
    assert len(ours()) == 1
    assert forge.may_write("ann")
    assert not forge.may_write("nobody")

    mended = tell(BETTER, occasion)
    assert (mended.deed, mended.warnings) == ("cleared", [])
    assert labels() == ["perf-improvement"]


def test_an_issue_follows_the_main_branch(server: Gitea, tell: Tell) -> None:
    head = server.ask("GET", "/repos/ann/shop/branches/main")["commit"]["id"]
    main = Occasion(event="push", repository="ann/shop", commit=head, branch="main", is_main=True)

    def issue() -> Any:
        (found,) = server.ask("GET", "/repos/ann/shop/issues?type=issues&state=all")
        return found

    done = tell(WORSE, main)
    assert (done.standing, done.issue.split()[0], done.warnings) == ("a commit status", "opened", [])
    assert [each["name"] for each in issue()["labels"]] == ["perf-regression"]
    assert tell(WORSE, main).issue.split()[0] == "updated"
    assert issue()["state"] == "open"
    assert tell(WELL, main).issue.split()[0] == "closed"
    assert issue()["state"] == "closed"


def test_folding_and_what_was_labelled_and_merged(server: Gitea, forge: Forge) -> None:
    number, head = server.pull_request("folding")
    occasion = Occasion(event="pull_request", repository="ann/shop", number=number, commit=head)

    def is_folded(result: Result) -> bool:
        message = Message(legs=(Leg(name="", result=result),))
        assert publish(forge, occasion, message, Wishes(comment="on-regression")).warnings == []
        (comment,) = server.ask("GET", f"/repos/ann/shop/issues/{number}/comments")
        return "<details><summary>Folded away" in comment["body"]

    assert [is_folded(result) for result in (WORSE, BETTER, BETTER, WORSE)] == [False, True, True, False]
    assert (forge.labelled_by(number, "perf-regression"), forge.labelled_by(number, "other")) == ("ann", "")
    assert forge.merged_in(head) is None
    server.ask("POST", f"/repos/ann/shop/pulls/{number}/merge", {"Do": "merge"})
    merged = server.ask("GET", f"/repos/ann/shop/pulls/{number}")["merge_commit_sha"]
    found = forge.merged_in(merged)
    assert found is not None
    assert found.number == number


def test_a_token_that_may_not_is_a_warning(server: Gitea) -> None:
    env = {
        "GITEA_ACTIONS": "true", "GITHUB_REPOSITORY": "ann/shop", "GITHUB_EVENT_NAME": "push",
        "GITHUB_API_URL": server.url, "GITHUB_TOKEN": "0" * 40,
    }  # fmt: skip
    occasion = Occasion(event="push", repository="ann/shop", commit="0" * 40, branch="main", is_main=True)
    message = Message(legs=(Leg(name="", result=WORSE),))
    done = publish(forge_here(env).open(Patience.of(60)), occasion, message, Wishes())
    assert (done.standing, done.issue) == ("", "")
    assert all("401" in warning for warning in done.warnings)
    assert len(done.warnings) == 2
