"""Our comments in Bitbucket's Markdown, which shows HTML as it is written.

What is folded elsewhere stands under a heading, the marker is a link without a text, which is not shown, and what only
HTML can show is left to the report.
"""

from __future__ import annotations

import re

from perfreg.publish.forges import marker
from perfreg.publish.forges.dialect import without_charts

_HIDDEN = "*Outdated or resolved.*\n\n"
_HTML_MARKER = re.compile(r"<!-- (perfreg:[^()\n]*) -->\r?\n")
_LINK_MARKER = re.compile(r"\[//\]: # \((perfreg:[^()\n]*)\)\s*")
_SUMMARY = re.compile(r"<details>\s*<summary>([^<\n]*)</summary>")
_TAG = re.compile(r"^\s*</?(?:details|table|pre|tr|td|th)\b.*\n?", re.MULTILINE)
_GAPS = re.compile(r"\n{3,}")


def written(body: str) -> str:
    """``body`` as Bitbucket is to have it."""
    found = marker.first(body)
    text = _SUMMARY.sub(r"**\1**", without_charts(marker.without(body)))
    text = _GAPS.sub("\n\n", _TAG.sub("", text))
    if found is None:
        return text
    lead = _HIDDEN if found.hidden and not text.startswith(_HIDDEN) else ""
    return _HTML_MARKER.sub(r"[//]: # (\1)\n\n", str(found)) + lead + text.lstrip("\n")


def read(raw: str) -> str:
    """What Bitbucket has, with the marker that `written` has changed."""
    return _LINK_MARKER.sub(r"<!-- \1 -->\n", raw, count=1) if _LINK_MARKER.match(raw) else raw
