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

    ``upload`` is the directory that a store wants uploaded, and ``late`` what failed after the reports. ``left`` is the
    file of records that another job has to store. ``recorded`` tells of a job that stores what others have measured
    whether any of it is a baseline now. ``problems`` are sentences about results that cannot be used.
    """

    code: int
    result: Result
    targets: tuple[Target, ...]
    upload: str = ""
    late: PerfregError | None = None
    left: Path | None = None
    recorded: bool | None = None
    problems: tuple[str, ...] = ()

    @property
    def updates_baseline(self) -> bool:
        """Whether later runs are compared with this one too."""
        if self.late is not None or self.left is not None:
            return False
        return is_baseline(self.result) if self.recorded is None else self.recorded

    def report(self, form: str) -> Path | None:
        """The file of the report in this format, if there is one."""
        paths = (target.path.absolute() for target in self.targets if target.format == form)
        return next(paths, None)

    def exit_code(self) -> int:
        """The exit code; what failed late is raised instead."""
        if self.late is not None:
            raise self.late
        return self.code


def is_baseline(result: Result) -> bool:
    """Whether a run that was stored is a baseline at once: sound, with a road to it, and no regression is open."""
    is_open = any(not verdict.accepted for verdict in result.with_status("regression"))
    return result.run.status == "ok" and result.run.trust != "none" and not is_open
