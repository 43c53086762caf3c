"""What only Azure DevOps has: threads that are resolved, pages to sign in, and statuses of pull requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.support import comparisons
from tests.support.azure.hub import Azure, azure
from tests.support.fake_host import BASE, HEAD, NUMBER

from perfreg.errors import ForgeError
from perfreg.model.result import Result
from perfreg.publish.forges.acceptance import decided
from perfreg.publish.forges.azure import KIND
from perfreg.publish.forges.azure_pipelines import site
from perfreg.publish.forges.forge import Forge
from perfreg.publish.forges.kind import Here
from perfreg.publish.forges.message import Message
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.patience import Patience
from perfreg.publish.forges.publisher import Published, Wishes, publish
from perfreg.report.formats.comment import Leg

WORSE = comparisons.only(comparisons.VERDICTS[0])
MENDED = comparisons.only(replace(comparisons.VERDICTS[0], status="improvement", severity=None))
AT_HAND = Occasion(event="PullRequest", repository="", number=NUMBER, commit=HEAD)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with azure() as hub:
        yield hub


def tell(forge: Forge, result: Result, occasion: Occasion = AT_HAND) -> Published:
    return publish(forge, occasion, Message(legs=(Leg(name="", result=result),)), Wishes())


def test_the_thread_is_active_while_there_is_something_to_resolve(hub: Azure) -> None:
    tell(hub.forge([]), WORSE)
    (note,) = hub.notes
    assert hub.states[note.id] == "active"
    tell(hub.forge([]), MENDED)
    assert hub.states[note.id] == "closed"
    tell(hub.forge([]), WORSE)
    assert hub.states[note.id] == "active"


def test_no_source_of_a_chart_is_shown(hub: Azure) -> None:
    tell(hub.forge([]), WORSE)
    assert "mermaid" not in hub.bodies()[0]
    assert "<details>" in hub.bodies()[0]


def test_a_comment_that_was_deleted_is_not_edited(hub: Azure) -> None:
    tell(hub.forge([]), WORSE)
    first = hub.notes[0]
    hub.gone.add(first.id)
    assert tell(hub.forge([]), WORSE).deed == "created"
    assert len(hub.notes) == 2


def test_a_page_to_sign_in_is_a_refusal(hub: Azure) -> None:
    hub.is_signed_out = True
    pauses: list[float] = []
    done = tell(hub.forge(pauses), WORSE)
    assert all("401 (it wants somebody to sign in)" in warning for warning in done.warnings)
    assert (len(done.warnings), pauses) == (2, [])


def test_a_status_of_the_pull_request_is_about_its_newest_commit(hub: Azure) -> None:
    hub.head = BASE
    done = tell(hub.forge([]), WORSE)
    assert hub.standings == []
    assert "moved on" in done.warnings[0]


def test_a_branch_has_a_commit_status(hub: Azure) -> None:
    env = {**hub.environment(), "BUILD_SOURCEBRANCH": "refs/heads/main", "BUILD_SOURCEVERSION": BASE}
    for name in [name for name in env if name.startswith("SYSTEM_PULLREQUEST")]:
        del env[name]
    found = site(env)
    assert found is not None
    here = Here(kind=KIND, site=found, env=env)
    done = tell(here.open(Patience.of(60)), WORSE, here.occasion)
    assert (done.standing, done.warnings) == ("a commit status", [])
    assert [commit for commit, _, _ in hub.standings] == [BASE]
    assert hub.notes == []


@pytest.mark.parametrize(("token", "expected"), [("a.b.c", "Bearer a.b.c"), ("pat", "Basic OnBhdA==")])
def test_tokens_of_jobs_and_of_people(hub: Azure, token: str, expected: str) -> None:
    tell(hub.forge([], token=token), WORSE)
    sent = {request.headers.get("authorization") for request in hub.api.requests}
    assert sent == {expected}


def test_nobody_is_believed_who_may_write(hub: Azure) -> None:
    hub.write("ann", "/perfreg accept search.* worth it")
    forge = hub.forge([])
    with pytest.raises(ForgeError, match=r"does not tell a job who may write.*Perf-Accept"):
        decided(forge, forge.pull_request(NUMBER))


def test_the_pull_request_of_a_branch_and_of_a_commit(hub: Azure) -> None:
    forge = hub.forge([])
    assert forge.pull_request_from("octo", "feature", HEAD) is not None
    assert forge.pull_request_from("octo", "feature", BASE) is None
    assert forge.merged_in(HEAD) is None
    hub.is_open = False
    assert forge.merged_in(HEAD) is not None
