"""A function called in a process of its own: started, watched, and what it reported, which nobody has to believe."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from perfreg.errors import MeasureError
from perfreg.measure.function_runner import Request
from perfreg.measure.measured_process import TICK_S, World, how_it_ended, started
from perfreg.measure.service_log import clean

_RUNNER = Path(__file__).with_name("function_runner.py")
_FAREWELL_S = 3.0
_MOST = 1e12
_LONGEST = 500

_Amount = Annotated[float, Field(ge=0, le=_MOST)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Call(_Record):
    """One call: times in seconds, ``memory`` in bytes, ``error`` the class of its exception, empty for none.

    ``cpu`` was used during ``span``, which is a little longer than the call itself took (``wall``).
    """

    warm_up: bool
    wall: _Amount
    cpu: _Amount
    span: _Amount
    memory: _Amount | None
    value: float | None
    error: str = Field(max_length=1000)
    trace: list[str] = Field(max_length=20)


class _Failure(_Record):
    failure: str = Field(min_length=1)


_RECORDS: TypeAdapter[Call | _Failure] = TypeAdapter(Call | _Failure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The calls that were finished, warm-up and all. ``ending`` tells why there are no more; empty: all are there."""

    calls: tuple[Call, ...]
    ending: str = ""


def call_repeatedly(
    interpreter: str, request: Request, world: World, *, timeout_s: float, tick: Callable[[int], object], where: str
) -> Report:
    """Have ``interpreter`` do what ``request`` asks for, at most ``timeout_s`` seconds in all.

    ``tick`` is called now and then with the number of finished calls, ``where`` is the scenario's key path. Raises
    `MeasureError` when the interpreter cannot be started, there is nothing to call, or the records are no records.
    """
    total = request["warm_up_iterations"] + request["test_iterations"]
    with tempfile.TemporaryDirectory(prefix="perfreg-") as directory:
        order, records = Path(directory, "request.json"), Path(directory, "records.jsonl")
        order.write_text(json.dumps(request), encoding="utf-8")
        records.touch()
        try:
            with started([interpreter, str(_RUNNER), str(order), str(records)], world) as process:
                in_time = _follow(process, records, total, timeout_s, tick)
                code = process.poll()
                # Read before the tree is killed: a call that waits for its child would seem to end by itself.
                data = records.read_bytes()
        except OSError as error:
            raise MeasureError(
                f"the interpreter {clean(interpreter)!r} cannot be started: {error.strerror}", where=f"{where}.python"
            ) from error
    calls = _parsed(data, total, request, f"{where}.callable")
    if len(calls) == total:
        return Report(calls=calls)
    return Report(calls=calls, ending=how_it_ended(code) if in_time and code is not None else "timeout")


def _follow(process: Popen[bytes], records: Path, total: int, timeout_s: float, tick: Callable[[int], object]) -> bool:
    """Wait for the end, but not long after the last call; False when it does not come in time."""
    deadline = time.monotonic() + timeout_s
    done = 0
    with records.open("rb") as file:
        while (left := deadline - time.monotonic()) > 0:
            with suppress(TimeoutExpired):
                process.wait(min(TICK_S, left))
                return True
            more = file.read().count(b"\n")
            done += more
            tick(done)
            if more and done >= total:
                deadline = min(deadline, time.monotonic() + _FAREWELL_S)
    return False


def _parsed(data: bytes, total: int, request: Request, where: str) -> tuple[Call, ...]:
    # What follows the last line end was cut off when the process was killed.
    lines = data.split(b"\n")[:-1]
    try:
        records = [_RECORDS.validate_json(line) for line in lines]
    except ValidationError as error:
        raise MeasureError("the process of the function wrote records that are none", where=where) from error
    for record in records:
        if isinstance(record, _Failure):
            hint = f"modules are looked for in {request['directory']} first"
            raise MeasureError(clean(" ".join(record.failure.split()))[:_LONGEST], where=where, hint=hint)
    calls = tuple(record for record in records if isinstance(record, Call))
    if len(calls) > total:
        raise MeasureError("the process of the function recorded more calls than were asked for", where=where)
    return calls
