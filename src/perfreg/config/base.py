"""The foundation of all configuration models: frozen, and strict about unknown keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from perfreg.config.quantity import Seconds


class Section(BaseModel):
    """A group of keys. Unknown keys are errors; field documentation becomes the published schema."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name people read: no control characters, so that it stays on its line in every report."""


class Monitor(Section):
    """Resource sampling beside a scenario."""

    metrics: tuple[str, ...] = ("cpu_usage", "memory_usage")
    """Which of cpu_usage, memory_usage, disk_io and network_io to record."""
    pid: int | None = Field(default=None, gt=0)
    """Watch this process and its children."""
    process: str | None = None
    """Watch the processes with this name and their children."""
    interval: Seconds = 0.1
    """Time between two samples."""


class ScenarioSpec(Section):
    """Keys that every scenario has; each kind adds its own in one file of `perfreg.measure.scenarios`."""

    name: Name
    """Unique name; reports and baselines go by it."""
    type: str
    """The scenario's kind."""
    component: str = ""
    """Part of the product that this scenario belongs to; `--component` selects by it."""
    operation: str = ""
    """What the scenario does, for people."""
    tags: tuple[str, ...] = ()
    """Free labels; `--tag` selects by them."""
    monitor: Monitor | None = None
    """Resource sampling while this scenario runs."""

    def identity(self) -> dict[str, object]:
        """What is measured, as plain data: the scenario hash is taken from it.

        Leaves out how long to look (more samples of the same thing are the same series), where the target runs
        today, and anything that may be secret. Kinds extend it.
        """
        return {"name": self.name, "type": self.type}
