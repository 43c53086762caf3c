"""JSON text to a document: the standard library reads the values, a token scan finds their lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from perfreg.config.document import Document, KeyPath, fail

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+|(\n)')
_DIGITS = 400  # more than any float has; beyond it int() is slow or refuses


def parse(text: str, document: Document) -> None:
    """Fill ``document`` from ``text``. Raises `ConfigError` when it is not JSON or not a mapping."""
    try:
        data = json.loads(text, parse_int=_whole)
    except json.JSONDecodeError as error:
        hint = "JSON has no comments and no comma before a closing bracket; perfreg reads YAML too"
        where = f"{document.name}:{error.lineno}:{error.colno}"
        fail(where, f"is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}", hint)
    tokens = _tokens(text)
    _locate(next(tokens), tokens, (), document)
    document.fill(data)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _DIGITS else float("inf")


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """The tokens of valid JSON with their line numbers."""
    line = 1
    for match in _TOKEN.finditer(text):
        if match[1]:
            line += 1
        else:
            yield match[0], line


def _locate(first: tuple[str, int], tokens: Iterator[tuple[str, int]], path: KeyPath, document: Document) -> None:
    """Walk over the value that starts with ``first``, noting the line of everything in it."""
    opening, closing = first[0], {"{": "}", "[": "]"}.get(first[0])
    if closing is None:
        return
    index = 0
    for text, line in tokens:
        if text == closing:
            return
        if text == ",":
            continue
        if opening == "{":
            here: KeyPath = (*path, json.loads(text))
            next(tokens)  # the colon
            document.define(here, line)
            _locate(next(tokens), tokens, here, document)
        else:
            here = (*path, index)
            index += 1
            document.define(here, line)
            _locate((text, line), tokens, here, document)
