"""A regression that somebody with the right to write has accepted on the pull request passes the gate of the Action."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.action_job import Used, use
from tests.support.git_repository import Checkout, git, make_checkout
from tests.support.github import events
from tests.support.github.hub import TOKEN, github
from tests.support.github.hub import GitHub as Hub

from perfreg.publish.forges import registry

CONFIG = """
compare: {budget: 60s} # far more than it takes to be certain, also on a busy machine
metrics:
  "wait.user_time": {direction: none}
  "wait.system_time": {direction: none}
  "wait.max_rss": {direction: none}
test_scenarios:
  - {name: wait, type: command, run: sleep $(cat delay), test_iterations: 1, warm_up_iterations: 0}
"""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(registry, "WRITE_PAUSE_S", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with github() as hub:
        hub.pull(42)
        hub.permissions.update(alice="write", mallory="read")
        yield hub


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A pull request that makes it much slower, as GitHub has merged it."""
    made = make_checkout(tmp_path)
    (made.path / "perfreg.yml").write_text(CONFIG)
    (made.path / "delay").write_text("0.01")
    made.commit("Begin")
    git(made.path, "checkout", "--quiet", "-b", "feature")
    (made.path / "delay").write_text("0.2")
    made.commit("Wait longer")
    git(made.path, "checkout", "--quiet", "main")
    git(made.path, "merge", "--quiet", "--no-ff", "-m", "Merge", "feature")
    git(made.path, "checkout", "--quiet", "--detach")
    return made


@pytest.fixture
def requested(checkout: Checkout, hub: Hub, tmp_path: Path) -> Callable[[], Used]:
    """The job of that pull request."""

    def run() -> Used:
        commit = git(checkout.path, "rev-parse", "HEAD")
        job = events.environment(tmp_path, "pull_request", events.pull_request(), GITHUB_API_URL=hub.url)
        return use(checkout.path, tmp_path / "temp", {**job, "GITHUB_SHA": commit, "PERFREG_JOB_TOKEN": TOKEN})

    return run


def test_what_somebody_who_may_write_accepts_passes_and_says_who(hub: Hub, requested: Callable[[], Used]) -> None:
    stranger = hub.write(42, "mallory", "/perfreg accept * I want it")
    job = requested()
    assert (job.code, job.outputs["gate"]) == (1, "fail"), job.log
    assert stranger.reactions == ["-1"]
    assert "mallory accepts regressions and may not write" in job.log

    friend = hub.write(42, "alice", "/perfreg accept wait.* it has to wait for the bank")
    job = requested()
    assert (job.code, job.outputs["gate"]) == (0, "warn"), job.log
    assert friend.reactions == ["+1"]
    assert "it has to wait for the bank (alice)" in job.summary
    assert "alice" in hub.bodies()[-1]
    assert hub.check_runs[-1]["conclusion"] == "neutral"


def test_a_label_accepts_all_of_it(hub: Hub, requested: Callable[[], Used]) -> None:
    hub.threads[42].labels.append("perf-accepted")
    hub.threads[42].labelled.append(("alice", "perf-accepted"))
    job = requested()
    assert (job.code, job.outputs["gate"]) == (0, "warn"), job.log
    assert "label perf-accepted (alice)" in job.summary
