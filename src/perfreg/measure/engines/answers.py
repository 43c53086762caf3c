"""Looking into answers: checks of headers and bodies, and values taken out of them."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perfreg.errors import MeasureError
from perfreg.measure.engines.call import Call
from perfreg.measure.engines.rows import as_text

MAX_LOOKED_AT = 8 * 1024 * 1024
"""Bytes of a body, decoded, that are looked at; a larger one fails its checks."""

Find = Callable[[Any], Sequence[Any]]
Headers = Mapping[str, str]


class UnlikelyAnswerError(Exception):
    """An answer that is not like what was asked for; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspector:
    """What is done with each answer to one call. Made by `inspector`."""

    headers: tuple[tuple[str, re.Pattern[str]], ...]
    body: re.Pattern[str] | None
    json: tuple[tuple[Find, object], ...]
    extract: tuple[tuple[str, Find], ...]

    def look(self, headers: Headers, body: bytes) -> dict[str, str]:
        """The values that are extracted. Raises `UnlikelyAnswerError` when the answer fails a check."""
        for name, pattern in self.headers:
            if not pattern.search(headers.get(name, "")):
                raise UnlikelyAnswerError(f"header {name}")
        if self.body is None and not self.json and not self.extract:
            return {}
        content = decoded(body, headers.get("content-encoding", ""))
        if self.body is not None and not self.body.search(content.decode(errors="replace")):
            raise UnlikelyAnswerError("body")
        return self._read(content) if self.json or self.extract else {}

    def _read(self, content: bytes) -> dict[str, str]:
        try:
            document = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise UnlikelyAnswerError("no JSON") from error
        for find, expected in self.json:
            if expected not in find(document):
                raise UnlikelyAnswerError("JSON")
        values: dict[str, str] = {}
        for name, find in self.extract:
            found = find(document)
            if not found:
                raise UnlikelyAnswerError(f"nothing to extract for {name}")
            values[name] = as_text(found[0])
        return values


def inspector(call: Call) -> Inspector | None:
    """What looks at the answers to ``call``; None when nobody needs to. Raises `MeasureError` for bad patterns."""
    checks = call.checks
    if checks is None and not call.extract:
        return None
    return Inspector(
        headers=tuple((name.lower(), _pattern(text)) for name, text in checks.headers) if checks else (),
        body=_pattern(checks.body) if checks and checks.body else None,
        json=tuple((_path(path), value) for path, value in checks.json) if checks else (),
        extract=tuple((name, _path(path)) for name, path in call.extract),
    )


def decoded(body: bytes, encoding: str) -> bytes:
    """The body without its compression. Raises `UnlikelyAnswerError` when it is broken or too large."""
    if not encoding or encoding == "identity":
        return body
    if encoding.lower() not in ("gzip", "x-gzip", "deflate"):
        raise UnlikelyAnswerError(f"content-encoding {encoding[:20]}")
    try:
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        content = inflate.decompress(body, MAX_LOOKED_AT)
    except zlib.error as error:
        raise UnlikelyAnswerError("broken compression") from error
    if inflate.unconsumed_tail:
        raise UnlikelyAnswerError("a body too large to look at")
    return content


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise MeasureError(f"{text!r} is no regular expression: {error}", where="check") from error


def _path(text: str) -> Find:
    import jsonpath

    try:
        return jsonpath.compile(text).findall
    except jsonpath.JSONPathError as error:
        raise MeasureError(f"{text!r} is no JSONPath: {error}", where="extract") from error
