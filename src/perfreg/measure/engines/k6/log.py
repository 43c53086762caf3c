"""What k6 says on its standard error: lines of JSON."""

from __future__ import annotations

import json
import re
from typing import final

_LONGEST = 256 * 1024
_SHOWN = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@final
class Log:
    """Counts the errors of k6 and of its script and keeps the first one. What scripts print themselves is none."""

    def __init__(self) -> None:
        self.errors = 0
        self.first = ""
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        """Read what ``chunk`` completes."""
        whole, _, rest = (self._rest + chunk).rpartition(b"\n")
        self._rest = rest[-_LONGEST:]
        for line in whole.split(b"\n"):
            self._line(line)

    def end(self) -> None:
        """There is no more."""
        self._line(self._rest)
        self._rest = b""

    def _line(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = {"level": "error", "msg": line.decode(errors="replace")}  # it has not read its flags, or panics
        if (
            isinstance(said, dict)
            and said.get("level") in ("error", "fatal", "panic")
            and said.get("source") != "console"
        ):
            self.errors += 1
            self.first = self.first or _one_line(str(said.get("msg", "")))


def _one_line(text: str) -> str:
    """The message and, of the stack, the place where it happened."""
    message, _, stack = text.strip().partition("\n")
    place = next((line for line in stack.split("\n") if "at " in line), "")
    return _CONTROL.sub(" ", f"{message} {place.strip()}").strip()[:_SHOWN]
