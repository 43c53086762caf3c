"""Processors for the load generator and others for the services, where the machine has enough of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_FEWEST = 4
_TOPOLOGY = Path("/sys/devices/system/cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Who runs where. Both services get the same processors: they never work at the same time."""

    load: frozenset[int]
    services: frozenset[int]

    def __str__(self) -> str:
        return f"load on processors {_listed(self.load)}, services on {_listed(self.services)}"


def shares(cores: Sequence[frozenset[int]], *, quota: float) -> Shares | None:
    """A quarter of the ``cores`` for the load, one at least, and the others for the services.

    A core is given away whole, with all processors that share it. None where there are too few, or where ``quota``,
    the number of processors that may be busy at a time, is too small for such a distinction to help.
    """
    processors = sum(len(core) for core in cores)
    if processors < _FEWEST or quota < _FEWEST or len(cores) < 2:
        return None
    ordered = sorted(cores, key=min)
    count = max(1, len(ordered) // 4)
    return Shares(load=frozenset().union(*ordered[-count:]), services=frozenset().union(*ordered[:-count]))


def usable_cores() -> list[frozenset[int]]:
    """The processors that this process may use, by core; none where the system cannot give processors to processes."""
    if not hasattr(os, "sched_setaffinity"):
        return []
    allowed = os.sched_getaffinity(0)
    return list({_siblings(cpu) & allowed for cpu in allowed})


@contextmanager
def pinned(cpus: frozenset[int] | None) -> Iterator[None]:
    """Keep this thread, and the threads and processes that it starts meanwhile, on ``cpus``; None keeps nobody."""
    if cpus is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    with suppress(OSError):  # somebody has taken processors away since: then unpinned is right
        os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, before)


def _siblings(cpu: int) -> frozenset[int]:
    """The processors of the core that ``cpu`` belongs to, itself included."""
    try:
        text = (_TOPOLOGY / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text(encoding="ascii")
        return parsed(text) | {cpu}
    except (OSError, ValueError):
        return frozenset({cpu})


def parsed(text: str) -> frozenset[int]:
    """The processors of a kernel list such as ``0,4-6``. Raises ``ValueError``."""
    ranges = (part.partition("-") for part in text.strip().split(",") if part)
    return frozenset(cpu for low, _, high in ranges for cpu in range(int(low), int(high or low) + 1))


def _listed(cpus: frozenset[int]) -> str:
    return ", ".join(map(str, sorted(cpus)))
