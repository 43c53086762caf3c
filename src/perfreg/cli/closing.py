"""The last words of a command: the report on the screen, and the exit code it stands for."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from perfreg.cli.outputs import STDOUT, Target
from perfreg.model.result import Result
from perfreg.report.formats import console
from perfreg.report.row import UNCOMPARED

_LOG_WIDTH = 120


def show(result: Result, targets: Sequence[Target], *, verbose: bool = False) -> None:
    """Print the result for a person, and where its reports are; on standard error when a report took the output."""
    taken = any(target.path == STDOUT for target in targets)
    stream = sys.stderr if taken else sys.stdout
    terminal = stream.isatty()
    width = shutil.get_terminal_size().columns if terminal else _LOG_WIDTH
    stream.write(console.render(result, width=width, color=terminal, verbose=verbose))
    for target in targets:
        if target.path != STDOUT:
            stream.write(f"{target.format} report: {target.path}\n")
    stream.flush()


def exit_code(result: Result, *, baseline_required: bool = False) -> int:
    """0 the gate passed, 1 it failed on a regression, 2 there is no verdict to trust."""
    lacking = (*result.with_status("no_baseline"), *result.with_status("environment_mismatch"))
    blind = baseline_required and any(verdict.direction != "none" for verdict in lacking)
    if result.run.status == "broken" or not result.verdicts or blind or _compared_nothing(result):
        return 2
    return 1 if result.gate.status == "fail" else 0


def _compared_nothing(result: Result) -> bool:
    """Whether both sides of a comparison were named and have nothing in common; a revision may be the first of all."""
    if result.comparison is None or result.comparison.mode == "revisions":
        return False
    return all(verdict.status in UNCOMPARED for verdict in result.verdicts)
