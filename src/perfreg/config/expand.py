"""``${VAR}`` and ``${VAR:-default}`` in the values of a configuration, filled from the environment.

Values are expanded after parsing, so that what a variable holds can never become a key or a list.
``$${`` stands for a literal ``${``. As in a shell, ``:-`` also replaces a variable that is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from perfreg.config.document import KeyPath

_REFERENCE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{")


class ExpansionError(ValueError):
    """A reference that cannot be filled in; ``hint`` mends it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Reference:
    """A text as it was ``written``, and the ``values`` of the variables in it."""

    written: str
    values: tuple[str, ...]


@dataclass(slots=True)
class Expansion:
    """Expanded ``data``. Messages are to show what was written, so that they name a variable and never its value;
    ``failures`` are the texts that stayed as they were.
    """

    data: dict[str, Any] = field(default_factory=dict)
    references: dict[KeyPath, Reference] = field(default_factory=dict)
    failures: dict[KeyPath, ExpansionError] = field(default_factory=dict)


def expand(text: str, env: Mapping[str, str]) -> str:
    """``text`` with its references filled from ``env``. Raises `ExpansionError` when one cannot be."""

    def fill(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        name, default = match[1], match[2]
        if name is None:
            hint = "write ${NAME} or ${NAME:-default}, or $${ for the characters ${"
            raise ExpansionError("has a '${' that starts no reference to a variable", hint)
        value = env.get(name, "")
        if default is not None:
            return value or default
        if name not in env:
            raise ExpansionError(f"${{{name}}} is not set", f"set {name}, or write ${{{name}:-default}}")
        return value

    return _REFERENCE.sub(fill, text)


def expand_all(data: Mapping[str, object], env: Mapping[str, str], *, skip: Callable[[KeyPath], bool]) -> Expansion:
    """Expand every text in ``data``, except where ``skip`` says that the value at a key path is to stay."""
    expansion = Expansion()
    expansion.data = {key: _walk(value, (key,), env, skip, expansion) for key, value in data.items()}
    return expansion


def _walk(
    value: object, path: KeyPath, env: Mapping[str, str], skip: Callable[[KeyPath], bool], into: Expansion
) -> object:
    if isinstance(value, dict):
        return {key: _walk(part, (*path, key), env, skip, into) for key, part in value.items()}
    if isinstance(value, list):
        return [_walk(part, (*path, index), env, skip, into) for index, part in enumerate(value)]
    if not isinstance(value, str) or "${" not in value or skip(path):
        return value
    try:
        filled = expand(value, env)
    except ExpansionError as error:
        into.failures[path] = error
        return value
    names = dict.fromkeys(match[1] for match in _REFERENCE.finditer(value) if match[1])
    into.references[path] = Reference(value, tuple(env[name] for name in names if env.get(name)))
    return filled
