"""What an event asks for, and which commit a change starts from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.action_job import use
from tests.support.github import events
from tests.support.github.documents import BASE

from perfreg.cli.actions.event import Event, base_of, event_of, mode_of
from perfreg.errors import UsageError

ONE, TWO, THREE = ("1" * 40, "2" * 40, "3" * 40)


@pytest.mark.parametrize(
    ("event", "mode"),
    [
        ("pull_request", "compare"), ("merge_group", "compare"), ("workflow_run", "report"),
        ("push", "run"), ("schedule", "run"), ("workflow_dispatch", "run"), ("release", "run"), ("", "run"),
    ],
)  # fmt: skip
def test_the_event_decides_where_nobody_does(event: str, mode: str) -> None:
    assert mode_of("auto", Event(name=event)) == mode
    assert mode_of("", Event(name=event)) == mode
    assert mode_of(" Run ", Event(name=event)) == "run"
    assert mode_of("compare", Event(name=event)) == "compare"


def test_the_code_of_strangers_is_measured_with_no_rights_unless_somebody_wants_that() -> None:
    event = Event(name="pull_request_target")
    with pytest.raises(UsageError, match=r"what strangers wrote with the rights.*docs/publishing.md"):
        mode_of("auto", event, has_base=True)
    assert mode_of("compare", event) == "compare"


def test_who_names_a_base_wants_to_compare() -> None:
    assert mode_of("auto", Event(name="workflow_dispatch"), has_base=True) == "compare"


def test_an_unknown_mode_is_an_error_that_lists_the_others() -> None:
    with pytest.raises(UsageError, match=r"(?s)no mode.*auto, compare, run"):
        mode_of("measure", Event())


def test_a_merge_is_compared_with_what_everybody_else_has() -> None:
    event = Event(name="pull_request", commit=THREE, payload={"pull_request": {"base": {"sha": ONE}}})
    assert base_of(event, THREE, (TWO, ONE)) == TWO
    # Not GitHub's merge, but the pull request's own newest commit, which may be a merge as well.
    assert base_of(event, ONE, (TWO, THREE)) == ONE
    assert base_of(event, THREE, (TWO,)) == ONE


@pytest.mark.parametrize(
    ("name", "payload", "base"),
    [
        ("merge_group", {"merge_group": {"base_sha": TWO}}, TWO),
        ("push", {"before": TWO}, TWO),
        ("push", {"before": "0" * 40}, ""),
        ("schedule", {"before": TWO}, ""),
        ("pull_request", {}, ""),
        ("pull_request", {"pull_request": {"base": {"sha": "--upload-pack=touch pwned"}}}, ""),
        ("pull_request", {"pull_request": {"base": [ONE]}}, ""),
        ("pull_request", {"pull_request": {"base": {"sha": 7}}}, ""),
    ],
)
def test_the_payload_names_the_base(name: str, payload: dict[str, Any], base: str) -> None:
    assert base_of(Event(name=name, payload=payload), ONE, ()) == base


def test_the_event_is_read_from_the_runners_file(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"before": ONE}))
    env = {"GITHUB_EVENT_NAME": "push", "GITHUB_SHA": TWO, "GITHUB_EVENT_PATH": str(file)}
    assert event_of(env) == Event(name="push", commit=TWO, payload={"before": ONE})
    assert event_of({}) == Event()
    file.write_text("[1]")
    assert event_of(env).payload == {}
    file.write_text("{")
    with pytest.raises(UsageError, match="GITHUB_EVENT_PATH"):
        event_of(env)


@pytest.mark.parametrize(
    ("name", "payload", "mode", "base"),
    [
        ("pull_request", events.pull_request(), "compare", True),
        ("pull_request", events.pull_request(source=events.FORK), "compare", True),
        ("merge_group", events.merge_group(), "compare", True),
        ("push", events.push(), "run", False),
        ("workflow_dispatch", events.workflow_dispatch(), "run", False),
        ("workflow_run", events.workflow_run(), "report", False),
        ("issue_comment", events.issue_comment(), "run", False),
        ("a_new_event", {}, "run", False),
    ],
)
def test_the_events_that_github_publishes(
    tmp_path: Path, name: str, payload: dict[str, Any], mode: str, *, base: bool
) -> None:
    event = event_of(events.environment(tmp_path, name, payload))
    assert mode_of("auto", event) == mode
    assert bool(base_of(event, ONE, ())) is base
    assert event.commit == BASE


@pytest.mark.parametrize("odd", [True, -1, 0, "7", 1 << 60, None, 7.5, [7]])
def test_what_is_no_number_is_none(odd: Any) -> None:
    assert Event(payload={"workflow_run": {"id": odd}}).number_at("workflow_run", "id") == 0
    assert Event(payload={"workflow_run": {"id": 7}}).number_at("workflow_run", "id") == 7


def test_pull_request_target_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "perfreg.yml").write_text("test_scenarios: [{name: evil, type: command, run: touch evil}]\n")
    job = events.environment(tmp_path, "pull_request_target", events.pull_request())
    done = use(tmp_path, tmp_path / "temp", job)
    assert (done.code, done.outputs["status"]) == (2, "error")
    assert "with the rights of this repository" in done.annotations[0].message
    assert not (tmp_path / "evil").exists()
