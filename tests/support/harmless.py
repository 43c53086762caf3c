"""What no report may contain, whatever strangers wrote into a result."""

from __future__ import annotations

import re
import unicodedata

from tests.support.markdown import flat, parser

OURS = re.compile(r"</?(details|summary|table|tr|th|td|pre)>")
HTML_TAG = re.compile(r"<[!/?A-Za-z][^>]*>")
CHART = re.compile(
    r"xychart-beta horizontal\n"
    r'    title "[a-z ()]+"\n'
    r'    x-axis \[(?:"\d+\. [A-Za-z0-9_.,/() ?-]{0,40}"(?:, )?)+\]\n'
    r'    y-axis "%" 0 --> \d+(?:\.\d)?\n'
    r"    bar \[(?:\d+(?:\.\d)?(?:, )?)+\]\n"
    r"    line \[(?:100(?:, )?)+\]\n"
)
"""The only fence there may be, to the last character."""


def check(text: str) -> None:
    """Fail when a link, an image, a heading, a foreign tag or a command has got into a report."""
    for token in flat(text):
        assert token.type not in {"link_open", "image", "html_inline", "code_block", "heading_open", "hr"}, token
        if token.type == "fence":
            assert token.info == "mermaid"
            assert CHART.fullmatch(token.content), token.content
        if token.type == "html_block":
            assert all(OURS.fullmatch(tag) for tag in HTML_TAG.findall(token.content)), token.content
    for line in text.split("\n"):
        assert not line.lstrip().startswith("::"), line
        assert not re.search(r"##\w*\[", line), line
        assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}, line
    for line in CHART.sub("", text).split("\n"):
        # What code hosts look for in text is in code or in preformatted blocks.
        assert not re.search(r"@\w|www\.|https?://\w", re.sub(r"<pre>.*?</pre>|(`+)[^`].*?\1", "", line)), line


def skeleton(text: str) -> list[str]:
    """The structure of a document without its text; two documents that say the same of different names share it."""
    return [f"{token.type}:{token.tag}" for token in parser().parse(text)]
