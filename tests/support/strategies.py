"""Hypothesis strategies for the model: anything a stranger's results file may hold."""

from __future__ import annotations

import dataclasses
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from perfreg.model.result import RESULT_SCHEMA, Result

SPECIAL = "`*_[](){}<>|\\~!#@$%&^:/+-=.\"'\n\r\t 1aGH\x1b\x00\x85\u202e\u200b\u2028é漢"
"""Characters that mean something to a terminal, a browser, a Markdown parser or a CI system."""

TRAPS = (
    "::error::owned",
    "##vso[task.complete]",
    "##[group]x",
    "<script>x</script>",
    "![x](http://evil.example)",
    "https://evil.example/?a=b",
    "www.evil.example",
    "admin@evil.example",
    "@org/team",
    "- [ ] task",
    "1. one",
    "</details>",
    "a | b",
    "`` ` ``",
    "\\|",
)

hostile_text = st.one_of(
    st.text(st.sampled_from(SPECIAL), max_size=40),
    st.lists(st.sampled_from(TRAPS), max_size=3).map(" ".join),
    st.text(max_size=20),
)
"""Text without lone surrogates, which JSON cannot hold."""


examples = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
"""Whole results take a while to make up."""


def results() -> st.SearchStrategy[Result]:
    """Results that are valid by type and otherwise as odd as can be."""
    return _of(Result)


def poisoned(value: Any, text: str) -> Any:
    """``value`` of the model with every free text in it, at any depth, replaced by ``text``."""
    if isinstance(value, tuple):
        return tuple(text if isinstance(item, str) else poisoned(item, text) for item in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    return dataclasses.replace(
        value,
        **{
            name: text if hint is str and name != "schema" else poisoned(getattr(value, name), text)
            for name, hint in get_type_hints(type(value)).items()
        },
    )


def _of(hint: Any) -> st.SearchStrategy[Any]:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        members = {name: _of(member) for name, member in get_type_hints(hint).items()}
        if hint is Result:
            members["schema"] = st.just(RESULT_SCHEMA)
        return st.builds(hint, **members)
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (Union, types.UnionType):
        return st.one_of([_of(part) for part in parts])
    if origin is tuple:
        return st.lists(_of(parts[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(_of(parts[0]), _of(parts[1]), max_size=3)
    return _SIMPLE[hint]


_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: hostile_text,
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(min_value=0, max_value=10**12),
    bool: st.booleans(),
    type(None): st.none(),
}
