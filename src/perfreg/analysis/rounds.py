"""What `perfreg compare` measured: one metric of both sides, round by round."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.model.metric import Metric
from perfreg.model.run import Measurement
from perfreg.stats.histogram import Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """One metric of one scenario, round by round: entry i of every field belongs to round i.

    ``base`` and ``head`` are the measurements of the two blocks, ``generation`` the number of the service start that
    round i was measured in. For a quantile, ``share`` tells which (0.95) and the histograms hold all samples of the
    blocks; both are empty otherwise.
    """

    scenario: str
    metric: Metric
    base: tuple[Measurement, ...]
    head: tuple[Measurement, ...]
    generation: tuple[int, ...]
    share: float | None = None
    base_samples: tuple[Histogram, ...] = ()
    head_samples: tuple[Histogram, ...] = ()

    @property
    def n(self) -> int:
        """Rounds."""
        return len(self.base)
