"""Annotations and outputs: whatever a name holds, it is shown and does nothing."""

from __future__ import annotations

import re
import unicodedata

import pytest
from tests.support.payloads import PAYLOADS

from perfreg.cli import workflow_commands as github
from perfreg.report.escape import inert, visible, visible_lines


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_annotation_stays_one_line_and_one_command(payload: str) -> None:
    line = github.annotation("error", payload, file=payload, line=payload)
    assert "\n" not in line
    assert "\r" not in line
    found = re.fullmatch(r"::error title=perfreg,file=([^:,]*),line=([^:,]*)::(.*)", line, re.DOTALL)
    assert found is not None
    assert not [char for char in line if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")]
    assert not re.search(r"##\w*\[", line)
    name = inert(visible(payload))
    assert [_read(text) for text in found.groups()] == [name, name, inert("\n".join(visible_lines(payload)))]


def _read(text: str) -> str:
    """As the runner does."""
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_output_ends_where_it_should(payload: str) -> None:
    first, *lines = github.output("name", payload).split("\n")
    name, _, mark = first.partition("<<")
    assert (name, lines[-2:]) == ("name", [mark, ""])
    assert "\n".join(lines[:-2]) == payload
    assert mark not in payload
