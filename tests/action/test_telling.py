"""What the Action publishes: at a GitHub that is held to the published description of its interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.action.conftest import ROOT
from tests.action.test_report import leg
from tests.support.composite import Composite, Job
from tests.support.github import events
from tests.support.github.hub import TOKEN, github
from tests.support.github.hub import GitHub as Hub

from perfreg.cli.actions.telling import News, arguments, is_leg
from perfreg.errors import UsageError

Gather = Callable[..., Job]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with github() as hub:
        hub.pull(42)
        yield hub


@pytest.fixture
def gather(hub: Hub, runner_temp: Path, environment: dict[str, str], tmp_path: Path) -> Gather:
    """The sub-action in a job of a pull request."""
    temp, work = tmp_path / "temp", tmp_path / "work"
    for folder in (temp / "perfreg-legs", work):
        folder.mkdir(parents=True)
    for installed in runner_temp.glob("perfreg-*"):
        (temp / installed.name).symlink_to(installed)
    job = events.environment(tmp_path, "pull_request", events.pull_request(), GITHUB_API_URL=hub.url, NO_PROXY="*")
    return Composite(ROOT / "report/action.yml", temp=temp, workspace=work, env={**environment, **job}).run


def test_a_regression_is_on_the_pull_request_before_the_step_fails(gather: Gather, hub: Hub, tmp_path: Path) -> None:
    leg(tmp_path / "temp" / "perfreg-legs", "perfreg-perf-0-1-0a0a0a", "fail")
    job = gather(legs="1", token=TOKEN, issue="false")
    assert job.code == 1, job.log
    (body,) = hub.bodies()
    assert "search" in body
    assert job.outputs["comment-id"].isdecimal()
    assert job.outputs["comment-url"].endswith(job.outputs["comment-id"])
    assert TOKEN not in job.log


def test_a_host_that_refuses_changes_no_verdict(gather: Gather, hub: Hub, tmp_path: Path) -> None:
    leg(tmp_path / "temp" / "perfreg-legs", "perfreg-perf-0-1-0a0a0a")
    job = gather(legs="1", token="not-the-token")
    assert job.code == 0, job.log
    assert job.outputs["comment-id"] == ""
    assert "warning" in job.log
    assert not hub.bodies()


@pytest.mark.parametrize(
    ("inputs", "leg", "line"),
    [
        ({}, False, ["publish", "--outdate"]),
        ({}, True, []),
        ({"comment": "never"}, True, ["publish", "--comment=never", "--outdate"]),
        ({"key": "api", "labels": "false", "issue": "true"}, False,
         ["publish", "--key=api", "--no-labels", "--issue", "--outdate"]),
    ],
)  # fmt: skip
def test_inputs_become_flags(inputs: dict[str, str], leg: bool, line: list[str]) -> None:
    assert arguments(News(is_leg=leg), inputs) == line


@pytest.mark.parametrize(
    ("record", "total", "leg"),
    [("", "", False), ("", "1", False), ("true", "1", False), ("", "3", True), ("false", "1", True)],
)
def test_a_leg_is_one_of_several_or_leaves_its_run_to_others(record: str, total: str, leg: bool) -> None:
    assert is_leg({"record": record}, {"PERFREG_JOB_TOTAL": total}) is leg


def test_a_switch_is_true_or_false() -> None:
    with pytest.raises(UsageError, match="labels"):
        arguments(News(), {"labels": "perf"})
