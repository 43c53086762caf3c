"""What a scenario is given to measure with, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from perfreg.config.base import ScenarioSpec
from perfreg.measure.targets import TargetPolicy
from perfreg.model.run import Measurement, Status
from perfreg.model.timeline import Timeline
from perfreg.stats.histogram import Histogram

Progress = Callable[[float, str], None]
"""Called with the share that is done (0 to 1) and a few words; must return at once."""


def _silent(share: float, words: str) -> None:
    """Progress nobody asked for."""


class Service(Protocol):
    """The running service under test, as scenarios see it."""

    @property
    def base_url(self) -> str: ...

    @property
    def pid(self) -> int: ...

    def check(self, patience: float = 0.0) -> None:
        """Raise `ServiceError`, with the last lines of its log, when the service has died.

        A death is noticed some milliseconds late: who suspects one waits ``patience`` seconds for it.
        """

    def process_ids(self) -> list[int]:
        """Every living process of the service, however it was started or forked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The world of one scenario. Relative paths of the configuration start at ``directory``."""

    directory: Path
    output: Path
    env: Mapping[str, str]
    targets: TargetPolicy
    base_url: str = ""
    service: Service | None = None
    seed: int = 0
    max_error_rate_pct: float = 1.0
    stress_multiplier: float = 1.0
    progress: Progress = _silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one scenario measured. ``reasons`` say why it is broken; ``warnings`` are doubts worth showing.

    For paired comparisons: ``samples`` are all samples of a family of quantile metrics by its name, such as
    ``response_time``. ``attempts`` counts the requests, queries, runs or calls, failed ones included, and ``busy_s``
    is the time they took, without preparations: 0 where a kind does not tell. ``timeline`` is that of a load.
    """

    measurements: tuple[Measurement, ...] = ()
    status: Status = "ok"
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: dict[str, int] = field(default_factory=dict)
    samples: Mapping[str, Histogram] = field(default_factory=dict)
    attempts: int = 0
    busy_s: float = 0.0
    timeline: Timeline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioKind:
    """One registered kind: its configuration model and the function that measures it.

    ``measure`` raises a `PerfregError` when there is nothing to measure (bad SQL, connection refused at the first
    attempt); a scenario that ran but cannot be trusted returns an `Outcome` of status ``broken``.
    ``summary`` is one line for `perfreg --help` and the documentation.
    """

    name: str
    summary: str
    spec: type[ScenarioSpec]
    measure: Callable[[Any, Context], Outcome]
