"""Expressions of Azure Pipelines: those that generated pipelines use. Every other one is an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"(?:'(?P<text>(?:[^']|'')*)'|(?P<word>[A-Za-z_]\w*)|(?P<sign>[().,\[\]]))\s*")

Functions = Mapping[str, Callable[..., Any]]


class PipelineError(Exception):
    """What Azure Pipelines refuses, and what this runner does not know."""


def only(entry: Mapping[str, Any], *known: str) -> None:
    """Fail if a mapping has other keys than these."""
    if not entry.keys() <= set(known):
        raise PipelineError(f"nobody knows {sorted(entry.keys() - set(known))}")


def item(value: Any, key: str) -> Any:
    """What a mapping has under a key, however that is capitalized. Azure gives nothing for one that is missing."""
    pairs = value.items() if isinstance(value, Mapping) else ()
    found = [part for name, part in pairs if name.lower() == key.lower()]
    if not found:
        raise PipelineError(f"nothing is called {key!r} here")
    return found[0]


def as_text(value: Any) -> str:
    """``value`` as Azure writes it into a text."""
    if not isinstance(value, (str, bool, int)):
        raise PipelineError(f"{value!r} is no text")
    return str(value)


def _truth(value: Any) -> bool:
    return value if isinstance(value, bool) else bool(as_text(value))


def _same(left: Any, right: Any) -> bool:
    if not (isinstance(left, str) and isinstance(right, str)):
        raise PipelineError(f"{left!r} and {right!r} are not both texts")
    return left.lower() == right.lower()


_FUNCTIONS: Functions = {
    "and": lambda *values: all(map(_truth, values)),
    "contains": lambda value, part: as_text(part).lower() in as_text(value).lower(),
    "eq": _same,
    "in": lambda value, *others: any(_same(value, other) for other in others),
    "length": len,
    "lower": lambda value: as_text(value).lower(),
    "ne": lambda left, right: not _same(left, right),
    "not": lambda value: not _truth(value),
    "or": lambda *values: any(map(_truth, values)),
}


def evaluate(text: str, names: Mapping[str, Any], functions: Functions | None = None) -> Any:
    """The value of an expression that uses these ``names``, and ``functions`` besides those that are always there."""
    tokens: list[tuple[str, str]] = []
    place, text = 0, text.strip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise PipelineError(f"{text!r} is no expression that is known")
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind].replace("''", "'")))
        place = found.end()
    value = _Reader(tokens=tokens, names=names, functions={**_FUNCTIONS, **(functions or {})}).value()
    if tokens:
        raise PipelineError(f"{text!r} does not end where it should")
    return value


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """Takes an expression from the front of its ``tokens``."""

    tokens: list[tuple[str, str]]
    names: Mapping[str, Any]
    functions: Functions

    def value(self) -> Any:
        kind, word = self._next()
        if kind == "text":
            return word
        if kind == "word" and self._is("("):
            return self._called(word)
        value = item(self.names, word)
        while self._is(".") or self._is("["):
            if self._next()[1] == ".":
                value = item(value, self._next()[1])
            else:
                value = item(value, self.value())
                self._skip("]")
        return value

    def _called(self, name: str) -> Any:
        function = item(self.functions, name)
        given: list[Any] = []
        self._skip("(")
        while not self._is(")"):
            if given:
                self._skip(",")
            given.append(self.value())
        self._skip(")")
        return function(*given)

    def _is(self, sign: str) -> bool:
        return self.tokens[:1] == [("sign", sign)]

    def _next(self) -> tuple[str, str]:
        if not self.tokens:
            raise PipelineError("an expression ends too early")
        return self.tokens.pop(0)

    def _skip(self, sign: str) -> None:
        if self._next() != ("sign", sign):
            raise PipelineError(f"an expression has no {sign!r} where one belongs")
