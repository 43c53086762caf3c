"""What a step says to GitHub's runner: annotations on its output, and the files of outputs and of the summary.

Text from outside can do no more than be shown: it is escaped as the runner's own toolkit does it.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

SUMMARY_LIMIT = 1024 * 1024
"""Bytes of UTF-8 that one step may add to the job's summary; the runner drops all of a longer one."""

ANNOTATION_LIMIT = 10
"""Annotations of one level that one step may add; the runner drops the rest without a word."""

Level = Literal["error", "warning"]

_LONGEST_PATH = 4096
_CLOSING = "\n\n</details>"
_CUT = "\n\n… cut here: the artifact has the whole report.\n"


def annotation(level: Level, message: str, *, file: str = "", line: str = "") -> str:
    """One line that makes the runner show ``message``, at a line of a file where one is given.

    Runners look for other commands than their own, and terminals for colours, in what they show.
    """
    from perfreg.report.escape import inert, visible, visible_lines

    place = {"title": "perfreg", "file": file, "line": line}
    shown = {key: inert(visible(value, _LONGEST_PATH)) for key, value in place.items() if value}
    properties = ",".join(f"{key}={_property(value)}" for key, value in shown.items())
    text = "\n".join(visible_lines(message))
    return f"::{level} {properties}::{_data(inert(text))}"


def output(name: str, value: str) -> str:
    """The lines that set an output; no value can end its own block or begin another."""
    mark = f"perfreg_{secrets.token_hex(16)}"
    return f"{name}<<{mark}\n{value}\n{mark}\n"


def summary(markdown: str) -> str:
    """``markdown``, cut at the end of a line when it is longer than a summary may be."""
    encoded = markdown.encode()
    if len(encoded) <= SUMMARY_LIMIT:
        return markdown
    kept = encoded[: SUMMARY_LIMIT - len(f"{_CLOSING}{_CUT}".encode())]
    text = kept[: kept.rfind(b"\n") + 1].decode(errors="ignore").rstrip("\n")
    # Whatever is folded away would hide that it was cut.
    is_folded = f"\n{text}".count("\n<details>") > f"\n{text}\n".count("\n</details>\n")
    return f"{text}{_CLOSING if is_folded else ''}{_CUT}"


@contextmanager
def commands_stopped() -> Iterator[None]:
    """While this lasts, nothing that is printed can be a command: not by us, a child process or a file's text."""
    token = secrets.token_hex(32)
    _say(f"::stop-commands::{token}")
    try:
        yield
    finally:
        # On a line of its own, whatever was printed last.
        _say(f"\n::{token}::")


def _say(line: str) -> None:
    sys.stderr.flush()
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
