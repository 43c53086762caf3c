"""The samples k6 writes as CSV: bytes become rows, and rows become requests."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass, field
from typing import Protocol, final

BEGUN = "perfreg_begun"
ANSWERED = "perfreg_answered"
"""The metrics of our scripts: when the load began (ms since the epoch), and what became of a request."""

COLUMNS = ("error", "error_code", "expected_response", "name", "status")
"""The tags that samples are to have."""

_LONGEST = 1024 * 1024
_MOST_NS = 1 << 62
_TIMES = {
    "http_req_duration": 0,
    "http_req_blocked": 1,
    "http_req_connecting": 2,
    "http_req_tls_handshaking": 3,
    "http_req_sending": 4,
    "http_req_waiting": 5,
    "http_req_receiving": 6,
}
_VISIT = re.compile(r"(?:^|&)perfreg=(\d{1,9})\.(\d{1,15})(?:$|&)")

NOBODY = (0, -1)
"""The visit of a request that no user makes: in ``setup`` and ``teardown``."""


@dataclass(slots=True, kw_only=True)
class Trail:
    """One request. ``visit`` are the numbers of the user and of the visit, ``times`` are in ns.

    Those are its duration, the time until it had a connection, which contains those of connecting and of the TLS
    handshake, and the parts of the duration: sending, waiting, receiving.
    """

    visit: tuple[int, int]
    ended: int
    name: str
    status: int
    error_code: int
    error: str
    expected: str
    times: list[int] = field(default_factory=lambda: [0] * len(_TIMES))

    @property
    def sent(self) -> int:
        """When sending began."""
        return self.ended - self.times[0]

    @property
    def begun(self) -> int:
        """When the user asked for it, at the latest.

        k6 counts what lies between a new connection and its being used twice: as waiting for it and as sending.
        """
        _, waited, connecting, handshaking, *_ = self.times
        return self.sent - (connecting + handshaking if connecting else waited)

    @property
    def first_byte(self) -> int:
        """When the answer began."""
        return self.ended - self.times[6]


class Sink(Protocol):
    """Whom samples are told to."""

    def begin(self, at: int) -> None: ...

    def request(self, trail: Trail) -> None: ...

    def answer(self, visit: tuple[int, int], value: float) -> None: ...

    def drop(self, at: int) -> None: ...

    def unlikely(self, visit: tuple[int, int], at: int) -> None: ...


@final
class Rows:
    """Cuts a stream of bytes into rows. What is no CSV, or has lines without end, is left out and counted."""

    def __init__(self) -> None:
        self.malformed = 0
        self._rest = b""
        self._open = ""

    def feed(self, chunk: bytes) -> list[list[str]]:
        """The rows that ``chunk`` completes."""
        whole, newline, rest = (self._rest + chunk).rpartition(b"\n")
        if len(rest) > _LONGEST:
            self.malformed += 1
            rest = b""
        self._rest = rest
        if not newline:
            return []
        found: list[list[str]] = []
        for line in whole.decode(errors="replace").split("\n"):
            if not self._open and '"' not in line:
                found.append(line.rstrip("\r").split(","))
            else:
                self._quoted(line, found)
        return found

    def end(self) -> None:
        """There is no more: a row that is not complete has been cut off."""
        self.malformed += bool(self._rest or self._open)

    def _quoted(self, line: str, found: list[list[str]]) -> None:
        text = f"{self._open}\n{line}" if self._open else line
        self._open = ""
        if text.count('"') % 2 and len(text) <= _LONGEST:
            self._open = text
            return
        try:
            found += list(csv.reader([text], strict=True))
        except csv.Error:
            self.malformed += 1


@final
class Sorter:
    """Tells the requests, and what else matters, to a `Sink`. Samples of one request follow one another."""

    def __init__(self, sink: Sink) -> None:
        self.malformed = 0
        self._sink = sink
        self._columns: dict[str, int] = {}
        self._trail: Trail | None = None

    def take(self, rows: list[list[str]]) -> None:
        """Look at ``rows``; those that are no samples are counted."""
        for row in rows:
            try:
                self._one(row)
            except (ValueError, IndexError, KeyError, OverflowError):
                self.malformed += 1

    def end(self) -> None:
        """There is no more."""
        if self._trail is not None:
            self._sink.request(self._trail)
        self._trail = None

    def _one(self, row: list[str]) -> None:
        metric = row[0]
        if metric == "metric_name":
            self._columns = {name: index for index, name in enumerate(row)}
        elif len(row) != len(self._columns):
            raise ValueError("no sample")
        elif (place := _TIMES.get(metric)) is not None:
            if self._trail is not None:
                self._trail.times[place] = _nanoseconds(row[2])
        elif metric != "http_req_failed":
            self.end()
            self._other(metric, row)

    def _other(self, metric: str, row: list[str]) -> None:
        if metric == "http_reqs":
            self._trail = self._request(row)
        elif metric == ANSWERED:
            self._sink.answer(_visit(self._text(row, "metadata")), _number(row[2]))
        elif metric == BEGUN:
            self._sink.begin(_nanoseconds(row[2]))
        elif metric == "dropped_iterations":
            self._sink.drop(_moment(row[1]))
        elif metric == "checks" and _number(row[2]) == 0:
            self._sink.unlikely(_visit(self._text(row, "metadata")), _moment(row[1]))

    def _request(self, row: list[str]) -> Trail:
        return Trail(
            visit=_visit(self._text(row, "metadata")),
            ended=_moment(row[1]),
            name=self._text(row, "name"),
            status=int(self._text(row, "status") or 0),
            error_code=int(self._text(row, "error_code") or 0),
            error=self._text(row, "error"),
            expected=self._text(row, "expected_response"),
        )

    def _text(self, row: list[str], column: str) -> str:
        return row[self._columns[column]]


def _visit(metadata: str) -> tuple[int, int]:
    found = _VISIT.search(metadata)
    return (int(found[1]), int(found[2])) if found else NOBODY


def _moment(text: str) -> int:
    found = int(text)
    if not 0 <= found < _MOST_NS:
        raise ValueError("no time")
    return found


def _number(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError("no number")
    return found


def _nanoseconds(milliseconds: str) -> int:
    found = _number(milliseconds)
    if not 0 <= found < _MOST_NS / 1e6:
        raise ValueError("no time")
    return round(found * 1e6)
