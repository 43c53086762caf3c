from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from tests.support.markdown import flat, parser, shown
from tests.support.strategies import hostile_text

from perfreg.report.escape import html_pre, inert, markdown_code, markdown_text, visible, visible_lines

TABLE = "| a | b |\n|---|---|\n"


@given(hostile_text)
def test_visible_text_moves_no_cursor_and_hides_nothing(text: str) -> None:
    seen = visible(text)
    assert not {unicodedata.category(char) for char in seen} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_visible_text_shows_what_was_there() -> None:
    assert visible("plain é 漢 😀") == "plain é 漢 😀"
    assert visible("a\x1b[31m\u202eb\n\udc80\U000e0041") == "a\\x1b[31m\\u202eb\\n\\udc80\\U000e0041"


def test_long_text_is_cut() -> None:
    assert visible("x" * 300) == "x" * 200 + "…"
    assert visible("x" * 200) == "x" * 200


def test_lines_keep_their_indentation() -> None:
    assert visible_lines("a\r\n\tb\x1b\n\n") == ("a", "    b\\x1b")


@given(hostile_text)
def test_no_line_is_a_command(text: str) -> None:
    safe = inert(text)
    assert not any(line.strip().startswith("::") for line in safe.splitlines())
    assert not re.search(r"##\w*\[", safe)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("::error::x", "\\::error::x"),
        ("ok\n  ::set-output name=a::b", "ok\n  \\::set-output name=a::b"),
        ("\x1b[1m::warning::x", "\x1b[1m\\::warning::x"),
        ("see ##vso[task.complete] and ##[error]", "see #\\#vso[task.complete] and #\\#[error]"),
        ("a::text and # heading ## two", "a::text and # heading ## two"),
    ],
)
def test_commands_are_defused_and_nothing_else(text: str, expected: str) -> None:
    assert inert(text) == expected


@given(hostile_text)
def test_a_sentence_reads_back_as_plain_words(text: str) -> None:
    text = visible(text)
    tokens = parser().parse(f"- said: {markdown_text(text)}")
    assert [token.type for token in tokens] == _item()
    inline = tokens[3].children
    assert {token.type for token in inline or ()} <= {"text", "text_special", "code_inline"}
    assert shown(inline) == f"said: {text.strip(' ')}".strip()


@given(hostile_text)
def test_a_sentence_at_the_start_of_an_item_starts_nothing_else(text: str) -> None:
    if not visible(text).strip():
        return
    tokens = parser().parse(f"- {markdown_text(visible(text))}")
    assert [token.type for token in tokens] == _item()
    assert shown(tokens[3].children).strip() == visible(text).strip()


def _item() -> list[str]:
    inner = ["paragraph_open", "inline", "paragraph_close"]
    return ["bullet_list_open", "list_item_open", *inner, "list_item_close", "bullet_list_close"]


@given(hostile_text)
def test_a_sentence_stays_in_its_cell(text: str) -> None:
    text = visible(text)
    cells = _cells(f"{TABLE}| x{markdown_text(text, cell=True)} | end |")
    assert len(cells) == 4
    assert _odd(cells[2]) == _odd(f"x{text.strip(' ')}".strip())
    assert cells[3] == "end"


@given(hostile_text)
def test_code_reads_back_exactly(text: str) -> None:
    text = visible(text)
    tokens = parser().parse(f"- a {markdown_code(text)} b")
    assert [token.type for token in tokens] == _item()
    inline = tokens[3].children or []
    assert {token.type for token in inline} <= {"text", "code_inline"}
    if text:
        assert [token.content for token in inline if token.type == "code_inline"] == [text]


@given(hostile_text)
def test_code_stays_in_its_cell(text: str) -> None:
    text = visible(text)
    cells = _cells(f"{TABLE}| {markdown_code(text, cell=True)} | end |")
    assert len(cells) == 4
    assert _odd(cells[2].strip()) == _odd(text.strip())
    assert cells[3] == "end"


def _cells(document: str) -> list[str]:
    return [shown(token.children) for token in parser().parse(document) if token.type == "inline"]


def _odd(text: str) -> str:
    """Backslashes before a pipe may be doubled to please every parser."""
    return re.sub(r"\\+\|", r"\\|", text)


@pytest.mark.parametrize("backslashes", range(5))
def test_an_odd_number_of_backslashes_escapes_a_pipe_for_every_parser(backslashes: int) -> None:
    escaped = markdown_code("\\" * backslashes + "|", cell=True)
    found = re.search(r"\\+(?=\|)", escaped)
    assert found is not None
    assert len(found[0]) % 2 == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+31 %, 3.8 standard deviations", "+31 %, 3.8 standard deviations"),
        ("1 of 412 failed", "1 of 412 failed"),
        ("search.response_time_p95 regressed", "search.response_time_p95 regressed"),
        ("mail a@b.example, now", "mail `a@b.example`, now"),
        ("from http://127.0.0.1:8000/x: refused", "from `http://127.0.0.1:8000/x`: refused"),
        ("fixes #12 and GH-7 for @admin", "fixes `#12` and `GH-7` for `@admin`"),
        ("a*b* [x] _y_ <b>", "a\\*b\\* \\[x\\] \\_y\\_ &lt;b&gt;"),
        ("1. one", "1\\. one"),
        ("- item", "\\- item"),
        (":tada: $1$ !5", "`:tada:` `$1$` `!5`"),
    ],
)
def test_sentences_stay_readable(text: str, expected: str) -> None:
    assert markdown_text(text) == expected


@given(hostile_text)
def test_preformatted_text_is_one_block_on_one_line(text: str) -> None:
    block = html_pre(visible_lines(text))
    assert "\n" not in block
    assert [token.type for token in flat(f"{block}\n\nend")] == ["html_block", *_paragraph()]
    assert re.findall(r"<[^>]*>", block) == ["<pre>", "</pre>"]


def _paragraph() -> list[str]:
    return ["paragraph_open", "inline", "text", "paragraph_close"]
