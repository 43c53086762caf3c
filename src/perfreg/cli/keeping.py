"""The store that a configuration names, as commands use it."""

from __future__ import annotations

import os
import sys

from perfreg.app.run import store_path
from perfreg.app.sync import Kept
from perfreg.cli.progress import plain
from perfreg.config.load import LoadedConfig
from perfreg.model.result import Result
from perfreg.model.run import Run
from perfreg.publish.stores.backend import Pushed
from perfreg.publish.stores.registry import open_backend
from perfreg.store.sqlite import Merged, SqliteStore

_SHOWN = 5


def kept_by(loaded: LoadedConfig) -> Kept:
    """This machine's copy of the store and the place it is kept in. Raises `StoreError` for a place without access."""
    store = SqliteStore(store_path(loaded.config, loaded.directory))
    return Kept(store=store, backend=open_backend(loaded.config, loaded.directory, os.environ))


def shown_problems(merged: Merged) -> tuple[str, ...]:
    """The first problems of a merge, and how many more there are."""
    rest = len(merged.problems) - _SHOWN
    more = (f"{rest} more lines of the store were left out; see perfreg baseline verify",) if rest > 0 else ()
    return (*merged.problems[:_SHOWN], *more)


def is_storable(run: Run) -> bool:
    """Whether a run may become a baseline, now or once its regressions are accepted."""
    return run.status == "ok" and run.trust != "none"


def push_run(kept: Kept, result: Result) -> str:
    """Push a run that may be a baseline, and say so; the directory that has to be uploaded to finish that, if any.

    Other runs stay on this machine: what a pull request measures is nobody's baseline. Raises `StoreError`.
    """
    if not is_storable(result.run):
        return ""
    commit = f" of {result.run.source.commit[:10]}" if result.run.source.commit else ""
    pushed = kept.push(f"Add run {result.run.id}{commit}")
    if pushed is None:
        return ""
    say_pushed(pushed)
    return pushed.to_upload


def say_pushed(pushed: Pushed) -> None:
    """Tell where the store lies now."""
    tries = f" at attempt {pushed.attempts}" if pushed.attempts > 1 else ""
    state = f"stored in {pushed.location}{tries}" if pushed.changed else f"{pushed.location} has everything already"
    for line in (state, *(f"warning: {warning}" for warning in pushed.warnings)):
        sys.stdout.write(f"{plain(line)}\n")
