"""The event that started the workflow: what it asks for where the workflow does not say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from perfreg.errors import UsageError

Mode = Literal["compare", "run", "report"]

AUTO = "auto"
MODES: tuple[Mode, ...] = ("compare", "run", "report")

POSTING = "workflow_run"
"""The event after another workflow, whose results are to be published."""
RECORDED = frozenset({"push", "schedule", "workflow_dispatch"})
"""Events that run the repository's own code: only what they have measured can join the history of others."""
_COMPARED = frozenset({"pull_request", "pull_request_target", "merge_group"})
_PRIVILEGED = "pull_request_target"
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The name of an event, the commit it is about, and what GitHub tells of it. All of it may come from a fork."""

    name: str = ""
    commit: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    def part(self, *keys: str) -> object:
        """What is at this place of the payload; None when there is nothing."""
        value: object = self.payload
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def number_at(self, *keys: str) -> int:
        """The positive number at this place of the payload; 0 when there is none."""
        value = self.part(*keys)
        return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 53 else 0

    def commit_at(self, *keys: str) -> str:
        """The commit at this place of the payload; empty when there is none."""
        value = self.part(*keys)
        found = isinstance(value, str) and _COMMIT.fullmatch(value) and set(value) != {"0"}
        return str(value) if found else ""


def event_of(env: Mapping[str, str]) -> Event:
    """The event that the runner's variables tell of. Raises `UsageError` when its file cannot be read."""
    name, commit, file = (env.get(f"GITHUB_{key}", "") for key in ("EVENT_NAME", "SHA", "EVENT_PATH"))
    if not file:
        return Event(name=name, commit=commit)
    try:
        with Path(file).open("rb") as stream:
            payload = json.loads(stream.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"the event cannot be read: {error}", where="GITHUB_EVENT_PATH") from error
    return Event(name=name, commit=commit, payload=payload if isinstance(payload, dict) else {})


def mode_of(asked: str, event: Event, *, has_base: bool = False) -> Mode:
    """What is to be done: what was ``asked`` for, else as the event says.

    A change is compared with its base, the results of another workflow are published, and all other commits are
    measured. Raises `UsageError` for a mode that does not exist, and where measuring would run the code of strangers
    with the rights of the repository and nobody has asked for that.
    """
    asked = asked.strip().lower() or AUTO
    if asked == AUTO and event.name == POSTING:
        return "report"
    if asked == AUTO and event.name == _PRIVILEGED:
        hint = "use on: pull_request; docs/publishing.md shows how to publish for forks"
        raise UsageError(
            f"{_PRIVILEGED} would run what strangers wrote with the rights of this repository",
            where="input 'mode'", hint=hint,
        )  # fmt: skip
    if asked == AUTO:
        return "compare" if event.name in _COMPARED or has_base else "run"
    for mode in MODES:
        if asked == mode:
            return mode
    raise UsageError(f"{asked!r} is no mode", where="input 'mode'", hint=f"known: {', '.join((AUTO, *MODES))}")


def base_of(event: Event, commit: str, parents: Sequence[str]) -> str:
    """The commit that the checked out ``commit`` with these ``parents`` is a change of; empty when nothing tells.

    What is checked out for a pull request is its merge into the base branch, whose first parent is what everybody else
    has at that moment: nothing but the pull request differs. The payload may be older than that.
    """
    if event.name in _COMPARED:
        if len(parents) > 1 and commit == event.commit:
            return parents[0]
        return event.commit_at("merge_group", "base_sha") or event.commit_at("pull_request", "base", "sha")
    return event.commit_at("before") if event.name == "push" else ""
