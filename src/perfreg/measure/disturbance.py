"""Whether something else than the code under test decided a measurement, as far as Linux tells.

What marks a run as disturbed, and what does not:

- **Stolen** time: the processors wanted to work and the hypervisor gave them to somebody else. Its share is taken of
  the time in which there was work; of all the time, a machine that is half idle would seem half as disturbed.
- A **throttled** control group: the container's quota was used up, and everything in it stood still until the end of
  the period (100 ms as a rule). That puts its own steps into every latency. Counted are the whole periods in which it
  happened: the kernel's own sum of stopped time has every processor by itself, and may exceed the time there was.
- **Other processes** that took processors from work that waited for them. Pressure (PSI) alone says nothing of the
  kind: a closed loop keeps more threads ready than there are processors, so that ``some`` is near 100 % by the load's
  own doing. And what others use is no harm where nobody waits. So the smaller of both shares counts: more work cannot
  have been lost to others. Threads of the kernel and database servers are none of these others: they work for the
  service. Who the others are is known only where all that is measured was started here.
- **Memory** pressure: reclaiming and swapping are slow, and the machine's doing as much as the service's.

Pressure on disks is told and marks nothing, as a database that writes waits for its disk by design. Spans under a
second are not judged: the kernel counts in ticks of 10 ms.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TypeVar, final

from perfreg.measure import cgroup
from perfreg.measure.proc import text
from perfreg.measure.proc.files import read
from perfreg.measure.proc.others import others_ticks

_Read = TypeVar("_Read")

SHORTEST_S = 1.0
_RESOURCES = ("cpu", "memory", "io")
_FEWEST_TICKS = 20
_STOLEN_PCT = 5.0
_THROTTLED_PCT = 5.0
_OTHERS_PCT = 10.0
_MEMORY_PCT = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The kernel's counters at the time ``at`` (monotonic, in seconds); None or empty for what it does not have.

    ``others`` counts ticks of other processes, ``waited_us`` microseconds of pressure by resource.
    """

    at: float
    tick_s: float
    processors: int
    host: text.HostTimes | None = None
    others: int | None = None
    throttling: cgroup.Throttling = field(default_factory=cgroup.Throttling)
    cpu_limit: float | None = None
    waited_us: Mapping[str, int] = field(default_factory=dict)


def look(*, others: bool, root: Path = cgroup.ROOT) -> Look | None:
    """The counters now, those of ``others`` if they are asked for; None where the system has no clock ticks."""
    if not hasattr(os, "sysconf"):
        return None
    waited = {each: _parsed(cgroup.pressure_file(each, root), text.pressure_us) for each in _RESOURCES}
    return Look(
        at=time.monotonic(),
        tick_s=1 / os.sysconf("SC_CLK_TCK"),
        processors=os.cpu_count() or 1,
        host=_parsed(root / "proc" / "stat", text.host_times),
        others=others_ticks(root, os.getpid()) if others else None,
        throttling=cgroup.throttling(root),
        cpu_limit=cgroup.limits(root).cpus,
        waited_us={resource: value for resource, value in waited.items() if value is not None},
    )


def conditions(before: Look, after: Look) -> dict[str, float]:
    """What went on between two looks, in %; nothing for a span too short to tell."""
    elapsed = after.at - before.at
    if elapsed < SHORTEST_S:
        return {}
    shares = dict(_shares(before, after, elapsed))
    return {name: round(100 * min(1.0, max(0.0, share)), 1) for name, share in shares.items()}


def _shares(before: Look, after: Look, elapsed: float) -> Iterator[tuple[str, float]]:
    if before.host is not None and after.host is not None:
        stolen = after.host.stolen - before.host.stolen
        wanted = after.host.wanted - before.host.wanted
        yield "stolen", stolen / wanted if wanted >= _FEWEST_TICKS else 0.0
    if len(before.throttling.stopped_us) == len(after.throttling.stopped_us) > 0:
        spans = zip(before.throttling.stopped_us, after.throttling.stopped_us, strict=True)
        yield "throttled", max(then - now for now, then in spans) / 1e6 / elapsed
    if before.others is not None and after.others is not None:
        yield "others", (after.others - before.others) * after.tick_s / (elapsed * after.processors)
    for resource in _RESOURCES:
        if resource in before.waited_us and resource in after.waited_us:
            waited = after.waited_us[resource] - before.waited_us[resource]
            yield f"{resource}_pressure", waited / 1e6 / elapsed


def doubts(figures: Mapping[str, float], *, cpu_limit: float | None = None) -> Iterator[str]:
    """What in the `conditions` marks the run as disturbed."""
    stolen, throttled = figures.get("stolen", 0.0), figures.get("throttled", 0.0)
    others, waiting = figures.get("others", 0.0), figures.get("cpu_pressure", 0.0)
    memory = figures.get("memory_pressure", 0.0)
    if stolen >= _STOLEN_PCT:
        yield f"disturbed: the hypervisor stole {stolen:.0f} % of the processor time that was wanted"
    if throttled >= _THROTTLED_PCT:
        limit = "" if cpu_limit is None else f" of {cpu_limit:g} CPU{'' if cpu_limit == 1 else 's'}"
        yield f"disturbed: the container's limit{limit} stopped it in {throttled:.0f} % of the time"
    if min(others, waiting) >= _OTHERS_PCT:
        yield (
            f"disturbed: other processes used {others:.0f} % of the machine's processors, "
            f"and work waited for one {waiting:.0f} % of the time"
        )
    if memory >= _MEMORY_PCT:
        yield f"disturbed: memory was short, and waited for {memory:.0f} % of the time"


@final
class Disturbance:
    """What went on while the ``with`` block ran; ``others`` as for `look`."""

    def __init__(self, *, others: bool, root: Path = cgroup.ROOT) -> None:
        self._others, self._root = others, root
        self._before: Look | None = None
        self.conditions: dict[str, float] = {}
        self.warnings: tuple[str, ...] = ()

    def __enter__(self) -> Disturbance:
        self._before = look(others=self._others, root=self._root)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        after = look(others=self._others, root=self._root)
        if self._before is None or after is None:
            return
        self.conditions = conditions(self._before, after)
        self.warnings = tuple(doubts(self.conditions, cpu_limit=after.cpu_limit))


def _parsed(path: Path, parse: Callable[[bytes], _Read]) -> _Read | None:
    try:
        return parse(read(str(path)))
    except (OSError, ValueError):
        return None
