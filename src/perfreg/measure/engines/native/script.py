"""What users do who have more to do than to send one request: compiled before the load begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from perfreg.errors import MeasureError
from perfreg.measure.engines.answers import MAX_LOOKED_AT, Inspector, inspector
from perfreg.measure.engines.call import Call
from perfreg.measure.engines.native.message import Request, compile_request
from perfreg.measure.engines.native.target import parse
from perfreg.measure.engines.rows import Row, endlessly

_MOST_PREPARED = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call, ready to be made."""

    call: Call
    request: Request
    inspector: Inspector | None
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The steps of a visit. Every visit takes one of the ``rows``."""

    steps: tuple[Step, ...]
    rows: Iterator[Row]
    cookies: bool

    @property
    def keeps(self) -> int:
        """How many bytes of bodies need to be kept."""
        return MAX_LOOKED_AT if any(step.inspector for step in self.steps) else 0

    def first_request(self) -> bytes:
        """A request for the first step, as whoever comes without cookies sends it."""
        return self.steps[0].request.fill(next(self.rows))


def is_plain(calls: Sequence[Call], *, cookies: bool) -> bool:
    """Whether there is nothing to do but to send one request and to count the answer."""
    call = calls[0]
    return len(calls) == 1 and not (cookies or call.checks or call.extract or any(call.think_s))


def compile_script(calls: Sequence[Call], rows: Sequence[Row], *, cookies: bool, seed: object) -> Script:
    """Prepare the calls. Raises `MeasureError` for what cannot be sent, checked or filled in."""
    known = set(rows[0]) if rows else set[str]()
    target = parse(calls[0].url)[0]
    steps: list[Step] = []
    for call in calls:
        where, path, _ = parse(call.url)
        if where != target:
            raise MeasureError("all steps of a scenario must go to the same server", where=call.url)
        request = compile_request(call)
        _require(request, known, call)
        steps.append(Step(call=call, request=request, inspector=inspector(call), path=path))
        known |= {name for name, _ in call.extract}
    return Script(steps=tuple(steps), rows=endlessly(rows or ({},), seed), cookies=cookies)


def plain_requests(call: Call, rows: Sequence[Row], seed: object) -> Callable[[], bytes]:
    """What gives the next request of a single call: prepared ones, as long as they fit into memory."""
    request = compile_request(call)
    _require(request, set(rows[0]) if rows else set(), call)
    if not request.names:
        fixed = request.fill({})
        return lambda: fixed
    size = len(request.fill(rows[0])) * len(rows)
    if size > _MOST_PREPARED:
        return map(request.fill, endlessly(rows, seed)).__next__
    return _cycle(tuple(request.fill(row) for row in rows), seed).__next__


def _cycle(requests: tuple[bytes, ...], seed: object) -> Iterator[bytes]:
    order = endlessly(tuple({"at": str(index)} for index in range(len(requests))), seed)
    return (requests[int(row["at"])] for row in order)


def _require(request: Request, known: set[str], call: Call) -> None:
    if missing := request.names - known:
        names = ", ".join(sorted(known)) or "nothing"
        raise MeasureError(
            f"{{{{{min(missing)}}}}} has no value", where=call.url, hint=f"known there: {names}; see data and extract"
        )
