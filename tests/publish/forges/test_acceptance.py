"""Who may accept a regression on a pull request, and how."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.command_line import Done, called, write_config
from tests.support.git_repository import git
from tests.support.github import events
from tests.support.github.documents import ME
from tests.support.github.hub import TOKEN
from tests.support.github.hub import GitHub as Hub

from perfreg.publish.forges import registry
from perfreg.publish.forges.acceptance import commands, decided
from perfreg.publish.forges.github import GitHub
from perfreg.publish.forges.marker import Marker


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("/perfreg accept search.* worth it", [("search.*", "worth it")]),
        (
            "Thanks!\r\n/perfreg accept a.b  because \r\n/perfreg accept c.d of that",
            [("a.b", "because"), ("c.d", "of that")],
        ),
        ("/perfreg accept search.*", []),
        ("/perfreg accept", []),
        ("/perfreg  accept a b", []),
        ("/PERFREG accept a b", []),
        ("please /perfreg accept a b", []),
        ("> /perfreg accept a b", []),
        ("`/perfreg accept a b`", []),
        ("```\n/perfreg accept a b\n```", []),
        ("~~~~ text\n```\n/perfreg accept a b\n~~~~\n/perfreg accept c d", [("c", "d")]),
        ("    /perfreg accept a b", []),
        ("/perfreg accept \x1b[31m* a\u202eb", [("\\x1b[31m*", "a\\u202eb")]),
        ("", []),
    ],
)
def test_commands(body: str, expected: list[tuple[str, str]]) -> None:
    assert list(commands(body)) == expected


@pytest.mark.parametrize("permission", ["admin", "maintain", "write", "triage", "read", "none", None])
def test_only_who_may_write_decides(hub: Hub, forge: GitHub, permission: str | None) -> None:
    counts = permission in ("admin", "maintain", "write")
    if permission:
        hub.permissions["ann"] = permission
    hub.write(42, "ann", "/perfreg accept search.* worth it")
    hub.threads[42].labels.append("perf-accepted")
    hub.threads[42].labelled.append(("ann", "perf-accepted"))
    found = decided(forge, forge.pull_request(42))
    assert [(each.metrics, each.who) for each in found.decisions] == (
        [("*", "ann"), ("search.*", "ann")] if counts else []
    )
    assert len(found.refused) == (0 if counts else 2)
    assert sum("permission" in name for name in hub.asked) == 1


def test_a_label_counts_as_given_by_whoever_gave_it_last(hub: Hub, forge: GitHub) -> None:
    hub.permissions["ann"] = "write"
    thread = hub.threads[42]
    thread.labels.append("perf-accepted")
    assert decided(forge, forge.pull_request(42)).decisions == ()
    thread.labelled += [("ann", "perf-accepted"), ("ann", "other"), ("mallory", "perf-accepted")]
    assert decided(forge, forge.pull_request(42)).decisions == ()
    thread.labelled.append(("ann", "perf-accepted"))
    assert decided(forge, forge.pull_request(42)).decisions[0].who == "ann"


def test_our_own_comments_and_those_of_nobody_decide_nothing(hub: Hub, forge: GitHub) -> None:
    hub.permissions[ME] = "write"
    hub.write(42, ME, f"{Marker(kind='comment', key='x')}\n/perfreg accept * I said so")
    hub.write(42, "", "/perfreg accept * I am gone")
    found = decided(forge, forge.pull_request(42))
    assert found.decisions == ()
    assert len(found.refused) == 1


def test_somebody_who_has_lent_us_the_token_decides_all_the_same(hub: Hub, forge: GitHub) -> None:
    hub.me, hub.permissions["ann"] = "ann", "write"
    hub.write(42, "ann", "/perfreg accept a.* my own words")
    assert [each.metrics for each in decided(forge, forge.pull_request(42)).decisions] == ["a.*"]


COST = {
    "name": "work", "type": "function", "callable": "probe:cost", "test_type": "custom", "metric": "cost", "unit": "x",
    "direction": "lower", "test_iterations": 10, "warm_up_iterations": 0,
}  # fmt: skip


class Project:
    """A repository whose only metric is ``work.cost``, in jobs at GitHub."""

    def __init__(self, path: Path, hub: Hub) -> None:
        self.path, self.hub = path, hub
        self.events = path.parent / "events"
        self.events.mkdir()
        path.mkdir()
        git(path, "init", "--quiet", "--initial-branch=main")
        write_config(path, COST)
        self.cost(1.0)

    def cost(self, value: float) -> str:
        (self.path / "probe.py").write_text(f"def cost():\n    return {value}\n{'#' * int(value * 10)}\n")
        (self.path / ".gitignore").write_text(".perfreg/\nperf-results/\n__pycache__/\nperf-baseline/\n*.db\n")
        git(self.path, "add", "--all")
        git(self.path, "commit", "--quiet", "--message", "Change")
        return git(self.path, "rev-parse", "HEAD")

    def job(self, *arguments: str, name: str) -> Done:
        head = git(self.path, "rev-parse", "HEAD")
        event = {"push": events.push, "merge_group": events.merge_group}.get(name, events.pull_request)()
        env = events.environment(self.events, name, event, GITHUB_API_URL=self.hub.url, GITHUB_SHA=head)
        return called(*arguments, cwd=self.path, GITHUB_TOKEN=TOKEN, NO_PROXY="*", **env)


@pytest.fixture
def project(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(registry, "WRITE_PAUSE_S", 0.0)
    made = Project(tmp_path / "shop", hub)
    for _ in range(2):
        assert made.job("run", "--establish-baselines", name="push").code == 0
    return made


@pytest.mark.parametrize("name", ["pull_request", "push", "merge_group"])
def test_what_was_accepted_on_the_pull_request_passes(hub: Hub, project: Project, name: str) -> None:
    hub.permissions["ann"] = "write"
    head = project.cost(2.0)
    hub.pull(42, head=head, **({"state": "closed", "merged_as": head} if name == "push" else {}))
    asked = hub.write(42, "ann", "/perfreg accept work.* more is done")
    other = hub.write(42, "mallory", "/perfreg accept * because")
    assert project.job("run", name=name).code == 1

    done = project.job("baseline", "decisions", name=name)

    assert (done.code, done.out) == (0, "accepted work.*: more is done (ann)\n")
    assert "mallory accepts regressions and may not write" in done.err
    assert (asked.reactions, other.reactions) == (["+1"], ["-1"])
    assert project.job("run", name=name).code == 0
    assert project.job("baseline", "decisions", name=name).out == ""


def test_what_cannot_be_asked_for_accepts_nothing(hub: Hub, project: Project) -> None:
    hub.pull(42, head=project.cost(2.0))
    hub.forbid("GET /repos/{owner}/{repo}/issues/{issue_number}/comments")
    done = project.job("baseline", "decisions", name="pull_request")
    assert done.code == 0
    assert "nothing was accepted" in done.err
    assert project.job("run", name="pull_request").code == 1
