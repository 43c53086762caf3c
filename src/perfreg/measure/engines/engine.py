"""What a load engine is told to do and what it gives back."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """One request, sent over and over by ``users`` clients for ``duration_s`` seconds after ``warm_up_s``.

    ``accepts`` tells the statuses that are answers rather than failures. ``alive`` is called about every half second
    and raises when going on makes no sense (the service died). ``progress`` gets the share that is done.
    """

    url: str
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_s: float
    users: int
    warm_up_s: float
    duration_s: float
    accepts: Callable[[int], bool]
    alive: Callable[[], None]
    progress: Callable[[float], None]


@dataclass(slots=True, kw_only=True)
class LoadSamples:
    """What happened after the warm-up: one column entry for each successful request, in order of completion.

    ``latency_ms`` is the time from sending to the last byte of the answer, ``finished_s`` the moment it ended, counted
    from the start of the measurement, ``size`` the bytes of its body. ``errors`` counts failures by class, ``requests``
    everything that was sent, the warm-up included: what the service has worked for.
    """

    latency_ms: array[float] = field(default_factory=lambda: array("d"))
    finished_s: array[float] = field(default_factory=lambda: array("d"))
    size: array[float] = field(default_factory=lambda: array("d"))
    errors: Counter[str] = field(default_factory=Counter)
    elapsed_s: float = 0.0
    requests: int = 0

    @property
    def attempts(self) -> int:
        """Requests that were answered or failed."""
        return len(self.latency_ms) + sum(self.errors.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadEngine:
    """A way to make HTTP load.

    ``drive`` raises `MeasureError` when the very first request cannot reach the server: nothing can be measured then.
    """

    name: str
    summary: str
    drive: Callable[[LoadPlan], LoadSamples]
