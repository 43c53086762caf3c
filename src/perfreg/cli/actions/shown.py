"""What the Action shows on the page of the workflow run: the job's summary, and annotations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfreg.cli import workflow_commands as github
from perfreg.errors import ConfigError, PerfregError

if TYPE_CHECKING:
    from perfreg.cli.done import Done

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

    def annotations(self) -> Sequence[str]:
        """The first ones, worst first as they come, and how many more there are."""
        found = tuple(self._annotations())
        if len(found) <= github.ANNOTATION_LIMIT:
            return found
        kept = found[: github.ANNOTATION_LIMIT - 1]
        return (*kept, github.annotation("error", f"{len(found) - len(kept)} more: see the summary"))

    def _annotations(self) -> Iterator[str]:
        if isinstance(self.error, ConfigError):
            for problem in self.error.problems:
                file, _, line = problem.where.rpartition(":")
                yield github.annotation("error", str(problem), file=file, line=line)
        elif self.error is not None or self.done is None:
            yield github.annotation("warning" if self.is_mild else "error", "\n".join(self._words()))
        if self.done is not None:
            gate = self.done.result.gate
            level: Literal["error", "warning"] = "error" if gate.status == "fail" else "warning"
            for reason in gate.reasons:
                yield github.annotation(level, reason)

    def _words(self) -> Sequence[str]:
        from perfreg.report.escape import visible_lines

        if self.error is not None:
            return tuple(visible_lines(str(self.error)))
        return (_STOPPED if self.is_stopped else _DEFECT,)
