"""Progress of long work on standard error: a live bar on a terminal, plain timed lines everywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from perfreg.app.observer import Observer
from perfreg.model.run import ScenarioRecord

_LINE_EVERY_S = 10.0


@contextmanager
def observing() -> Iterator[Observer]:
    """The observer that suits standard error."""
    if sys.stderr.isatty():
        with _live() as observer:
            yield observer
    else:
        yield Lines()


class Lines:
    """One line for each thing that begins or ends, and one every ten seconds in between: for CI logs."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._last = self._start
        self._name = ""

    def stage(self, words: str) -> None:
        self._line(words)

    def scenario(self, name: str, index: int, total: int) -> None:
        self._name = name
        self._line(f"measuring {name} ({index} of {total})")

    def progress(self, share: float, words: str) -> None:
        if time.monotonic() - self._last >= _LINE_EVERY_S:
            self._line(f"{self._name}: {share:.0%} {words}")

    def known(self, share: float, words: str) -> None:
        if time.monotonic() - self._last >= _LINE_EVERY_S:
            self._line(f"{share:.0%} of the time: {words or 'nothing known yet'}")

    def finished(self, record: ScenarioRecord) -> None:
        self._line(ending(record))

    def _line(self, words: str) -> None:
        self._last = time.monotonic()
        sys.stderr.write(f"[{self._last - self._start:6.1f} s] {plain(words)}\n")
        sys.stderr.flush()


@contextmanager
def _live() -> Iterator[Observer]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=None)

        class Bar:
            def stage(self, words: str) -> None:
                bars.update(task, description=escape(plain(words)), total=None)

            def scenario(self, name: str, index: int, total: int) -> None:
                bars.reset(task, description=escape(plain(f"{name} ({index} of {total})")), total=1.0)

            def progress(self, share: float, words: str) -> None:
                del words
                bars.update(task, completed=share)

            def known(self, share: float, words: str) -> None:
                bars.update(task, description=escape(plain(words or "measuring")), completed=share, total=1.0)

            def finished(self, record: ScenarioRecord) -> None:
                console.print(plain(ending(record)), markup=False, highlight=False)

        yield Bar()


def ending(record: ScenarioRecord) -> str:
    """How a scenario ended, as one line."""
    state = "measured" if record.status == "ok" else "BROKEN"
    reasons = f": {'; '.join(record.reasons)}" if record.reasons else ""
    return f"{record.name}: {state} in {record.duration_s:.1f} s{reasons}"


def plain(words: str) -> str:
    """Text that cannot leave its line, drive the terminal or speak to the CI: control characters become spaces."""
    from perfreg.report.escape import inert

    return inert("".join(char if char.isprintable() else " " for char in words))
