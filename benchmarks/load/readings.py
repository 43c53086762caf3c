"""What load engines print, read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 60e6}


class UnreadableError(ValueError):
    """The output of an engine is not what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an engine says of its load. ``cpu_s`` is known by those who measure it without their start."""

    requests: int
    rate: float
    p50_us: float
    p99_us: float
    failures: int = 0
    cpu_s: float | None = None


def wrk(output: str) -> Reading:
    """What ``wrk --latency`` prints."""
    failures = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    return Reading(
        requests=int(_found(r"(\d+) requests in", output)),
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", output)),
        p50_us=_duration(_found(r"\n\s+50%\s+(\S+)", output)),
        p99_us=_duration(_found(r"\n\s+99%\s+(\S+)", output)),
        failures=int(failures[1] if failures else 0) + sum(map(int, broken.groups() if broken else ())),
    )


def ab(output: str) -> Reading:
    """What ``ab`` prints; it knows whole milliseconds only."""
    wrong = re.search(r"Non-2xx responses:\s+(\d+)", output)
    return Reading(
        requests=int(_found(r"Complete requests:\s+(\d+)", output)),
        rate=float(_found(r"Requests per second:\s+([\d.]+)", output)),
        p50_us=1e3 * float(_found(r"\n\s+50%\s+(\d+)", output)),
        p99_us=1e3 * float(_found(r"\n\s+99%\s+(\d+)", output)),
        failures=int(_found(r"Failed requests:\s+(\d+)", output)) + int(wrong[1] if wrong else 0),
    )


def autocannon(output: str) -> Reading:
    """What ``autocannon --json`` prints; it knows whole milliseconds only."""
    found = _json(output)
    try:
        total = int(found["requests"]["total"])
        return Reading(
            requests=total,
            rate=total / float(found["duration"]),
            p50_us=1e3 * float(found["latency"]["p50"]),
            p99_us=1e3 * float(found["latency"]["p99"]),
            failures=int(found["non2xx"]) + int(found["errors"]),
        )
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise UnreadableError(f"autocannon's JSON has no {error}") from error


def k6(output: str) -> Reading:
    """The file of ``k6 run --summary-export``."""
    try:
        metrics = _json(output)["metrics"]
        duration, requests = metrics["http_req_duration"], metrics["http_reqs"]
        return Reading(
            requests=int(requests["count"]),
            rate=float(requests["rate"]),
            p50_us=1e3 * float(duration["med"]),
            p99_us=1e3 * float(duration["p(99)"]),
            failures=int(metrics["http_req_failed"]["passes"]),
        )
    except (KeyError, TypeError) as error:
        raise UnreadableError(f"the summary of k6 has no {error}") from error


def client(output: str) -> Reading:
    """What the clients beside this file print: a line of JSON, after whatever their libraries had to say."""
    found = _json(output.strip().rpartition("\n")[2])
    try:
        return Reading(**{name: found[name] for name in ("requests", "rate", "p50_us", "p99_us", "failures", "cpu_s")})
    except (KeyError, TypeError) as error:
        raise UnreadableError(f"the client's line has no {error}") from error


def _found(pattern: str, output: str) -> str:
    found = re.search(pattern, output)
    if not found:
        raise UnreadableError(f"no {pattern!r} in {output[-500:]!r}")
    return found[1]


def _duration(text: str) -> float:
    """Microseconds of ``490.00us``, ``1.21ms``, ``2.00s``."""
    found = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    if not found:
        raise UnreadableError(f"{text!r} is no duration")
    return float(found[1]) * _UNITS[found[2]]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnreadableError(f"no JSON: {text[-500:]!r}") from error
