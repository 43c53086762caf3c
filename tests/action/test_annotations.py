"""Annotations: the worst first, no more than are shown, and where they belong."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import comparisons, results
from tests.support.payloads import PAYLOADS
from tests.support.strategies import poisoned

from perfreg.analysis.gate import GatePolicy, decide
from perfreg.cli.actions.annotations import Note, lines, of_error, of_result
from perfreg.cli.actions.places import Places, places
from perfreg.errors import ConfigError, Problem, UsageError
from perfreg.model.result import Gate, Result, Verdict

CONFIG = """\
base_url: http://127.0.0.1:1
test_scenarios:
  - {name: orders, type: api, endpoint: /orders}
  - type: api
    endpoint: /search
    name: search
metrics:
  "*.throughput": {warning: 5 req/s}
  "search.*": {critical: 50 ms}
"""


def verdict(**facts: object) -> Verdict:
    worse = next(each for each in results.VERDICTS if each.metric == "response_time_p95")
    return replace(worse, **facts)  # type: ignore[arg-type]


def judged(*verdicts: Verdict, policy: GatePolicy | None = None, doubts: tuple[str, ...] = ()) -> Result:
    return results.only(*verdicts, gate=decide(verdicts, policy or GatePolicy(), doubts))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "perfreg.yml").write_text(CONFIG, "utf-8")
    monkeypatch.chdir(tmp_path / "service")
    return tmp_path


def test_a_regression_tells_its_numbers_at_the_line_of_its_scenario(here: Path) -> None:
    (note,) = of_result(judged(verdict()), places("", {"GITHUB_WORKSPACE": str(here)}))
    assert note == Note(
        level="error",
        message="high regression of search.response_time_p95: +31.0 % [+27.2, +35.1], 41.23 ms became 54.01 ms "
        "(+31 %, 3.8 standard deviations from 12 baseline runs)",
        file="service/perfreg.yml",
        line="6",
    )


def test_a_broken_budget_is_told_at_its_own_line(here: Path) -> None:
    found = places("perfreg.yml", {"GITHUB_WORKSPACE": str(here)})
    (note,) = of_result(judged(verdict(budget="critical")), found)
    assert (note.file, note.line) == ("service/perfreg.yml", "9")
    # One that the file does not have comes from somewhere else, such as --thresholds.
    (note,) = of_result(judged(verdict(budget="critical", scenario="orders")), found)
    assert (note.file, note.line) == ("service/perfreg.yml", "3")


@pytest.mark.parametrize("text", ["", "[]", "test_scenarios: 7", "test_scenarios: [1, {name: [x]}]\nmetrics: []", "{"])
def test_where_the_configuration_is_of_no_use_there_is_no_place(here: Path, text: str) -> None:
    (here / "service" / "perfreg.yml").write_text(text, "utf-8")
    (note,) = of_result(judged(verdict(budget="critical")), places("", {"GITHUB_WORKSPACE": str(here)}))
    assert (note.file, note.line) == ("", "")
    assert places("nowhere.yml", {}).document is None


def test_a_file_outside_of_the_repository_has_no_place(here: Path) -> None:
    (note,) = of_result(judged(verdict()), places("", {"GITHUB_WORKSPACE": str(here / "elsewhere")}))
    assert (note.file, note.line) == ("", "")


def test_problems_of_the_configuration_stand_at_their_lines(here: Path) -> None:
    problems = (
        Problem(where="perfreg.yml:2", path="gate", message="is odd"),
        Problem(where="PERF_TEST_DURATION", path="", message="is no time"),
    )
    found = places("", {"GITHUB_WORKSPACE": str(here)})
    first, second = of_error(ConfigError(problems), found)
    assert (first.file, first.line) == ("service/perfreg.yml", "2")
    assert (second.file, second.line) == ("", "")
    (usage,) = of_error(UsageError("is odd", where="input 'mode': x:7"), found)
    assert (usage.file, usage.line) == ("", "")


def test_the_worst_comes_first_and_what_is_let_through_is_a_warning() -> None:
    mild, grave = verdict(metric="mild", severity="low"), verdict(metric="grave", severity="critical")
    doubtful = replace(verdict(metric="odd", severity=None), status="inconclusive")
    notes = list(of_result(judged(doubtful, mild, grave, doubts=("the runner was busy",)), Places()))
    assert [(note.level, note.message.partition(":")[0]) for note in notes] == [
        ("error", "critical regression of search.grave"),
        ("warning", "low regression of search.mild"),
        ("warning", "inconclusive"),
        ("warning", "the runner was busy"),
    ]
    assert all(note.level == "warning" for note in of_result(judged(doubtful, mild), Places()))


def test_a_doubt_is_an_error_where_it_fails_the_gate() -> None:
    doubtful = replace(verdict(severity=None), status="inconclusive")
    (note,) = of_result(judged(doubtful, policy=GatePolicy(fail_on_inconclusive=True)), Places())
    assert (note.level, note.message) == ("error", "inconclusive: search.response_time_p95")


def test_what_is_broken_says_why() -> None:
    notes = list(of_result(comparisons.every_verdict(), Places()))
    assert notes[0] == Note(level="error", message="import is broken: the command exited with 3")
    assert sum("import" in note.message for note in notes) == 1


def test_legs_that_are_missing_are_an_error_beside_any_other() -> None:
    gate = Gate(status="fail", reasons=("1 of 3 legs gave no result", "a doubt"), failed=("a.b",))
    assert [note.level for note in of_result(results.only(gate=gate), Places())] == ["error", "warning"]


def test_nothing_measured_is_an_error() -> None:
    assert [(note.level, note.message) for note in of_result(judged(), Places())] == [("error", "nothing was measured")]


def test_an_accepted_regression_is_a_warning() -> None:
    (note,) = of_result(judged(verdict(accepted="worth it")), Places())
    assert (note.level, note.message[:30]) == ("warning", "accepted regression of search.")


@pytest.mark.parametrize(("errors", "warnings"), [(10, 10), (11, 11), (300, 0), (0, 300), (3, 12)])
def test_of_each_level_there_are_ten_at_most_and_the_last_one_counts_the_rest(errors: int, warnings: int) -> None:
    notes = [
        *(Note(level="warning", message=f"w{number}") for number in range(warnings)),
        *(Note(level="error", message=f"e{number}") for number in range(errors)),
    ]
    shown = lines(notes)
    for level, number in (("error", errors), ("warning", warnings)):
        mine = [line for line in shown if line.startswith(f"::{level} ")]
        assert len(mine) == min(number, 10)
        assert f"{number - 9} more: see the summary" in mine[-1] if number > 10 else "more" not in str(mine)
    assert [line.partition(" ")[0] for line in shown] == sorted(line.partition(" ")[0] for line in shown)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_whatever_a_result_says_each_annotation_is_one_command(payload: str) -> None:
    for result in (poisoned(results.every_verdict(), payload), poisoned(comparisons.every_verdict(), payload)):
        found = replace(result, gate=Gate(status="fail", reasons=(payload, *result.gate.reasons)))
        for line in lines(of_result(found, Places())):
            assert re.fullmatch(r"::(error|warning) title=perfreg::[^\r\n\x1b]+", line)
