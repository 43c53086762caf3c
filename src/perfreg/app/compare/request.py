"""What a comparison is asked for, whatever its sides are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfreg.config.base import ScenarioSpec
from perfreg.config.models import Config
from perfreg.config.thresholds import Budget
from perfreg.model.comparison import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRequest:
    """One comparison of ``scenarios``, whose configuration both sides share.

    Paths of the configuration start at ``directory``; ``output`` takes the logs. ``seed`` decides the order of blocks.
    ``store`` is the file with this machine's copy of the store, which is only read, for acceptances.
    """

    config: Config
    config_hash: str
    scenarios: Sequence[ScenarioSpec]
    budgets: Sequence[Budget]
    directory: Path
    output: Path
    env: Mapping[str, str] = field(repr=False)  # may hold secrets
    seed: int
    mode: Mode = "revisions"
    store: Path | None = None
    warnings: tuple[str, ...] = ()
    """Doubts about the configuration, carried into the result."""
