"""The errors a user may meet: one clear line each, exit code 2.

An error says *what* went wrong, *where* (``file:line``, a key path or a command line flag) and *how to mend it*.
Only :class:`PerfregError` and its children reach the user as a sentence; anything else is a defect of ours.
"""

from __future__ import annotations

from dataclasses import dataclass


class PerfregError(Exception):
    """Base of all errors shown to users.

    ``where`` is a place the user can open or type, ``hint`` is a whole sentence that mends the problem.
    """

    exit_code = 2

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.message}{cure}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One defect of an input file: ``where`` is ``file:line``, ``path`` the key path such as ``gate.fail_on``."""

    where: str
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        key = f"{self.path}: " if self.path else ""
        cure = f" ({self.hint})" if self.hint else ""
        return f"{self.where}: {key}{self.message}{cure}"


class ConfigError(PerfregError):
    """A configuration or thresholds file that cannot be used; lists every problem found in one pass."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class UsageError(PerfregError):
    """A flag or argument that cannot be used."""


class InputError(PerfregError):
    """A results file, SQL file or other input that cannot be used."""


class MeasureError(PerfregError):
    """Nothing could be measured: a command, target, database or sampler that does not work."""


class ServiceError(MeasureError):
    """The service under test did not build, start, become ready or stay alive; ``log_tail`` has its last lines."""

    def __init__(self, message: str, *, where: str = "", hint: str = "", log_tail: tuple[str, ...] = ()) -> None:
        super().__init__(message, where=where, hint=hint)
        self.log_tail = log_tail

    def __str__(self) -> str:
        line = super().__str__()
        if not self.log_tail:
            return line
        return "\n".join((line, "last lines of its log:", *(f"  | {text}" for text in self.log_tail)))


class RevisionError(MeasureError):
    """A revision that cannot be had: no repository, no such commit, or a remote that does not give it."""


class StoreError(PerfregError):
    """The store of runs cannot be read or written."""


class ForgeError(PerfregError):
    """The code host refused something, or could not be reached; no verdict depends on it.

    ``status`` is that of its answer, 0 without one. ``passing`` tells whether another attempt may succeed, and
    ``wait_s`` how long the host asked to be left alone before it, None when it did not.
    """

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        hint: str = "",
        status: int = 0,
        passing: bool = False,
        wait_s: float | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.status = status
        self.passing = passing
        self.wait_s = wait_s
