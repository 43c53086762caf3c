"""The generated GitLab pipeline, run by gitlab-ci-local as a runner would, at a fake of GitLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.gitlab_project import BRANCH, ONE, Project, project
from tests.e2e.shop import FAST, SLOW
from tests.support.git_repository import git

pytestmark = pytest.mark.e2e


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    """A project with two scenarios, and so two legs."""
    with project(tmp_path) as made:
        yield made


def test_a_push_to_main_is_measured_and_stored_once(shop: Project) -> None:
    done = shop.pushed()
    assert done.code == 0, done.log
    assert shop.verdicts == {"search": "no_baseline", "order": "no_baseline"}
    assert len(shop.stored()) == 2, done.log
    assert git(shop.checkout.remote, "rev-list", "--count", BRANCH) == "1"
    reports = shop.checkout.path / "perf-results"
    names = ("annotations.json", "index.html", "junit.xml", "load-performance.json", "metrics.txt", "report.md")
    assert all((reports / name).is_file() for name in names)


def test_a_regressed_merge_request_fails_and_gets_a_note_that_is_cleared_when_it_is_mended(shop: Project) -> None:
    git(shop.checkout.path, "checkout", "--quiet", "-b", "feature")
    shop.commit("Slow the search down", search=SLOW)
    failed = shop.requested()
    assert failed.code == 1, failed.log
    assert shop.verdicts == {"search": "regression", "order": "unchanged"}
    assert [note for note in shop.hub.notes if "search" in note.body]
    assert shop.stored() == []
    shop.commit("Mend the search", search=FAST)
    passed = shop.requested()
    assert passed.code == 0, passed.log
    assert shop.verdicts == {"search": "unchanged", "order": "unchanged"}
    assert len(shop.hub.notes) == 1


@pytest.mark.long
def test_what_a_developer_accepts_in_a_note_passes_there_and_once_it_is_merged(tmp_path: Path) -> None:
    with project(tmp_path, config=ONE) as shop:
        hub, path = shop.hub, shop.checkout.path
        hub.members = {"ann": 30, "mallory": 20}
        assert shop.pushed().code == 0
        git(path, "checkout", "--quiet", "-b", "feature")
        shop.commit("Rank by relevance", search=SLOW)
        stranger = hub.write("mallory", "/perfreg accept * I want it")
        failed = shop.requested()
        assert failed.code == 1, failed.log
        assert "mallory accepts regressions and may not write" in failed.log
        assert "/perfreg accept search" in hub.bodies()[-1]

        friend = hub.write("ann", "/perfreg accept search.* relevance is worth it")
        passed = shop.requested()
        assert passed.code == 0, passed.log
        assert "accepted search.*: relevance is worth it (ann)" in passed.log
        assert "could not be answered" not in passed.log
        assert shop.verdicts == {"search": "regression"}
        assert "relevance is worth it" in hub.bodies()[-1]
        assert hub.awards == [(stranger.id, "thumbsdown"), (friend.id, "thumbsup")]

        git(path, "checkout", "--quiet", "main")
        git(path, "merge", "--quiet", "--no-ff", "--message", "Merge the ranking", "feature")
        hub.state, hub.merged_as = "merged", git(path, "rev-parse", "HEAD")
        git(path, "push", "--quiet", "origin", "main")
        merged = shop.pushed()
        assert merged.code == 0, merged.log
        assert "accepted search.*: relevance is worth it (ann)" in merged.log
        assert [(each["kind"], each["who"]) for each in shop.stored("event")] == [("accept", "ann")]
