"""Markdown as code hosts read it, for looking at what a document became."""

from __future__ import annotations

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token


def parser() -> MarkdownIt:
    """GitHub's dialect: tables, raw HTML, and bare addresses that become links."""
    markdown = MarkdownIt("gfm-like", {"html": True})
    assert markdown.linkify is not None
    markdown.linkify.set({"fuzzy_link": False})  # GitHub needs "www." or a scheme
    return markdown


def flat(text: str) -> Iterator[Token]:
    """All tokens of a document, inline ones included."""
    for token in parser().parse(text):
        yield token
        yield from token.children or ()


def shown(tokens: list[Token] | None) -> str:
    """The text a reader sees of inline tokens."""
    return "".join(token.content for token in tokens or ())
