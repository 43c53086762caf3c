"""What a command that measures leaves for whoever called it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from perfreg.cli.outputs import Target
    from perfreg.errors import PerfregError
    from perfreg.model.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A finished measurement: its exit code, its result and the reports that were written.

    ``upload`` is the directory that a store wants uploaded, and ``late`` what failed after the reports.
    """

    code: int
    result: Result
    targets: tuple[Target, ...]
    upload: str = ""
    late: PerfregError | None = None

    @property
    def updates_baseline(self) -> bool:
        """Whether later runs are compared with this one too."""
        return self.late is None and self.result.run.status == "ok" and self.result.run.trust != "none"

    def report(self, form: str) -> Path | None:
        """The file of the report in this format, if there is one."""
        paths = (target.path.absolute() for target in self.targets if target.format == form)
        return next(paths, None)

    def exit_code(self) -> int:
        """The exit code; what failed late is raised instead."""
        if self.late is not None:
            raise self.late
        return self.code
