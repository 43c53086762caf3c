"""Texts of strangers can neither forge a workflow command nor escape from an output."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.cli import workflow_commands as github

HOSTILE = "100 %\r\n::error file=x,line=1::forged"


def test_an_annotation_is_one_line_whatever_it_says() -> None:
    line = github.annotation("error", HOSTILE, file="a:b,c\n.yml", line="3")
    expected = "::error title=perfreg,file=a%3Ab%2Cc\\n.yml,line=3::100 %25%0A\\::error file=x,line=1::forged"
    assert line == expected


def test_an_annotation_without_a_place_has_only_a_title() -> None:
    assert github.annotation("warning", "slow") == "::warning title=perfreg::slow"


@given(st.text())
def test_an_output_ends_where_its_own_mark_stands(value: str) -> None:
    first, *body, last, rest = github.output("name", value).split("\n")
    assert first == f"name<<{last}"
    assert "\n".join(body) == value
    assert last not in value
    assert not rest


def test_marks_are_never_the_same() -> None:
    assert github.output("a", "b") != github.output("a", "b")


@pytest.mark.parametrize("line", ["| row |\n", "| größe → 🐢 |\n"])
def test_a_long_summary_is_cut_at_a_line_and_says_so(line: str) -> None:
    whole = line * (github.SUMMARY_LIMIT // len(line.encode()) + 1)
    cut = github.summary(whole)
    assert len(cut.encode()) <= github.SUMMARY_LIMIT
    assert len(cut.encode()) > github.SUMMARY_LIMIT - 200
    kept, _, words = cut.partition("\n\n")
    assert set(kept.splitlines()) == {line.rstrip()}
    assert "cut" in words


def test_what_is_cut_within_a_fold_is_said_outside_of_it() -> None:
    folded = "<details><summary>All</summary>\n\n" + "| row |\n" * (github.SUMMARY_LIMIT // 8) + "\n</details>\n"
    cut = github.summary(f"# verdict\n\n<details><summary>a</summary>\n\nb\n</details>\n\n{folded}")
    assert len(cut.encode()) <= github.SUMMARY_LIMIT
    assert cut.endswith("| row |\n\n</details>\n\n… cut here: the artifact has the whole report.\n")


def test_a_short_summary_is_left_alone() -> None:
    assert github.summary("# short\n") == "# short\n"


def test_commands_are_stopped_with_a_token_nobody_can_guess(capsys: pytest.CaptureFixture[str]) -> None:
    tokens = set()
    for _ in range(2):
        with github.commands_stopped():
            print("::error::forged", end="")
        first, middle, last = capsys.readouterr().out.split("\n")[:3]
        token = first.removeprefix("::stop-commands::")
        assert middle == "::error::forged"
        assert last == f"::{token}::"
        assert len(token) >= 32
        tokens.add(token)
    assert len(tokens) == 2


def test_commands_are_resumed_after_a_crash(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), github.commands_stopped():
        raise KeyError
    first, *_, last, rest = capsys.readouterr().out.split("\n")
    assert last == f"::{first.removeprefix('::stop-commands::')}::"
    assert not rest
