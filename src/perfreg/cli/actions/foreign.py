"""The results that another workflow run has left, for a job that does nothing but publish them.

That job has the rights of the default branch and runs none of the code that was measured; it needs no checkout and no
configuration. Which run it is about, GitHub's own event says.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfreg.cli.actions.event import POSTING, Event
from perfreg.errors import InputError, UsageError

_BLAMELESS = frozenset(("success", "skipped", "neutral", "action_required"))
"""How a run may end that has measured nothing and was not meant to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """Where the results lie, and a sentence for each that cannot be had."""

    directory: str
    problems: tuple[str, ...] = ()


class NothingLeftError(InputError):
    """There is nothing to publish. ``is_blameless`` tells whether that may be as it should be."""

    def __init__(self, message: str, *, is_blameless: bool) -> None:
        super().__init__(message)
        self.is_blameless = is_blameless


def fetched(event: Event, env: Mapping[str, str]) -> Foreign:
    """Fetch the results of the run that ``event`` is about to a directory of our own.

    Raises `NothingLeftError` when it has left none, and `PerfregError` when none can be read or GitHub does not answer.
    """
    from perfreg.publish.foreign_results import ForeignRun, fetch
    from perfreg.publish.forges.registry import TOKENS, forge_here

    number = event.number_at(POSTING, "id")
    if not number:
        raise UsageError("the event names no workflow run", where="GITHUB_EVENT_PATH", hint=f"use on: {POSTING}")
    run = ForeignRun(
        url=env.get("GITHUB_API_URL") or "https://api.github.com",
        token=next((env[name] for name in TOKENS if env.get(name)), ""),
        repository=forge_here(env).occasion.repository,
        id=number,
        attempt=event.number_at(POSTING, "run_attempt"),
    )
    directory = Path(tempfile.mkdtemp(prefix="perfreg-results-", dir=env.get("RUNNER_TEMP") or None))
    found = fetch(run, directory)
    gone = tuple(f"the result of {leg} has expired" for leg in found.expired)
    problems = (*found.problems, *gone)
    if found.results:
        return Foreign(directory=str(directory), problems=problems)
    if found.problems:
        raise InputError("; ".join(problems))
    raise _nothing(event, number, gone)


def _nothing(event: Event, number: int, gone: tuple[str, ...]) -> NothingLeftError:
    ended = event.part(POSTING, "conclusion")
    is_blameless = ended in _BLAMELESS
    what = "; ".join(gone) if gone else "it has left no result of perfreg"
    end = "" if is_blameless else f" ended as {ended if isinstance(ended, str) else 'unknown'}, and"
    return NothingLeftError(f"workflow run {number}{end}{':' if not end else ''} {what}", is_blameless=is_blameless)
