"""Who watches long work: told what happens, never asked."""

from __future__ import annotations

from typing import Protocol

from perfreg.model.run import ScenarioRecord


class Observer(Protocol):
    """Receives progress. Implementations return at once and never raise."""

    def stage(self, words: str) -> None:
        """Something without a known length begins: building, starting, waiting."""

    def scenario(self, name: str, index: int, total: int) -> None:
        """Scenario ``index`` (from 1) of ``total`` begins."""

    def progress(self, share: float, words: str) -> None:
        """The current scenario is done to this share (0 to 1)."""

    def known(self, share: float, words: str) -> None:
        """A comparison has spent this share (0 to 1) of its budget, and this is what it knows so far."""

    def finished(self, record: ScenarioRecord) -> None:
        """The current scenario has ended."""


class Silent:
    """An observer that does not look."""

    def stage(self, words: str) -> None: ...

    def scenario(self, name: str, index: int, total: int) -> None: ...

    def progress(self, share: float, words: str) -> None: ...

    def known(self, share: float, words: str) -> None: ...

    def finished(self, record: ScenarioRecord) -> None: ...
