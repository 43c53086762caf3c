"""Draw the pictures of the documentation: `python -m docs.pictures`; `--check` only sees whether they are fresh."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from docs.pictures import history, looking, pairs, stall

HERE = Path(__file__).parent
PICTURES: dict[str, Callable[[], str]] = {
    "two-runs": pairs.separate_or_interleaved,
    "rounds": pairs.rounds,
    "interval": pairs.interval,
    "answers": pairs.answers,
    "looks": looking.looks,
    "history": history.step,
    "stall": stall.stall,
}
_NUMBER = re.compile(r"\d+\.?\d*")
_ROUNDING = 0.11
"""Platforms round the last digit differently."""


def path_of(name: str) -> Path:
    """The file of a picture."""
    return HERE / f"{name}.svg"


def is_fresh(name: str) -> bool:
    """Whether the file of a picture is what would be drawn now."""
    path = path_of(name)
    return path.exists() and _alike(path.read_text("utf-8"), PICTURES[name]())


def _alike(old: str, new: str) -> bool:
    if _NUMBER.sub("", old) != _NUMBER.sub("", new):
        return False
    numbers = (map(float, _NUMBER.findall(each)) for each in (old, new))
    return all(abs(mine - yours) <= _ROUNDING for mine, yours in zip(*numbers, strict=True))


def _stale() -> Iterator[str]:
    for name, draw in PICTURES.items():
        if "--check" in sys.argv[1:]:
            if not is_fresh(name):
                yield name
        else:
            path_of(name).write_text(draw(), "utf-8")


if __name__ == "__main__":
    stale = [*_stale()]
    sys.exit(f"stale: {', '.join(stale)}; draw them again with python -m docs.pictures" if stale else 0)
