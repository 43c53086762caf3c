"""One request of a scenario through Locust's FastHttpUser, and a look at its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from gevent import Timeout
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS

from perfreg.measure.engines.answers import MAX_LOOKED_AT, UnlikelyAnswerError
from perfreg.measure.engines.locust.failures import classify
from perfreg.measure.engines.native.failure import CHECK, PROTOCOL, TIMEOUT, TOO_LARGE

if TYPE_CHECKING:
    from locust.contrib.fasthttp import FastHttpSession

    from perfreg.measure.engines.native.script import Step

MAX_BODY_BYTES = 64 * 1024 * 1024
"""An answer larger than this counts as an error, so that a hostile server cannot exhaust time or memory."""
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a request: times by `time.perf_counter_ns`, and a ``failure`` that is empty when it was good."""

    sent: int
    first: int
    finished: int
    size: int = 0
    failure: str = ""
    values: Mapping[str, str]


class _TooLargeError(Exception):
    """More than anybody wants to read."""


def exchange(http: FastHttpSession, step: Step, values: Mapping[str, str], timeout_s: float) -> Answer:
    """Send the request of ``step`` with ``values`` in place, and read its answer to the end."""
    path, headers, body = _request(step.request.fill(values))
    sent = first = perf_counter_ns()
    size, failure, found = 0, "", dict[str, str]()
    try:
        with Timeout(timeout_s):
            content: Any = body or None  # bytes are sent as they are, though the annotation does not know them
            answer: Any = http.request(
                step.call.method, path, data=content, headers=headers, catch_response=True, stream=True
            )
            first = perf_counter_ns()
            if (error := answer.request_meta["exception"]) is not None:
                failure = classify(error)
            else:
                kept, size = _read(answer, keep=step.inspector is not None)
                failure, found = _judged(step, answer, kept)
    except Timeout:
        failure = TIMEOUT
    except _TooLargeError:
        failure = TOO_LARGE
    except FAILURE_EXCEPTIONS as error:
        failure = classify(error)
    except (ValueError, TypeError):  # headers that make no sense to the client
        failure = PROTOCOL
    return Answer(sent=sent, first=first, finished=perf_counter_ns(), size=size, failure=failure, values=found)


def _judged(step: Step, answer: Any, body: bytes) -> tuple[str, dict[str, str]]:
    """The class of an answer that is not what was asked for, and the values that are found in a good one."""
    if answer.status_code not in step.call.accepts:
        return f"status {answer.status_code}", {}
    if step.inspector is None:
        return "", {}
    try:
        return "", step.inspector.look({name.lower(): value for name, value in answer.headers.items()}, body)
    except UnlikelyAnswerError:
        return CHECK, {}


def _read(answer: Any, *, keep: bool) -> tuple[bytes, int]:
    """As much of the body as is looked at, as it came, and how long all of it was."""
    kept = bytearray()
    size = 0
    while chunk := answer.read(_CHUNK):
        size += len(chunk)
        if keep and len(kept) < MAX_LOOKED_AT:
            kept += chunk
        if size > MAX_BODY_BYTES:
            answer.release()
            raise _TooLargeError
    return bytes(kept), size


@lru_cache(maxsize=1024)
def _header(lines: bytes) -> dict[str, str]:
    pairs = (line.partition(b": ") for line in lines.split(b"\r\n"))
    return {name.decode("latin-1"): value.decode("latin-1") for name, _, value in pairs}


def _request(raw: bytes) -> tuple[str, dict[str, str], bytes]:
    """Path, headers and body of a request: the same as the embedded engine sends, for a client that wants parts."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, _, lines = head.partition(b"\r\n")
    return line.split(b" ")[1].decode("ascii"), _header(lines), body
