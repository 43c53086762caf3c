"""`perfreg judge history`: what it answers to good and bad files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.support.command_line import Done, called

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


@pytest.mark.parametrize("rate", ["0", "-1", "51", "nan", "often"])
def test_a_rate_of_false_alarms_is_a_percentage(tmp_path: Path, rate: str) -> None:
    done = _call(tmp_path, HEADER + "s,1,1\n", "--fa15", rate)
    assert done.code == 2
    assert "--fa15" in done.err
