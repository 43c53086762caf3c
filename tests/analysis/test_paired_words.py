from __future__ import annotations

import math
from dataclasses import replace

import pytest

from perfreg.analysis.paired_words import change, finding, interval, sentence
from perfreg.stats.sequential import Look

LOOK = Look(
    n=12,
    change=math.log(1.048),
    low=math.log(1.021),
    high=math.log(1.074),
    p_slower=0.001,
    p_faster=1.0,
    p_not_slower=1.0,
    p_not_faster=0.001,
    sigma=0.01,
    detectable=math.log(1.03),
)
FLOOR = math.log(1.02)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1.048, "+4.8 %"),
        (0.95, "-5 %"),
        (1.5, "+50 %"),
        (0.5, "-50 %"),
        (30.0, "x 30"),
        (1.0, "+0 %"),
        (1.2345, "+23.4 %"),
    ],
)
def test_changes_are_percentages_and_factors(factor: float, words: str) -> None:
    assert change(math.log(factor)) == words


def test_nothing_overflows() -> None:
    assert change(1e9).startswith("x ")
    assert change(-1e9) == "-100 %"


def test_missing_bounds_are_any() -> None:
    assert interval(LOOK) == "[+2.1 %, +7.4 %]"
    assert interval(replace(LOOK, low=-math.inf, high=math.inf)) == "[any, any]"


def test_one_round_is_one_round() -> None:
    assert finding(replace(LOOK, n=1), "round").endswith("in 1 round")
    assert finding(LOOK, "pair") == "+4.8 % [+2.1 %, +7.4 %] in 12 pairs"


@pytest.mark.parametrize(
    ("look", "status", "effect", "words"),
    [
        (LOOK, "regression", FLOOR, "all of it beyond the minimum effect of 2 %"),
        (LOOK, "regression", 0.0, "more than chance"),
        (LOOK, "improvement", FLOOR, "all of it beyond the minimum effect of 2 %"),
        (LOOK, "unchanged", FLOOR, "too small to matter, as it lies within the minimum effect of 2 %"),
        (replace(LOOK, low=0.0, high=0.0), "unchanged", FLOOR, "both sides are equal in all of 12 rounds"),
        (replace(LOOK, low=math.log(1.001)), "inconclusive", FLOOR, "more than chance, but it may be less than"),
        (replace(LOOK, low=-0.01), "inconclusive", FLOOR, "changes of 3 % and more would have shown"),
        (replace(LOOK, low=-0.01), "inconclusive", 0.0, "changes of 3 % and more would have shown"),
        (replace(LOOK, n=5), "inconclusive", FLOOR, "5 rounds: at least 8 are needed"),
        (
            replace(LOOK, low=-math.inf, high=math.inf, detectable=math.inf),
            "inconclusive",
            FLOOR,
            "too few to exclude chance",
        ),
    ],
)
def test_sentences_say_why(look: Look, status: str, effect: float, words: str) -> None:
    assert words in sentence(look, status=status, effect=effect, unit="round")
