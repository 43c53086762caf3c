"""`perfreg judge pairs`: what it answers to good and bad files."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tests.support.command_line import called

HEADER = "series,pair,base,head,order\n"


def _pairs(name: str, factor: float, *, count: int = 24, noise: float = 0.01, seed: int = 1) -> str:
    """Lines of a series whose head takes ``factor`` times as long, in random order."""
    coin = random.Random(seed)
    lines = []
    for number in range(count):
        base, head = (0.02 * (1 + noise * coin.random()) for _ in range(2))
        lines.append(f"{name},{number},{base},{head * factor},{coin.choice(('AB', 'BA'))}\n")
    return "".join(lines)


def _file(directory: Path, text: str) -> Path:
    path = directory / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def _judge(directory: Path, text: str, *flags: str) -> list[dict[str, object]]:
    done = called("judge", "pairs", str(_file(directory, text)), "--format", "json", *flags, cwd=directory)
    assert done.code == 0, done.err
    found: list[dict[str, object]] = json.loads(done.out)["verdicts"]
    return found


def test_slower_faster_and_equal_series_are_told_apart(tmp_path: Path) -> None:
    text = HEADER + _pairs("slow", 1.1) + _pairs("fast", 0.9) + _pairs("same", 1.0)
    slow, fast, same = _judge(tmp_path, text)
    assert [each["status"] for each in (slow, fast, same)] == ["regression", "improvement", "unchanged"]
    assert slow["series"] == "slow"
    assert isinstance(slow["ci_low_pct"], float)
    assert slow["ci_low_pct"] > 2
    assert slow["pairs_used"] == 8
    assert set(slow) == {"series", "status", "change_pct", "ci_low_pct", "ci_high_pct", "pairs_used", "reason"}


def test_higher_may_be_better(tmp_path: Path) -> None:
    (verdict,) = _judge(tmp_path, HEADER + _pairs("throughput", 1.1), "--direction", "higher")
    assert verdict["status"] == "improvement"


def test_the_minimum_effect_decides_what_matters(tmp_path: Path) -> None:
    text = HEADER + _pairs("search", 1.03, noise=0.002)
    assert _judge(tmp_path, text, "--min-effect", "2%")[0]["status"] == "regression"
    assert _judge(tmp_path, text, "--min-effect", "5%")[0]["status"] == "unchanged"
    assert _judge(tmp_path, text, "--min-effect", "0")[0]["status"] == "regression"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("a,1,1,2,AB\n", "1 pair: at least 8 are needed"),
        ("a,1,0,2,AB\n" * 9, "pair 1 holds 0: only positive values have a ratio"),
        ("a,1,1,-2,AB\n" * 9, "pair 1 holds -2"),
        ("a,1,1,2,AB\n" * 8 + "a,9,nan,2,AB\n", "pair 9 holds a value that is no finite number"),
        ("a,1,1,,AB\n" * 9, "a failed measurement is no fast one"),
        ("a,1,1e999,1,AB\n" * 9, "no finite number"),
    ],
)
def test_what_has_no_ratio_is_inconclusive_and_says_why(tmp_path: Path, lines: str, reason: str) -> None:
    (verdict,) = _judge(tmp_path, HEADER + lines)
    assert verdict["status"] == "inconclusive"
    assert reason in str(verdict["reason"])


def test_equal_sides_are_unchanged_even_without_a_minimum_effect(tmp_path: Path) -> None:
    (verdict,) = _judge(tmp_path, HEADER + "a,1,3,3,AB\n" * 9, "--min-effect", "0")
    assert (verdict["status"], verdict["change_pct"]) == ("unchanged", 0.0)


def test_a_fixed_order_is_doubted(tmp_path: Path) -> None:
    (verdict,) = _judge(tmp_path, HEADER + "a,1,3,4,AB\n" * 9)
    assert "base was always measured first" in str(verdict["reason"])


def test_constant_values_that_differ_are_a_regression(tmp_path: Path) -> None:
    (verdict,) = _judge(tmp_path, HEADER + "a,1,3,4,AB\na,2,3,4,BA\n" * 5)
    assert verdict["status"] == "regression"


@pytest.mark.parametrize(
    ("text", "flags", "complaint"),
    [
        ("", (), "pairs.csv:1: has no column 'series'"),
        (HEADER, (), "pairs.csv: has no pairs"),
        ("series,pair,base\n", (), "pairs.csv:1: has no column 'head'"),
        (HEADER + "a,1,fast,2,AB\n", (), "pairs.csv:2: base is 'fast' and no number"),
        (HEADER + "a,1,1,2,XY\n", (), "pairs.csv:2: order is 'XY', neither AB (base first) nor BA"),
        (HEADER + "a,1\n", (), "pairs.csv:2: has 2 fields, the header needs 4"),
        (HEADER + "a,1,1,2,AB\n", ("--min-effect", "-1"), "--min-effect"),
        (HEADER + "a,1,1,2,AB\n", ("--confidence", "2"), "--confidence"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    tmp_path: Path, text: str, flags: tuple[str, ...], complaint: str
) -> None:
    done = called("judge", "pairs", str(_file(tmp_path, text)), *flags, cwd=tmp_path)
    assert done.code == 2
    assert complaint in done.err
    assert len(done.err.splitlines()) == 1


def test_text_for_people_ends_with_a_count(tmp_path: Path) -> None:
    path = _file(tmp_path, HEADER + _pairs("slow", 1.1) + _pairs("same", 1.0))
    done = called("judge", "pairs", str(path), cwd=tmp_path)
    assert "regression    slow: +1" in done.out
    assert done.out.endswith("2 series: 1 regression, 1 unchanged\n")
