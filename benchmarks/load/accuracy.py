"""What the embedded engine says of a server whose delays are known, in a closed and in an open loop."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from claims import Claim, Part
from engines import HERE, Engine, Load, attempt, measured
from page import table
from scene import Cores, Known, awake, known

DELAY_MS, STALL_MS, EVERY_MS = 2.0, 200.0, 2000.0
RATE, USERS = 200.0, 5
_CLOSED_P99_US = 4e3
"""A closed loop that shows less than this has not seen a stall of 200 ms."""
_ABOUT = (
    f"A server that answers after {DELAY_MS:g} ms; what it really took is by its own clock, from the reading of a "
    f"request to the writing of its answer. {USERS} users in closed loops, {RATE:g} requests a second in the open one. "
    "Processes that run only when nobody else does keep both processors from falling asleep."
)
_ABOUT_STALLS = (
    f"The same server stands still for {STALL_MS:g} ms every {EVERY_MS / 1e3:g} s. What should be found is what the "
    "schedule of the requests implies, given when the server stood still."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What an engine says, and what was: all in µs."""

    name: str
    said: dict[str, float]
    was: dict[str, float]

    def off_pct(self, key: str) -> float:
        """How far off it is."""
        return 100 * (self.said[key] / self.was[key] - 1)


def part(cores: Cores, here: Sequence[Engine], seconds: float) -> Part:
    """Both servers, one after the other."""
    with awake(cores.both), known("delay", _us(DELAY_MS), cores=cores) as server:
        steady = [closed(server, cores, seconds), opened(server, cores, seconds)]
        rivals = (rival(each, server, cores, seconds) for each in here if each.name != "perfreg")
        steady += [each for each in rivals if each]
    with awake(cores.both), known("delay", _us(DELAY_MS), round(STALL_MS), round(EVERY_MS), cores=cores) as server:
        stalled = [closed(server, cores, seconds), opened(server, cores, seconds)]
    text = "\n\n".join(
        (
            "### Accuracy",
            _ABOUT,
            table(["load", "p50 said", "p50 of the server", "off"], [_steady_row(each) for each in steady]),
            _ABOUT_STALLS,
            table(["load", "", "p50", "p99", "p99.9"], [line for each in stalled for line in _stalled_rows(each)]),
        )
    )
    return Part(text=text, claims=tuple(claims(steady, stalled)))


def closed(server: Known, cores: Cores, seconds: float) -> Finding:
    """Five users, each of whom waits for an answer."""
    server.report()
    found = _perfreg(server, cores, seconds)
    return Finding(name="perfreg, closed loop", said=_said(found), was=_quantiles(_served(server.report())))


def opened(server: Known, cores: Cores, seconds: float) -> Finding:
    """Requests that are sent when they are due."""
    server.report()
    found = _perfreg(server, cores, seconds, "--rate", str(RATE), "--intended")
    report = server.report()
    answers = _served(report)
    usual = _quantiles(answers)["p50_us"] / 1e3
    expected = implied(found["intended_ns"], report["stalls_ns"], usual)
    return Finding(name="perfreg, open loop", said=_said(found), was=_quantiles([1e3 * each for each in expected]))


def rival(engine: Engine, server: Known, cores: Cores, seconds: float) -> Finding | None:
    """Another engine, in a closed loop as all of them are."""
    server.report()
    outcome = attempt(engine, Load(url=server.url, connections=USERS, seconds=seconds), cores.engine)
    was = _quantiles(_served(server.report()))
    return Finding(name=engine.name, said={"p50_us": outcome.reading.p50_us}, was=was) if outcome else None


def implied(intended_ns: Sequence[int], stalls_ns: Sequence[Sequence[int]], usual_ms: float) -> list[float]:
    """The response time (ms) of each request that was due at these moments.

    Whoever comes while the server stands still is read when it goes on; an answer that would be written meanwhile is
    written then.
    """
    usual = round(usual_ms * 1e6)
    found = []
    for due in intended_ns:
        took = usual
        for start, end in stalls_ns:
            if start <= due < end:
                took = end - due + usual
            elif start - usual < due < start:
                took = end - due
        found.append(took / 1e6)
    return found


def claims(steady: Sequence[Finding], stalled: Sequence[Finding]) -> Iterator[Claim]:
    """The targets; the first two of each are ours."""
    for finding in (*steady[:2], stalled[1]):
        where = " with the stall" if finding in stalled else ""
        yield _within(f"{finding.name}{where}: p50 within 3 % of the truth", finding, "p50_us", 3)
    for key, name in (("p99_us", "p99"), ("p999_us", "p99.9")):
        yield _within(f"open loop with the stall: {name} within 5 % of what the schedule implies", stalled[1], key, 5)
    seen = stalled[0].said["p99_us"]
    yield Claim(
        claim="closed loop with the stall: its p99 does not show it",
        measured=f"{seen / 1e3:.2f} ms",
        met=seen < _CLOSED_P99_US,
    )


def _within(claim: str, finding: Finding, key: str, limit_pct: float) -> Claim:
    off = finding.off_pct(key)
    told = f"{finding.said[key] / 1e3:.4g} ms for {finding.was[key] / 1e3:.4g} ms: {off:+.1f} %"
    return Claim(claim=claim, measured=told, met=abs(off) <= limit_pct)


def _perfreg(server: Known, cores: Cores, seconds: float, *more: str) -> dict[str, Any]:
    command = [sys.executable, str(HERE / "client_perfreg.py"), server.url, str(USERS), str(seconds), *more]
    found: dict[str, Any] = json.loads(measured(command, cores.engine)[0])
    return found


def _said(found: dict[str, Any]) -> dict[str, float]:
    return {key: found[key] for key in ("p50_us", "p99_us", "p999_us")}


def _served(report: dict[str, Any]) -> list[float]:
    """Microseconds."""
    return [each / 1e3 for each in report["times_ns"]]


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    shares = {"p50_us": 0.5, "p99_us": 0.99, "p999_us": 0.999}
    return {key: ordered[max(0, math.ceil(share * len(ordered)) - 1)] for key, share in shares.items()}


def _us(milliseconds: float) -> int:
    return round(1e3 * milliseconds)


def _steady_row(finding: Finding) -> list[str]:
    said, was = finding.said["p50_us"], finding.was["p50_us"]
    return [finding.name, f"{said / 1e3:.3f} ms", f"{was / 1e3:.3f} ms", f"{finding.off_pct('p50_us'):+.1f} %"]


def _stalled_rows(finding: Finding) -> list[list[str]]:
    keys = ("p50_us", "p99_us", "p999_us")
    said = [f"{finding.said[key] / 1e3:.4g} ms" for key in keys]
    if "closed" in finding.name:
        return [[finding.name, "said", *said]]
    was = [f"{finding.was[key] / 1e3:.4g} ms" for key in keys]
    return [[finding.name, "said", *said], ["", "implied by the schedule", *was]]
