"""`perfreg judge history`: what it answers to good and bad files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.support.command_line import Done, called

from perfreg.stats.rules.registry import RULES

HEADER = "series,run,value\n"


def _values(factor: float, *, sigma: float = 0.01, seed: int = 1) -> np.ndarray:
    values = 100 * np.exp(np.random.default_rng(seed).normal(0, sigma, 80))
    values[60:] *= factor
    return values


def _rows(name: str, values: np.ndarray, rest: str = "") -> str:
    return "".join(f"{name},{run},{value}{rest}\n" for run, value in enumerate(values))


def _call(directory: Path, text: str | bytes, *flags: str) -> Done:
    path = directory / "history.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return called("judge", "history", str(path), *flags, cwd=directory)


def _alarms(directory: Path, text: str, *flags: str) -> list[dict[str, object]]:
    done = _call(directory, text, "--format", "json", *flags)
    assert done.code == 0, done.err
    found: list[dict[str, object]] = json.loads(done.out)["alarms"]
    return found


def test_alarms_name_the_runs_as_the_file_does(tmp_path: Path) -> None:
    rows = "".join(f"search,v1.{run:03},{value}\n" for run, value in enumerate(_values(1.2)))
    (alarm,) = _alarms(tmp_path, HEADER + rows)
    assert set(alarm) == {"series", "raised_at", "located_at", "change_pct", "severity"}
    assert alarm["series"] == "search"
    assert alarm["located_at"] == "v1.060"
    assert alarm["raised_at"] == "v1.062"
    assert alarm["change_pct"] == pytest.approx(20, abs=3)
    assert alarm["severity"] == "critical"


def test_the_direction_column_decides_what_is_worse(tmp_path: Path) -> None:
    text = "run,direction,series,value\n" + "".join(
        f"{run},{direction},{direction or 'default'}{factor},{value}\n"
        for factor in (0.8, 1.2)
        for direction in ("lower", "higher", "none", "")
        for run, value in enumerate(_values(factor))
    )
    found = _alarms(tmp_path, text)
    assert {str(alarm["series"]) for alarm in found} == {"higher0.8", "lower1.2", "default1.2"}
    assert [float(str(alarm["change_pct"])) < 0 for alarm in found if alarm["series"] == "higher0.8"] == [True]


def test_improvements_are_listed_when_asked_for(tmp_path: Path) -> None:
    text = HEADER + _rows("faster", _values(0.8))
    assert _alarms(tmp_path, text) == []
    done = _call(tmp_path, text, "--improvements", "--format", "json")
    (better,) = json.loads(done.out)["improvements"]
    assert better["located_at"] == "60"
    assert "1 other lasting change" in _call(tmp_path, text, "--improvements").out


def test_text_has_a_line_for_each_alarm(tmp_path: Path) -> None:
    done = _call(tmp_path, HEADER + _rows("slower\x1b[31m", _values(1.2)) + _rows("same", _values(1.0)))
    assert done.code == 0
    first, total = done.out.splitlines()
    assert first.startswith("critical  slower")
    assert "since 60, seen at 62" in first
    assert "\x1b" not in first
    assert total == "1 alarm"


def test_series_may_be_interleaved_and_runs_missing(tmp_path: Path) -> None:
    one, two = _values(1.2), _values(1.2, seed=2)
    rows = [(f"{name},{run},{value}\n") for run in range(80) for name, value in (("one", one[run]), ("two", two[run]))]
    del rows[21], rows[50]
    assert [(alarm["series"], alarm["located_at"]) for alarm in _alarms(tmp_path, HEADER + "".join(rows))] == [
        ("one", "60"),
        ("two", "60"),
    ]


@pytest.mark.parametrize("label", ["{}", "2024-01-{:03}", "{:x}", "same"])
def test_labels_of_runs_may_be_anything(tmp_path: Path, label: str) -> None:
    rows = [f"s{i},{label.format(run)},{v}\n" for i in range(6) for run, v in enumerate(_values(1.2, seed=i + 1))]
    assert len(_alarms(tmp_path, HEADER + "".join(rows))) == 6


def test_companions_are_found_by_their_runs_and_can_be_ignored(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    machine = 0.25 * chance.integers(0, 2, 80)
    logs = machine[:, None] + chance.normal(0, 0.02, (80, 8))
    logs[60:, 0] += np.log(1.08)
    text = HEADER + "".join(_rows(f"s{i}", np.exp(column)) for i, column in enumerate(logs.T))
    (alarm,) = _alarms(tmp_path, text)
    assert (alarm["series"], int(str(alarm["raised_at"])) < 65) == ("s0", True)
    alone = _alarms(tmp_path, text, "--no-common-mode")
    assert not any(each["series"] == "s0" and int(str(each["raised_at"])) < 65 for each in alone)


@pytest.mark.parametrize(
    "rows",
    ["s,1,5\n", "s,1,5\n" * 60, "".join(f"s,{i},0\n" for i in range(60)), "s,1,-3\ns,2,\ns,3,7\n", "s,1,\n"],
    ids=["one run", "constant", "zeros", "negative and missing", "missing"],
)
def test_little_or_odd_data_raises_no_alarm(tmp_path: Path, rows: str) -> None:
    assert _alarms(tmp_path, HEADER + rows) == []


def test_values_without_a_ratio_are_warned_of(tmp_path: Path) -> None:
    done = _call(tmp_path, HEADER + "zero,1,0\nzero,2,-1\nhalf,1,0\nhalf,2,3\n")
    assert done.complaints == [
        "perfreg: warning: zero is not judged: none of its values is above zero, so they have no ratio",
        "perfreg: warning: half passes over 1 of 2 runs: they are not above zero, so they have no ratio",
    ]
    assert done.code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "history.csv:1: has no column 'series'"),
        (HEADER, "history.csv: has no runs"),
        ("series,run\ns,1\n", "history.csv:1: has no column 'value'"),
        (HEADER + "s,1,2\ns,2,fast\n", "history.csv:3: value is 'fast' and no number"),
        (HEADER + "s,1,nan\n", "history.csv:2: value is 'nan'"),
        (HEADER + "s,1,1\ns,2,-inf\n", "history.csv:3: value is '-inf'"),
        (HEADER + "s,1\n", "history.csv:2: has 2 fields"),
        ("series,run,value,direction\ns,1,2,down\n", "history.csv:2: direction is 'down'"),
        ("series,run,value,direction\ns,1,2,lower\ns,2,2,higher\n", "history.csv:3: direction is 'higher', but lower"),
        (b"\xff\xfe\x00bad", "is no CSV"),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path: Path, text: str | bytes, words: str) -> None:
    done = _call(tmp_path, text)
    assert (done.code, done.out, len(done.complaints)) == (2, "", 1)
    assert words in done.complaints[0]


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ('s,"a\nb",1\n\ns,2,fast\n', "history.csv:5: value is 'fast'"),
        ("s,1,fast\ns,2\n", "history.csv:2: value is 'fast'"),
        ("".join(f"s,{run},1\n" for run in range(450)) + "s,450\n", "history.csv:452: has 2 fields"),
        ("".join(f"s,{run},1\n" for run in range(450)) + "s,450,fast\n", "history.csv:452: value is 'fast'"),
    ],
    ids=["lines in fields", "the first of two", "few fields far below", "no number far below"],
)
def test_the_line_of_an_error_is_the_one_of_the_file(tmp_path: Path, rows: str, where: str) -> None:
    done = _call(tmp_path, HEADER + rows)
    assert done.code == 2
    assert where in done.err


@pytest.mark.parametrize("rate", ["0", "-1", "51", "nan", "often"])
def test_a_rate_of_false_alarms_is_a_percentage(tmp_path: Path, rate: str) -> None:
    done = _call(tmp_path, HEADER + "s,1,1\n", "--fa15", rate)
    assert done.code == 2
    assert "--fa15" in done.err


@pytest.mark.parametrize("rule", sorted(RULES))
def test_each_rule_can_be_chosen(tmp_path: Path, rule: str) -> None:
    text = HEADER + _rows("slower", _values(3.0)) + _rows("same", np.full(80, 100.0))
    alarms = _alarms(tmp_path, text, "--rule", rule)
    assert {str(alarm["series"]) for alarm in alarms} == {"slower"}
    (seen,) = [alarm for alarm in alarms if float(str(alarm["change_pct"])) > 100]
    assert 60 <= int(str(seen["raised_at"])) < 72
    assert int(str(seen["located_at"])) == int(str(seen["raised_at"])) + 1 - (RULES[rule].recent or 1)


def test_a_rule_obeys_the_direction_and_tells_a_change_once(tmp_path: Path) -> None:
    values = _values(0.5)
    text = "series,run,value,direction\n" + _rows("rate", values, ",higher") + _rows("time", values, ",lower")
    done = _call(tmp_path, text, "--rule", "z", "--improvements", "--format", "json")
    found = json.loads(done.out)
    for kind, series in (("alarms", "rate"), ("improvements", "time")):
        large = [each for each in found[kind] if each["change_pct"] < -30]
        assert [(each["series"], each["raised_at"]) for each in large] == [(series, "60")]


@pytest.mark.parametrize("rows", ["s,1,5\n", "s,1,0\n" * 40, "s,1,-3\ns,2,\n"])
def test_a_rule_without_an_answer_raises_no_alarm(tmp_path: Path, rows: str) -> None:
    for rule in RULES:
        assert _alarms(tmp_path, HEADER + rows, "--rule", rule) == []


def test_an_unknown_rule_is_one_line_that_lists_the_known_ones(tmp_path: Path) -> None:
    done = _call(tmp_path, HEADER + "s,1,1\n", "--rule", "zz")
    assert (done.code, done.out, len(done.complaints)) == (2, "", 1)
    assert "--rule: there is no decision rule 'zz'" in done.complaints[0]
    assert all(rule in done.complaints[0] for rule in RULES)


def test_a_rule_has_no_rate_of_false_alarms(tmp_path: Path) -> None:
    done = _call(tmp_path, HEADER + "s,1,1\n", "--rule", "z", "--fa15", "1")
    assert (done.code, len(done.complaints)) == (2, 1)
    assert "--fa15: does not go with --rule" in done.complaints[0]
