"""What the Action shows on the page of the workflow run: the job's summary, and annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfreg.cli.actions.annotations import Note, lines, of_error, of_result
from perfreg.cli.actions.places import Places, places

if TYPE_CHECKING:
    from perfreg.cli.done import Done
    from perfreg.errors import PerfregError

_STOPPED = "it was cancelled before it had a verdict"
_DEFECT = "it failed for a reason that nobody foresaw; the log says more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How it went: what was ``done``, the ``error`` that ended it or came after it, and whether it was cancelled.

    ``is_mild`` tells that the error is no failure.
    """

    done: Done | None = None
    error: PerfregError | None = None
    is_stopped: bool = False
    is_mild: bool = False

    def summary(self) -> str:
        """The report; or why there is none."""
        if self.done is not None:
            report = self.done.report("markdown")
            return report.read_text("utf-8") if report else ""
        title = "### perfreg has nothing to tell" if self.is_mild else "### perfreg could not measure"
        return "\n".join((title, "", *(f"    {line}" for line in self._words()), ""))

    def annotations(self, config: str, env: Mapping[str, str]) -> Sequence[str]:
        """Worst first, at the lines of the file ``config`` that they are about."""
        return lines(self._notes(places(config, env)))

    def _notes(self, where: Places) -> Iterator[Note]:
        if self.error is not None and not self.is_mild:
            yield from of_error(self.error, where)
        elif self.error is not None or self.done is None:
            yield Note(level="warning" if self.is_mild else "error", message="\n".join(self._words()))
        if self.done is not None:
            yield from of_result(self.done.result, where)

    def _words(self) -> Sequence[str]:
        from perfreg.report.escape import visible_lines

        if self.error is not None:
            return tuple(visible_lines(str(self.error)))
        return (_STOPPED if self.is_stopped else _DEFECT,)
