"""The same code against a real Gitea, which speaks GitHub's language as far as it has the same things."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.support import comparisons
from tests.support.gitea import BINARY, Gitea, gitea

from perfreg.model.result import Result
from perfreg.publish.forges.acceptance import decided
from perfreg.publish.forges.github import GitHub
from perfreg.publish.forges.github_api import Access, GitHubApi
from perfreg.publish.forges.message import Message
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.patience import Patience
from perfreg.publish.forges.publisher import Published, Wishes, publish
from perfreg.report.formats.comment import Leg

pytestmark = pytest.mark.skipif(BINARY is None, reason="gitea is not installed; PERFREG_GITEA names one")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        with gitea(tmp_path_factory.mktemp("gitea")) as running:
            yield running


def test_comment_status_and_decisions(server: Gitea) -> None:
    number, head = server.pull_request()
    api = GitHubApi(Access(url=server.url, token=server.token, pause_s=0.0), Patience(deadline=time.monotonic() + 60))
    forge = GitHub(api, "ann/shop")
    occasion = Occasion(event="pull_request", repository="ann/shop", number=number, commit=head)

    def tell(result: Result) -> Published:
        wishes = Wishes(comment="always", labels=False)
        return publish(forge, occasion, Message(legs=(Leg(name="", result=result),)), wishes)

    def bodies() -> list[str]:
        return [each["body"] for each in server.ask("GET", f"/repos/ann/shop/issues/{number}/comments")]

    for index in range(60):
        server.ask("POST", f"/repos/ann/shop/issues/{number}/comments", {"body": f"talk {index}"})
    first = tell(comparisons.only(comparisons.VERDICTS[0]))
    assert (first.deed, first.standing, first.warnings) == ("created", "a commit status", [])
    second = tell(comparisons.only(comparisons.VERDICTS[1]))
    assert (second.deed, second.warnings) == ("updated", [])
    ours = [body for body in bodies() if body.startswith("<!-- perfreg:comment")]
    assert len(ours) == 1
    assert "was not compared this time" in ours[0]
    states = server.ask("GET", f"/repos/ann/shop/commits/{head}/statuses")
    assert {each["context"] for each in states} == {"perfreg"}

    assert decided(forge, forge.pull_request(number)).decisions == ()
    server.ask("POST", f"/repos/ann/shop/issues/{number}/comments", {"body": "/perfreg accept a.* why not"})
    assert [each.who for each in decided(forge, forge.pull_request(number)).decisions] == ["ann"]
    body = {"body": ours[0]}
    server.ask("POST", f"/repos/ann/shop/issues/{number}/comments", body)
    assert tell(comparisons.only(comparisons.VERDICTS[0])).warnings == []
    assert sum(each.startswith("<!-- perfreg:comment") for each in bodies()) == 1
    assert forge.may_write("ann")
    assert not forge.may_write("nobody")


def test_what_gitea_has_not_is_a_warning(server: Gitea) -> None:
    head = server.ask("GET", "/repos/ann/shop/branches/main")["commit"]["id"]
    api = GitHubApi(Access(url=server.url, token=server.token, pause_s=0.0), Patience(deadline=time.monotonic() + 60))
    main = Occasion(event="push", repository="ann/shop", commit=head, branch="main", is_main=True)
    message = Message(legs=(Leg(name="", result=comparisons.only(comparisons.VERDICTS[0])),))
    done = publish(GitHub(api, "ann/shop"), main, message, Wishes())
    # Its issues take labels by number, and its API has no checks.
    assert (done.standing, done.issue, len(done.warnings)) == ("a commit status", "", 1)
