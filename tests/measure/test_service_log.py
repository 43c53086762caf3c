"""Logs are hostile text of any size."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfreg.measure.service_log import LogSearch, clean, tail


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain ümlaut 漢字 😀", "plain ümlaut 漢字 😀"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\tb", "a b"),
        ("bell\x07 null\x00", "bell\ufffd null\ufffd"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("two\u2028lines\x85more", "two\ufffdlines\ufffdmore"),
        ("x ##[error]fake", "x # #[error]fake"),
        ("##vso[task.complete]", "# #vso[task.complete]"),
    ],
)
def test_a_line_becomes_printable(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_an_unfinished_escape_sequence_leaves_no_escape() -> None:
    assert "\x1b" not in clean("\x1b") + clean("\x1b[") + clean("\x1b[38;5") + clean("\x1b]never ended")


def test_the_tail_has_the_last_lines_that_say_something(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(b"line %d\r\n\r\n" % number for number in range(50)) + b"no end")
    assert tail(log, 3) == ("line 48", "line 49", "no end")


def test_the_tail_of_a_huge_log_is_short(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("wb") as file:
        file.truncate(20_000_000_000)  # sparse: it would not fit into memory
        file.seek(0, 2)
        file.write(b"\n\xff\xfe the end\n")
    assert tail(log)[-1] == "\ufffd\ufffd the end"
    assert all(len(line) <= 300 for line in tail(log))


def test_a_huge_line_is_cut(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * 1_000_000)
    assert tail(log) == ("x" * 299 + "…",)


def test_a_missing_log_has_no_tail(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log") == ()


def test_a_search_follows_the_log_as_it_grows(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    search = LogSearch(log, re.compile(r"^ready: \d+$"))
    assert not search.found()
    with log.open("ab", buffering=0) as file:
        file.write(b"not ready: 1\nrea")
        assert not search.found()
        file.write(b"dy: 8\r\n")
        assert search.found()
        assert not search.found()


def test_a_search_sees_a_prompt_without_an_end_of_line(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"\x1b[32mlistening")
    assert LogSearch(log, re.compile("^listening$")).found()


def test_the_tail_may_begin_where_something_else_ended(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"before\nafter\n")
    assert tail(log, since=len("before\n")) == ("after",)
