"""Check every record of a store, here and where it is kept."""

from __future__ import annotations

from perfreg.app.sync import Kept
from perfreg.errors import StoreError
from perfreg.store.codec import VERSION, decode_event, decode_run
from perfreg.store.exchange import Corrupt, Line, Shards, read


def problems_of(kept: Kept) -> tuple[int, tuple[str, ...]]:
    """How many records were read, and one sentence for each that is none. Raises `StoreError` for a broken file."""
    kept.store.check()
    count, problems = _check(kept.store.shards(), f"{kept.store.path}: ")
    if kept.backend is not None:
        more, found = _check(kept.backend.pull(), "stored ")
        count, problems = count + more, problems + found
    return count, tuple(problems)


def _check(shards: Shards, origin: str) -> tuple[int, list[str]]:
    count = 0
    problems: list[str] = []
    owners: dict[str, str] = {}
    for line in read(shards, origin):
        count += 1
        problem = line.problem if isinstance(line, Corrupt) else _problem(line)
        if isinstance(line, Line) and owners.setdefault(line.id, line.text) != line.text:
            problem = f"another record has the id {line.id}"
        if problem:
            problems.append(f"{line.where}: {problem}")
    return count, problems


def _problem(line: Line) -> str:
    if line.version != VERSION or line.kind not in ("run", "event"):
        return ""
    try:
        if line.kind == "run":
            decode_run(line)
        else:
            decode_event(line)
    except StoreError as error:
        return error.message
    return ""
