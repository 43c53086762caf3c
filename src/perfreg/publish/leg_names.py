"""What the artifacts are called in which the legs of a matrix leave their results: job, leg and attempt."""

from __future__ import annotations

import re
from collections.abc import Iterable

_REPORT = "perfreg.report."
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_JOB = 120
_NAME = re.compile(r"perfreg-(?P<leg>[A-Za-z0-9_.-]{1,150}-[0-9]{1,9})-(?P<attempt>[0-9]{1,9})-[0-9a-f]{6}")


def make(job: str, index: str, attempt: str, chance: str) -> str:
    """The name of a leg's artifact. Six hexadecimal digits of ``chance`` tell two uses in one job apart.

    What an artifact must not be called, no job is at GitHub; who plays its runner may be less strict.
    """
    job = _ODD.sub("-", job)[:_LONGEST_JOB]
    return f"perfreg-{job or 'job'}-{index or '0'}-{attempt or '1'}-{chance}"


def make_report(job: str, attempt: str, chance: str) -> str:
    """The name of the artifact of a job that has gathered legs: nothing that looks for legs takes it for one."""
    return f"{_REPORT}{_ODD.sub('-', job)[:_LONGEST_JOB] or 'job'}.{attempt or '1'}.{chance}"


def leg_of(name: str) -> str:
    """The leg whose artifact this is; empty for all others."""
    found = _NAME.fullmatch(name)
    return found["leg"] if found else ""


def attempt_of(name: str) -> int:
    """The attempt that an artifact was made in; 0 for those of no leg."""
    found = _NAME.fullmatch(name)
    return int(found["attempt"]) if found else 0


def newest(names: Iterable[str]) -> list[str]:
    """These names without those of former attempts of a leg that was run again, and of reports on legs; others stay."""
    names = list(names)
    if any(map(leg_of, names)):
        names = [name for name in names if not name.startswith(_REPORT)]
    attempts: dict[str, int] = {}
    for name in names:
        attempts[leg_of(name)] = max(attempt_of(name), attempts.get(leg_of(name), 0))
    return [name for name in names if attempt_of(name) == attempts[leg_of(name)]]
