"""Which regressions somebody has accepted: in the messages of head's commits, or in the store of this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from pathlib import Path

from perfreg.analysis.acceptance import trailers
from perfreg.analysis.lineage import accepts
from perfreg.measure import source as sources
from perfreg.model.event import Event
from perfreg.model.run import Source
from perfreg.store.sqlite import SqliteStore

Acceptance = Callable[[str], str]
"""Why a regression of ``scenario.metric`` is accepted; empty when it is not."""


def acceptances(
    directory: Path, env: Mapping[str, str], source: Source, *, since: str = "", store: Path | None = None
) -> Acceptance:
    """What the commits after ``since`` up to that of ``directory`` declare, and what was decided for its commit.

    The trailers of a fork do not count: they are only a wish of whoever wrote them.
    """
    is_foreign = bool(source.pull_request) and sources.is_from_fork(env)
    messages = () if is_foreign or not source.commit else sources.messages(directory, env, since=since)
    declared = [(trailer, author) for author, message in messages for trailer in trailers(message)]
    events = _decided(store) if source.commit else ()

    def acceptance_of(name: str) -> str:
        for trailer, author in declared:
            if fnmatchcase(name, trailer.metrics):
                return f"{trailer.reason} ({author})"
        found = next((event for event in events if accepts(event, "", source.commit, name)), None)
        return f"{found.reason} ({found.who})" if found else ""

    return acceptance_of


def _decided(path: Path | None) -> tuple[Event, ...]:
    """The decisions in the store that hold now; none where there is no store yet: comparing makes none."""
    if path is None or not path.is_file():
        return ()
    store = SqliteStore(path)
    store.open()
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return tuple(event for event in store.events() if not event.until or event.until > now)
