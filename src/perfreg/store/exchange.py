"""The exchange form of a store: JSON Lines in monthly shards, merged as sets.

A shard is a text file named after the month of its records (``2026-11.jsonl``); each line is one record as canonical
JSON with an ``id``, a ``kind`` and a version ``v``. Lines are sorted, so equal sets are equal bytes. The union of two
stores keeps every line of both: no writer can lose another's data, and merging needs no order and no common ancestor.

Nothing here trusts a line. Records of a kind or version that this perfreg does not know are kept as they are; lines
that are not records at all go to the quarantine shard, where they do no harm and are not lost.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

Shards = Mapping[str, str]
"""The files of a store by name: their text, without carriage returns, each line ended by a line feed."""

QUARANTINE = "quarantine.txt"

_SHARD_NAME = re.compile(r"\d{4}-\d{2}\.jsonl|unknown\.jsonl|quarantine\.txt")
_TIME_OF_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7")
_MAX_LINE = 4 * 1024 * 1024
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record that is worth keeping: its identity and its text, with ``where`` as ``file:line``."""

    kind: str
    version: int
    id: str
    data: Mapping[str, Any]
    text: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrupt:
    """A line that is no record: what is wrong with it, and where."""

    text: str
    where: str
    problem: str


def is_shard(name: str) -> bool:
    """Whether a file of this name belongs to a store."""
    return _SHARD_NAME.fullmatch(name) is not None


def read(shards: Shards, origin: str = "") -> Iterator[Line | Corrupt]:
    """Every line of ``shards``, in order of file name; ``origin`` is put before the name in ``where``."""
    for name in sorted(shards):
        if name == QUARANTINE:
            continue
        # Only the line feed ends a line: JSON may hold any other separator of Unicode inside a string.
        for number, text in enumerate(shards[name].split("\n"), start=1):
            if text.strip():
                yield _parse(text, f"{origin}{name}:{number}")


def _parse(text: str, where: str) -> Line | Corrupt:
    problem = ""
    try:
        document = json.loads(text) if len(text) <= _MAX_LINE else None
    except (ValueError, RecursionError) as error:
        return Corrupt(text=text, where=where, problem=f"not JSON: {error}")
    if not isinstance(document, dict):
        problem = "not an object" if len(text) <= _MAX_LINE else "the line is too long"
    elif not isinstance(document.get("id"), str) or not isinstance(document.get("kind"), str):
        problem = "it has no id or no kind"
    elif not isinstance(document.get("v"), int) or isinstance(document["v"], bool):
        problem = "it has no version"
    if problem or document is None:
        return Corrupt(text=text, where=where, problem=problem or "the line is too long")
    return Line(
        kind=document["kind"], version=document["v"], id=document["id"], data=document, text=_canonical(text, document),
        where=where,
    )  # fmt: skip


def _canonical(text: str, document: Mapping[str, Any]) -> str:
    try:
        return canonical(document)
    except ValueError:
        return text.strip()


def canonical(document: Mapping[str, Any]) -> str:
    """The one text of a record: sorted keys, no spaces. Raises ``ValueError`` for NaN and infinities."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def shards_of(lines: Iterable[str]) -> Shards:
    """The shards that hold these records (canonical texts)."""
    return union({"unknown.jsonl": "".join(f"{line}\n" for line in lines)})


def union(*stores: Shards) -> Shards:
    """The union of stores: idempotent, commutative and associative, and independent of how lines were spread.

    Two different records with one id are both kept; readers take the first in the order of text.
    """
    good: dict[str, set[str]] = {}
    bad: set[str] = set()
    for store in stores:
        bad.update(line for line in store.get(QUARANTINE, "").split("\n") if line.strip())
        for line in read(store):
            if isinstance(line, Corrupt):
                bad.add(_one_line(line.text))
            else:
                good.setdefault(_shard_name(line), set()).add(line.text)
    merged = {name: _text(lines) for name, lines in sorted(good.items())}
    return {**merged, QUARANTINE: _text(bad)} if bad else merged


def add(store: Shards, additions: Shards) -> Shards:
    """The union of both, reading only the shards that ``additions`` touch: the rest of ``store`` stays as it is."""
    merged: Shards = union(additions)
    touched: set[str] = set()
    while not touched >= merged.keys() & store.keys():
        # A record that was filed under the wrong month moves, which touches one more shard.
        touched |= merged.keys() & store.keys()
        merged = union({name: store[name] for name in touched}, additions)
    return {**{name: text for name, text in store.items() if name not in touched}, **merged}


def without(store: Shards, ids: Collection[str]) -> Shards:
    """The store without the records of these ids."""
    return union(
        {
            name: text
            if name == QUARANTINE
            else "".join(f"{line.text}\n" for line in read({name: text}) if _stays(line, ids))
            for name, text in store.items()
        }
    )


def _stays(line: Line | Corrupt, ids: Collection[str]) -> bool:
    return isinstance(line, Corrupt) or line.id not in ids


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in sorted(lines))


def _one_line(text: str) -> str:
    return text.strip() if len(text) <= _MAX_LINE else f"{text[:200]}… {hashlib.sha256(text.encode()).hexdigest()}"


def _shard_name(line: Line) -> str:
    """The month in which the record was made, read from its UUIDv7 so that no field can contradict it."""
    if not _TIME_OF_UUID7.match(line.id):
        return "unknown.jsonl"
    days = int(line.id[:8] + line.id[9:13], 16) // 86_400_000
    year, month = _civil(days)
    return f"{year:04d}-{month:02d}.jsonl" if year <= 9999 else "unknown.jsonl"


def _civil(days: int) -> tuple[int, int]:
    """Year and month of a day counted from 1970-01-01 (the proleptic Gregorian calendar)."""
    if days > (date.max - _EPOCH).days:
        return 10_000, 1
    day = _EPOCH + timedelta(days=days)
    return day.year, day.month
