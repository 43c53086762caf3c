"""Patterns and paths of checks as the JavaScript of the script can read them."""

from __future__ import annotations

import re

from perfreg.errors import MeasureError

Path = list[list[str | int | None]]

_FLAGS = re.compile(r"\(\?([ims]+)\)")
# What JavaScript lacks or reads otherwise: named groups and references of Python's kind, comments, conditions, flags
# amid the pattern, its own words for the ends of a text, and possessive or atomic groups.
_STRANGE = re.compile(r"\(\?(?:P|#|\(|>|[a-zA-Z-]+[:)])|\\[AZ]|[*+?}]\+")


def javascript_pattern(text: str) -> tuple[str, str]:
    """The regular expression and its flags. Raises `MeasureError` for what only Python understands."""
    flags = _FLAGS.match(text)
    pattern = text[flags.end() :] if flags else text
    if strange := _STRANGE.search(pattern):
        raise MeasureError(
            f"{strange[0]!r} in {text!r} is nothing k6 knows",
            where="check",
            hint="write a regular expression that JavaScript reads, or take engine: native",
        )
    return pattern, "".join(sorted(set(flags[1]))) if flags else ""


def javascript_path(text: str) -> Path:
    """The selectors of a JSONPath, segment by segment: names, indices, None for all. Raises `MeasureError`."""
    import jsonpath
    from jsonpath import selectors
    from jsonpath.segments import JSONPathChildSegment

    compiled = jsonpath.compile(text)
    if not isinstance(compiled, jsonpath.JSONPath):
        raise _too_much(text)
    found: Path = []
    for segment in compiled.segments:
        if not isinstance(segment, JSONPathChildSegment):
            raise _too_much(text)
        names: list[str | int | None] = []
        for each in segment.selectors:
            if isinstance(each, selectors.NameSelector):
                names.append(each.name)
            elif isinstance(each, selectors.IndexSelector):
                names.append(each.index)
            elif isinstance(each, selectors.WildcardSelector):
                names.append(None)
            else:
                raise _too_much(text)
        found.append(names)
    return found


def _too_much(text: str) -> MeasureError:
    return MeasureError(
        f"the JSONPath {text!r} is more than engine k6 can read",
        where="extract",
        hint="use names, indices and *, or take engine: native",
    )
