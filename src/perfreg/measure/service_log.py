"""Reading the log of a service: what it says is hostile text of any size."""

from __future__ import annotations

import re
from pathlib import Path

_TAIL_BYTES = 64 * 1024
_CHUNK_BYTES = 4 * 1024 * 1024
_LINE_LENGTH = 300

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_RUNNER_COMMAND = re.compile(r"##(?=\w*\[)")


def clean(text: str) -> str:
    """One printable line: no escape sequences, control or direction characters, nor commands to a CI runner."""
    plain = _UNPRINTABLE.sub("\ufffd", _ESCAPE.sub("", text).replace("\t", " "))
    return _RUNNER_COMMAND.sub("# #", plain)


def tail(path: Path, lines: int = 20, *, since: int = 0) -> tuple[str, ...]:
    """The last ``lines`` lines that are not blank, cleaned and cut to 300 characters; none when there is no file.

    Only what was written after the first ``since`` bytes is read.
    """
    try:
        with path.open("rb") as file:
            start = max(file.seek(0, 2) - _TAIL_BYTES, since)
            file.seek(start)
            data = file.read(_TAIL_BYTES)
    except FileNotFoundError:
        return ()
    found = data.splitlines()
    if start > since and len(found) > 1:
        found = found[1:]
    shown = (clean(line.decode(errors="replace")).rstrip() for line in found)
    return tuple(_cut(line) for line in shown if line)[-lines:]


def _cut(line: str) -> str:
    return line if len(line) <= _LINE_LENGTH else line[: _LINE_LENGTH - 1] + "…"


class LogSearch:
    """Looks for a line that ``pattern`` matches in a log that is still being written; reads every byte once."""

    def __init__(self, path: Path, pattern: re.Pattern[str]) -> None:
        self._path = path
        self._pattern = pattern
        self._position = 0
        self._partial = b""

    def found(self) -> bool:
        """Whether a line written since the last call, or the unfinished one, matches."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                data = file.read(_CHUNK_BYTES)
        except FileNotFoundError:
            return False
        self._position += len(data)
        lines = (self._partial + data).split(b"\n")
        self._partial = lines[-1][-_TAIL_BYTES:]
        return any(self._pattern.search(clean(line.decode(errors="replace").rstrip("\r"))) for line in lines)
