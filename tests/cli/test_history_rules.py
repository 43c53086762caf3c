"""Decision rules and missing metrics, end to end. Functions return the figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.command_line import Done, called, read_result, verdicts, write_config


def scenario(name: str) -> dict[str, Any]:
    return {
        "name": name, "type": "function", "callable": f"probe:{name}", "test_type": "custom", "metric": "cost",
        "unit": "x", "direction": "lower", "test_iterations": 10, "warm_up_iterations": 0,
    }  # fmt: skip


class Project:
    """A directory whose scenarios cost what a test says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changes = 0

    def run(self, costs: dict[str, float], *arguments: str, **keys: Any) -> Done:
        # Python tells sources apart by size and second: each must have a length of its own.
        self.changes += 1
        functions = "".join(f"def {name}():\n    return {cost}\n" for name, cost in costs.items())
        (self.path / "probe.py").write_text(f"{functions}{'#' * self.changes}\n")
        write_config(self.path, *map(scenario, costs), **keys)
        return called("run", *arguments, cwd=self.path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    for cost in (1.0, 1.01, 0.99):
        assert made.run({"work": cost, "other": cost}, "--establish-baselines").code == 0
    return made


def test_the_rule_that_was_chosen_decides_and_is_confirmed(project: Project) -> None:
    history = {"rule": "ratio", "limit": 1.5}
    assert project.run({"work": 1.4, "other": 1.0}, history=history).code == 0
    found = verdicts(project.path)["work.cost"]
    assert (found["status"], found["method"]) == ("unchanged", "ratio")
    assert "1.41 times the run before (rule ratio, limit 1.5; 3 baseline runs), within the limit" in found["reason"]
    done = project.run({"work": 1.6, "other": 1.0}, history=history)
    assert done.code == 1
    assert "measuring again to be sure: work" in done.err
    assert verdicts(project.path)["work.cost"]["status"] == "regression"


def test_a_metric_may_have_a_rule_of_its_own(project: Project) -> None:
    metrics = {"other.*": {"rule": "percentage", "limit": 80}}
    assert project.run({"work": 1.7, "other": 1.7}, metrics=metrics).code == 1
    found = verdicts(project.path)
    assert (found["work.cost"]["method"], found["work.cost"]["status"]) == ("moderated-t", "regression")
    assert (found["other.cost"]["method"], found["other.cost"]["status"]) == ("percentage", "unchanged")


def test_a_rule_that_has_no_answer_warns_and_says_why(project: Project) -> None:
    assert project.run({"work": 1.7, "other": 1.0}, history={"rule": "mann_whitney"}).code == 0
    result = read_result(project.path)
    assert result["gate"]["status"] == "warn"
    assert "it needs 8 past runs and has 3" in verdicts(project.path)["work.cost"]["reason"]


@pytest.mark.parametrize(
    ("keys", "where"),
    [({"history": {"rule": "zz"}}, "history.rule"), ({"metrics": {"*": {"rule": "zz"}}}, "metrics.*.rule")],
)
def test_a_rule_that_nobody_knows_is_one_line(project: Project, keys: dict[str, Any], where: str) -> None:
    done = project.run({"work": 1.0}, **keys)
    assert done.code == 2
    (line,) = done.complaints
    assert where in line
    assert "no decision rule 'zz'" in line


def test_a_metric_that_is_no_longer_measured_warns_and_a_removed_scenario_is_a_note(project: Project) -> None:
    assert project.run({"work": 1.0, "other": 1.0}, "--scenario", "work").code == 0
    assert not any("no longer" in note for note in read_result(project.path)["notes"])
    assert project.run({"work": 1.0}).code == 0
    result = read_result(project.path)
    assert any("no longer configured: other" in note for note in result["notes"])
    assert result["gate"]["status"] == "pass"
