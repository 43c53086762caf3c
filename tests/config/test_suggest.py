"""What somebody probably meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.config.models import Config
from perfreg.config.suggest import closest, did_you_mean


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("concurent_users", "concurrent_users"),
        ("Test_Duration", "test_duration"),
        ("scenarios", "test_scenarios"),
        ("production_url", "base_url"),
        ("enviroments", "environments"),
        ("zzz", None),
    ],
)
def test_the_closest_key_of_the_configuration(written: str, meant: str | None) -> None:
    assert closest(written, Config.model_fields) == meant


def test_without_a_guess_everything_known_is_listed() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("zzz", []) == ""
    assert did_you_mean("ap", ["api"]) == "did you mean 'api'?"
    assert did_you_mean("zzz", [f"key{number:03}" for number in range(99)]).endswith("key039, …")


@given(st.text(), st.lists(st.text()))
def test_a_guess_is_a_known_word(word: str, known: list[str]) -> None:
    guess = closest(word, known)
    assert guess is None or guess in known
    if word in known and len(word) <= 100 and word == word.lower():
        assert guess is not None
        assert guess.lower() == word
