"""Validation errors in plain words: what a value must be, and what it is instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perfreg.config.document import kind_of, shorten
from perfreg.config.expand import Reference
from perfreg.config.secrecy import without_userinfo
from perfreg.config.suggest import closest

_MAPPING = "must be a mapping of keys to values"
_LIST = "must be a list"
_SENTENCES = {
    "missing": "is required",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be a number greater than {gt:g}",
    "greater_than_equal": "must be a number of at least {ge:g}",
    "less_than": "must be a number less than {lt:g}",
    "less_than_equal": "must be a number of at most {le:g}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "too_short": "must have at least {min_length} of them",
    "too_long": "must have at most {max_length} of them",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What is wrong with a value and how to mend it."""

    message: str
    hint: str = ""


def sentence(error: Mapping[str, Any], *, filled: Sequence[Reference] = (), secret: bool = False) -> Sentence:
    """One error of pydantic's ``ValidationError.errors()`` in words.

    ``filled`` are the references to variables in the value: they are shown, what they became is not.
    The value of a ``secret`` key is not shown at all.
    """
    kind, context, value = str(error["type"]), error.get("ctx", {}), error.get("input")
    if kind in ("value_error", "assertion_error"):
        if filled and (not isinstance(value, dict | list) or _quotes(str(context.get("error", "")), filled)):
            return Sentence(message=f"is not valid with the value of {shorten(filled[0].written)}")
        return Sentence(message="is not valid" if secret else shorten(str(context.get("error", "")), 300))
    if kind == "string_too_short" and context.get("min_length") == 1:
        return Sentence(message="must not be empty")
    template = _SENTENCES.get(kind)
    message = template.format(**context) if template else _fallback(str(error["msg"]))
    if kind == "missing":
        return Sentence(message=message)
    if filled:
        message += f", got the value of {shorten(filled[0].written)}"
    elif not secret:
        message += f", got {show(value)}"
    return Sentence(message=message, hint=_hint(kind, str(context.get("expected", "")), value))


def show(value: object) -> str:
    """A value on one line, without what may be a password in a URL."""
    if isinstance(value, str):
        return shorten(repr(without_userinfo(value)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if isinstance(value, float) else shorten(str(value)) if abs(value) < 1e18 else "a number"
    return kind_of(value)


def _quotes(said: str, filled: Sequence[Reference]) -> bool:
    """Whether a validator's words have the beginning of a variable's value in them."""
    return any(value[:6].lower() in said.lower() for each in filled for value in each.values)


def _fallback(message: str) -> str:
    said = re.sub(r"^(Input|Value|String) should ", "must ", message)
    return shorten(said[:1].lower() + said[1:], 300)


def _hint(kind: str, expected: str, value: object) -> str:
    if isinstance(value, dict) and len(value) == 1 and next(iter(value.values())) is None:
        return "quote text that starts with a brace"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "put it in quotes"
    if kind == "literal_error" and isinstance(value, str):
        guess = closest(value, re.findall(r"'([^']*)'", expected))
        return f"did you mean {guess!r}?" if guess else ""
    return ""
