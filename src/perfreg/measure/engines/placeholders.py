"""Texts with ``{{name}}`` in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_PLACEHOLDER = re.compile(rb"\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """``parts`` are literal bytes at even places and names at odd ones."""

    parts: tuple[bytes, ...]
    escape: Callable[[str], bytes]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that need a value."""
        return tuple(part.decode() for part in self.parts[1::2])

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The bytes with ``values`` in place. Raises ``KeyError`` for a name without one."""
        if len(self.parts) == 1:
            return self.parts[0]
        escape = self.escape
        return b"".join(escape(values[part.decode()]) if index % 2 else part for index, part in enumerate(self.parts))


def template(text: bytes, escape: Callable[[str], bytes] = str.encode) -> Template:
    """Cut ``text`` at its placeholders; ``escape`` makes values fit for the place they stand in."""
    return Template(parts=tuple(_PLACEHOLDER.split(text)), escape=escape)


def names_in(text: str) -> set[str]:
    """The names of all placeholders in ``text``."""
    return {name.decode() for name in _PLACEHOLDER.findall(text.encode())}
