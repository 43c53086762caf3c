"""Our comments for hosts whose Markdown is not quite GitHub's.

Every text here is one that perfreg has rendered: what is foreign in it is escaped, and no foreign line stands alone.
"""

from __future__ import annotations

import re

from perfreg.publish.forges import marker

_OPENING = "<details><summary>Folded away: outdated or resolved</summary>\n\n"
_CLOSING = "\n\n</details>\n"
FOLD_BYTES = len((_OPENING + _CLOSING).encode())
"""How much longer `worn` makes a text."""

_CHART = re.compile(r"<details>[^\n]*<summary>Chart</summary>\n+```mermaid\n.*?\n```\n+</details>\n*", re.DOTALL)
_DIAGRAM = re.compile(r"^```mermaid\n.*?^```\n?", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^(\s*)/(?=\w)", re.MULTILINE)


def worn(body: str) -> str:
    """``body`` as it is written where comments cannot be folded away: folded by itself if its marker says so."""
    found = marker.first(body)
    if found is None or not found.hidden:
        return body
    return f"{found}{_OPENING}{marker.without(body)}{_CLOSING}"


def unworn(body: str) -> str:
    """What `worn` was made of."""
    found = marker.first(body)
    text = marker.without(body).replace("\r\n", "\n")
    if found is None or not text.startswith(_OPENING):
        return body
    return f"{found}{text.removeprefix(_OPENING).removesuffix(_CLOSING).removesuffix(_CLOSING.rstrip())}"


def without_charts(body: str) -> str:
    """``body`` for hosts that would show a diagram's source."""
    return _DIAGRAM.sub("", _CHART.sub("", body))


def without_commands(body: str) -> str:
    """``body`` in which no line begins like a command to the host."""
    return _COMMAND.sub(r"\1\\/", body)
