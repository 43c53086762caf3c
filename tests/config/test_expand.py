"""Variables in values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.config.expand import ExpansionError, Reference, expand, expand_all

ENV = {"HOST": "db.local", "EMPTY": "", "TRICK": "a: ${HOST} # [b]"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://${HOST}:${PORT:-80}/", "http://db.local:80/"),
        ("${EMPTY}", ""),
        ("${EMPTY:-x}", "x"),
        ("${HOST:-x}", "db.local"),
        ("${NONE:-}", ""),
        ("${NONE:-a b:-c$d}", "a b:-c$d"),
        ("$${HOST} and $$${HOST}", "${HOST} and $${HOST}"),
        ("$HOST $ {HOST} {port} $$", "$HOST $ {HOST} {port} $$"),
        ("${TRICK}", "a: ${HOST} # [b]"),
    ],
)
def test_references_are_filled_in(text: str, expected: str) -> None:
    assert expand(text, ENV) == expected


@pytest.mark.parametrize("text", ["${}", "${HOST", "${1A}", "${A-b}", "${A:?no}", "${ HOST }", "${A.b}", "x ${"])
def test_what_starts_no_reference_is_an_error(text: str) -> None:
    with pytest.raises(ExpansionError, match="starts no reference") as caught:
        expand(text, ENV)
    assert "$${" in caught.value.hint


def test_an_unset_variable_is_an_error_that_names_it() -> None:
    with pytest.raises(ExpansionError, match=r"\$\{TOKEN\} is not set") as caught:
        expand("Bearer ${TOKEN}", ENV)
    assert caught.value.hint == "set TOKEN, or write ${TOKEN:-default}"


def test_only_values_are_expanded_and_what_was_written_is_kept() -> None:
    data = {"${HOST}": ["${HOST}", 1, {"a": "$${"}], "shell": "${HOST}", "bad": "${NONE}"}
    expansion = expand_all(data, ENV, skip=lambda path: path == ("shell",))
    assert expansion.data == {"${HOST}": ["db.local", 1, {"a": "${"}], "shell": "${HOST}", "bad": "${NONE}"}
    assert expansion.references[("${HOST}", 0)] == Reference("${HOST}", ("db.local",))
    assert list(expansion.failures) == [("bad",)]


@given(st.text())
def test_text_without_references_stays_as_it_is(text: str) -> None:
    if "${" not in text:
        assert expand(text, {}) == text


@given(st.text())
def test_a_value_is_taken_literally(value: str) -> None:
    assert expand("<${A}|${A:-x}>", {"A": value}) == f"<{value}|{value or 'x'}>"


@given(st.text())
def test_any_text_can_be_written(text: str) -> None:
    escaped = text.replace("${", "$${")
    assert expand(escaped, {}) == text
