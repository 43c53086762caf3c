"""What processes of Locust are told: their plan, and by a master of another host the numbers that change."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from perfreg import __version__
from perfreg.errors import MeasureError
from perfreg.measure.engines.engine import LoadPlan
from perfreg.measure.engines.native.target import parse
from perfreg.measure.engines.profile import Profile, Segment

Role = Literal["local", "master", "worker"]
HELLO, PLAN, READY, FAILED, AGAIN = (f"perfreg_{word}" for word in ("hello", "plan", "ready", "failed", "again"))
"""Messages between masters and workers, beside those of Locust."""
RESULT = "perfreg"
"""The part of a worker's report that has what it measured."""
BOOT_S = 120.0
GRACE_S = 30.0
NO_MASTER = "no master"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a process is to do: make the load alone (``local``), gather ``workers`` for it (``master``) or be one.

    A worker may know several plans; its master says which. ``host`` and ``port`` are the master's, and ``wait_s`` is
    how long to wait for the others.
    """

    role: Role
    plans: tuple[LoadPlan, ...]
    host: str = "127.0.0.1"
    port: int = 0
    workers: int = 1
    wait_s: float = BOOT_S


def job(role: Role, *plans: LoadPlan, **changes: Any) -> Job:
    """A job whose plans can be sent to another process."""
    silent = tuple(replace(plan, alive=_nothing, progress=_no_progress) for plan in plans)
    return Job(role=role, plans=silent, **changes)


def limit_s(plan: LoadPlan) -> float:
    """How long a load may take before something must be wrong."""
    return plan.warm_up_s + plan.duration_s + 3 * plan.timeout_s + GRACE_S


def origin(plan: LoadPlan) -> str:
    """The server that is loaded, as Locust takes it."""
    if plan.script:
        return plan.base_url
    target = parse(plan.calls[0].url)[0]
    return f"{'https' if target.tls else 'http'}://{target.authority}"


def digest(plan: LoadPlan) -> str:
    """A name for what is sent: that of a worker must be the same as its master's.

    It goes over the network, so it says nothing of header values, bodies and hosts.
    """
    calls = [
        (call.method, parse(call.url)[1], sorted(name for name, _ in call.headers), call.think_s, call.extract)
        for call in plan.calls
    ]
    script = hashlib.sha256(_content(plan.script)).hexdigest() if plan.script else ""
    text = json.dumps([__version__, calls, script, len(plan.rows), plan.cookies])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def numbers(plan: LoadPlan, share: tuple[int, int]) -> dict[str, Any]:
    """How much load a worker is to make, as plain data."""
    return {
        "digest": digest(plan),
        "share": share,
        "users": plan.users,
        "max_connections": plan.max_connections,
        "warm_up_s": plan.warm_up_s,
        "duration_s": plan.duration_s,
        "timeout_s": plan.timeout_s,
        "stages": _plain(plan.stages),
        "rate": _plain(plan.rate),
        "poisson": plan.poisson,
        "seed": plan.seed,
        "keep_samples": plan.keep_samples,
    }


def told(plans: tuple[LoadPlan, ...], what: Mapping[str, Any]) -> LoadPlan:
    """The plan that a master has said. Raises `MeasureError` when there is none, or it makes no sense."""
    try:
        plan = next(each for each in plans if digest(each) == what["digest"])
        first, count = (int(number) for number in what["share"])
        rows = plan.rows
        return replace(
            plan,
            share=(first, count),
            rows=rows[first::count] if len(rows) >= count else rows,
            users=_whole(what["users"]),
            max_connections=_whole(what["max_connections"]),
            warm_up_s=_seconds(what["warm_up_s"]),
            duration_s=_seconds(what["duration_s"]),
            timeout_s=_seconds(what["timeout_s"]),
            stages=_profile(what["stages"]),
            rate=_profile(what["rate"]),
            poisson=bool(what["poisson"]),
            seed=int(what["seed"]),
            keep_samples=bool(what["keep_samples"]),
        )
    except StopIteration:
        hint = "give it the same perfreg.yml and files, and the same version of perfreg"
        raise MeasureError("a worker's configuration has no such scenario", hint=hint) from None
    except (KeyError, TypeError, ValueError) as error:
        raise MeasureError(f"the master's plan cannot be read: {error}") from error


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise MeasureError(f"the script cannot be read: {error}", where=path) from error


def _plain(profile: Profile) -> list[tuple[float, float, float]]:
    return [(each.duration_s, each.first, each.last) for each in profile]


def _profile(pieces: list[tuple[float, float, float]]) -> Profile:
    return tuple(
        Segment(duration_s=_seconds(duration), first=_seconds(first), last=_seconds(last))
        for duration, first, last in pieces
    )


def _whole(value: object) -> int:
    if not isinstance(value, int) or not 1 <= value <= 1_000_000:
        raise ValueError(f"{value!r} is no number of users")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is no time")
    return float(value)


def _nothing() -> None:
    """The parent watches over the service."""


def _no_progress(share: float) -> None:
    """The parent tells it."""
