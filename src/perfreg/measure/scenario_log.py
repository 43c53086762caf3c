"""Where the output of a measured process goes, and its last lines for those who ask why."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
# Colours, cursor movements and titles first, as a whole; then every other control character.
_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TAIL_BYTES = 64_000
_LINE_LIMIT = 300


def log_file(output: Path, scenario: str) -> Path:
    """The log of a scenario below ``output``, which is made; names that are no file names get a hash."""
    output.mkdir(parents=True, exist_ok=True)
    name = _UNSAFE.sub("-", scenario)[:80].strip(".-")
    if name != scenario:
        name = f"{name}-{hashlib.sha256(scenario.encode()).hexdigest()[:8]}".lstrip("-")
    return output / f"{name}.log"


def plain(line: str) -> str:
    """A line of somebody else's text without escape sequences and control characters, cut to a bearable length."""
    text = _CONTROL.sub("", line).replace("\t", " ").rstrip()
    return text if len(text) <= _LINE_LIMIT else text[: _LINE_LIMIT - 1] + "…"


def last_lines(log: Path, *, since: int = 0, count: int = 5) -> tuple[str, ...]:
    """The last lines that are not blank, of what was written after the first ``since`` bytes."""
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(since, size - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    lines = [plain(line) for line in text.splitlines()]
    return tuple(line for line in lines if line)[-count:]
