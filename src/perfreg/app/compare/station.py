"""A side in operation: its service is up, and scenarios are measured on it, one block at a time."""

from __future__ import annotations

import math
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import final
from urllib.parse import urlsplit

from perfreg.app.compare.side import Side
from perfreg.app.measuring import attempt, death_of
from perfreg.config.base import ScenarioSpec
from perfreg.config.secrecy import without_secrets
from perfreg.errors import PerfregError
from perfreg.measure import service as services
from perfreg.measure.affinity import Shares, pinned
from perfreg.measure.context import Context, Outcome
from perfreg.measure.engines.parking import release
from perfreg.measure.service import RunningService
from perfreg.measure.targets import TargetPolicy

_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What both sides have in common. Logs go to ``output``; ``processors`` is None where nobody is pinned."""

    output: Path
    targets: TargetPolicy
    stress_multiplier: float = 1.0
    processors: Shares | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What one block came to, and the ``seconds`` it cost. ``absent``: there was nothing to measure."""

    outcome: Outcome
    seconds: float
    absent: bool = False

    @property
    def overhead_s(self) -> float:
        """What it cost beyond the work itself."""
        return max(0.0, self.seconds - self.outcome.busy_s)

    @property
    def pace(self) -> float | None:
        """Iterations a second of work, where the kind tells."""
        found = self.outcome
        return found.attempts / found.busy_s if found.attempts and found.busy_s > 0 else None


@final
class _Listed:
    """A running service whose processes are looked up once a second: doing so takes as long as many requests."""

    def __init__(self, service: RunningService) -> None:
        self._service = service
        self._ids: list[int] = []
        self._looked_at = -math.inf

    @property
    def base_url(self) -> str:
        return self._service.base_url

    @property
    def pid(self) -> int:
        return self._service.pid

    def check(self, patience: float = 0.0) -> None:
        self._service.check(patience)

    def process_ids(self) -> list[int]:
        now = time.monotonic()
        if now - self._looked_at > _LOOK_EVERY_S:
            self._ids, self._looked_at = self._service.process_ids(), now
        return self._ids


@final
class Station:
    """One side, started and restarted. A context manager: leaving it stops the service, whatever has happened."""

    def __init__(self, side: Side, around: Surroundings) -> None:
        self.side = side
        self._around = around
        self._service: RunningService | None = None
        self._listed: _Listed | None = None

    def start(self) -> float:
        """Start the service, or start it anew; the seconds that this took. Raises `ServiceError`."""
        began = time.monotonic()
        self.stop()
        if self.side.service is not None:
            with self._pinned_service():
                self._service = services.start(
                    self.side.service,
                    directory=self.side.directory,
                    env=self.side.env,
                    log=self._around.output / f"service-{self.side.name}.log",
                )
            self._listed = _Listed(self._service)
        return time.monotonic() - began

    def stop(self) -> None:
        """Stop the service, if it runs."""
        release()  # some services do not stop while there are connections
        service, self._service, self._listed = self._service, None, None
        if service is not None:
            service.stop()

    @property
    def is_dead(self) -> bool:
        """Whether there should be a service and is none."""
        return bool(death_of(self._service))

    def measure(self, spec: ScenarioSpec, *, seed: int, max_error_rate_pct: float = 100.0) -> Block:
        """Measure one block; a failure of any kind is in its outcome."""
        began = time.monotonic()
        absent = False
        try:
            with self._pinned_load(spec):
                outcome = attempt(spec, self._context(seed, max_error_rate_pct))
        except PerfregError as error:
            # Load engines name the URL, which may hold more than everybody is to see.
            outcome, absent = Outcome(status="broken", reasons=(without_secrets(str(error)),)), True
        return Block(outcome=outcome, seconds=time.monotonic() - began, absent=absent)

    def __enter__(self) -> Station:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _context(self, seed: int, max_error_rate_pct: float) -> Context:
        return Context(
            directory=self.side.directory,
            output=self._around.output / self.side.name,
            env=self.side.env,
            targets=self._around.targets,
            base_url=self._base_url(),
            service=self._listed,
            seed=seed,
            max_error_rate_pct=max_error_rate_pct,
            stress_multiplier=self._around.stress_multiplier,
        )

    def _base_url(self) -> str:
        if self._service is None:
            return self.side.base_url
        return self._service.base_url + urlsplit(self.side.base_url).path.rstrip("/")

    def _pinned_service(self) -> AbstractContextManager[None]:
        processors = self._around.processors
        return pinned(processors.services) if processors else nullcontext()

    def _pinned_load(self, spec: ScenarioSpec) -> AbstractContextManager[None]:
        # What runs in a process of its own is not load: it is what is measured, and may use the whole machine.
        processors = self._around.processors
        return pinned(processors.load) if processors and not spec.isolated else nullcontext()
