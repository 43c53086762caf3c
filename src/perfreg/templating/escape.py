"""Values as the languages of CI systems write them: whatever is in a value, it stays one string.

Two things have to be escaped: for the language a file is written in (YAML, Groovy, a Dockerfile), and the expressions
that a CI system looks for inside of strings (`${{ … }}`, `$(…)`, `$NAME`) after it has read that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from perfreg.errors import UsageError

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@-]*")
_NOT_STRINGS = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", ".", ".inf", ".nan"}
_ASCII = range(0x20, 0x7F)


class Written(str):
    """A text that stands in a file as it is, because it was written for it."""

    __slots__ = ()


def yaml(value: object) -> str:
    """``value`` as a YAML scalar; texts stay texts, whatever they look like."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_STRINGS:
        return text
    return f'"{"".join(_yaml_character(char) for char in text)}"'


def _yaml_character(char: str) -> str:
    code = ord(char)
    if char in '"\\':
        return f"\\{char}"
    if code in _ASCII or (char.isprintable() and not 0xD800 <= code < 0xE000):
        return char
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def groovy(value: object) -> str:
    """``value`` as Groovy: texts are single-quoted, so that nothing in them is interpolated."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return f"'{''.join(_groovy_character(char) for char in str(value))}'"


def _groovy_character(char: str) -> str:
    # Groovy looks for \uXXXX before it looks for quotes, but not behind another backslash.
    if char in "'\\":
        return f"\\{char}"
    if ord(char) in _ASCII:
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(units[::2], units[1::2], strict=True))


def docker(value: object) -> str:
    """``value`` as the value of ARG or ENV in a Dockerfile. Raises `UsageError` for what no such line can hold."""
    text = str(value)
    if not text.isprintable():
        raise UsageError(f"{text!r} has characters that a Dockerfile cannot hold", hint="use printable text")
    return '"' + re.sub(r'(["\\$])', r"\\\1", text) + '"'


def comment(text: str, prefix: str) -> str:
    """``text`` as comment lines, none of which can end early."""
    shown = ("".join(char if char.isprintable() else "?" for char in line) for line in text.split("\n"))
    # A backslash may begin \u000a, which ends a comment in Groovy; a second one before it takes that away.
    doubled = (line.replace("\\", "\\\\") if prefix == "//" else line for line in shown)
    return "".join(f"{prefix} {line}".rstrip() + "\n" for line in doubled)


def _github(text: str) -> str:
    return text.replace("${{", "${{ '${{' }}")


def _dollars(text: str) -> str:
    return text.replace("$", "$$")


def _kubernetes(text: str) -> str:
    return text.replace("$(", "$$(")


def _azure(text: str) -> str:
    found = re.search(r"\$[({\[]", text)
    if found:
        hint = "Azure has no way to write it; use another name"
        raise UsageError(f"{text!r} has {found[0]!r}, which Azure Pipelines reads as an expression", hint=hint)
    return text


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How a kind of file writes values and comments; ``inert`` takes their meaning from a CI system's expressions."""

    quote: Callable[[object], str]
    comment: str = "#"
    inert: Callable[[str], str] = _as_it_is

    def value(self, value: object) -> str:
        """``value`` as the file writes it."""
        if isinstance(value, Written):
            return value
        return self.quote(self.inert(value) if isinstance(value, str) else value)


LANGUAGES: Mapping[str, Language] = {
    "github": Language(quote=yaml, inert=_github),
    "gitlab": Language(quote=yaml, inert=_dollars),
    "azure": Language(quote=yaml, inert=_azure),
    "compose": Language(quote=yaml, inert=_dollars),
    "kubernetes": Language(quote=yaml, inert=_kubernetes),
    "groovy": Language(quote=groovy, comment="//"),
    "dockerfile": Language(quote=docker),
}
