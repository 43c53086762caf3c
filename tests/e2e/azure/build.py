"""A run of a pipeline: what it leaves, and what its results are worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_RESULTS = ("Skipped", "Succeeded", "SucceededWithIssues", "Failed")


def worst(results: Iterable[str]) -> str:
    """The worst of these results; what was skipped counts where nothing else is."""
    return max(results, key=_RESULTS.index, default="Skipped")


@dataclass(kw_only=True, repr=False)
class Build:
    """A build for ``branch``, with those that ended ``earlier``; results are by the names of stages, jobs and steps."""

    directory: Path
    branch: str
    earlier: tuple[Build, ...] = ()
    result: str = "Skipped"
    stages: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    steps: dict[tuple[str, str], str] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    issues: list[tuple[str, str]] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)
    tests: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the title of their run, what is shown of each test."""
    printed: list[str] = field(default_factory=list)

    @property
    def artifacts(self) -> Path:
        """Where the artifacts are, in directories that are called as they are."""
        return self.directory / "artifacts"

    @property
    def names(self) -> set[str]:
        """What the artifacts are called."""
        return {place.name for place in self.artifacts.iterdir()} if self.artifacts.is_dir() else set()

    @property
    def log(self) -> str:
        """Everything that was printed, and how it ended, for the message of a failing test."""
        return "\n".join((*self.printed, str(self.steps), str(self.jobs), str(self.stages)))
