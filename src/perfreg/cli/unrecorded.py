"""What the legs of a matrix have measured becomes one change of the store, made by the job that gathers them.

A leg that is told to record nothing leaves its records in a file beside its result. The job that gathers the legs reads
them as strictly as anything that comes from elsewhere: it stores a run only if that is, to the last figure, the one in
the leg's result, of the very commit and branch that this job is about, and no pull request's.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.cli.keeping import is_storable, kept_by, say_pushed
from perfreg.cli.progress import plain
from perfreg.errors import InputError, StoreError
from perfreg.store.codec import decode_event, encode_event, encode_run
from perfreg.store.exchange import Line, read

if TYPE_CHECKING:
    from perfreg.app.sync import Kept
    from perfreg.cli.gathering import Gathered
    from perfreg.model.event import Event
    from perfreg.model.result import Result
    from perfreg.model.run import Run, Source

FILE = "unrecorded.jsonl"
_MOST_CHARACTERS = 32 * 1024 * 1024
_MOST_DECISIONS = 1000
_HINT = "check out the repository before, at the same commit, and name the same configuration"


def leave(kept: Kept, result: Result, directory: Path) -> Path | None:
    """Write the records that `push_run` would store to a file of ``directory``; None when there is nothing to store."""
    file = directory / FILE
    file.unlink(missing_ok=True)
    if kept.backend is None or not is_storable(result.run):
        return None
    commit = result.run.source.commit
    decisions = [event for event in kept.store.events() if commit and event.commit == commit]
    lines = (encode_run(result.run), *map(encode_event, decisions))
    file.write_bytes("".join(f"{line}\n" for line in lines).encode())
    sys.stdout.write(f"left for the job that gathers the results: {plain(str(file))}\n")
    return file


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was stored for others: the directory to upload, if any, and the results whose runs are in the store now.

    ``late`` says what was not stored, and why.
    """

    upload: str = ""
    results: tuple[Result, ...] = ()
    late: StoreError | None = None


def files_of(gathered: Gathered) -> dict[Path, Result]:
    """The files of records that legs have left, with the result of each."""
    beside = {file.parent / FILE: leg.result for file, leg in zip(gathered.files, gathered.legs, strict=True)}
    return {file: result for file, result in beside.items() if file.is_file() and not file.is_symlink()}


def record(files: dict[Path, Result], args: argparse.Namespace) -> Recorded:
    """Store the runs and decisions of these ``files`` at once, where the configuration of ``args`` says.

    Raises `PerfregError` when none can be. What is refused of some keeps the others from nothing.
    """
    from perfreg.cli.run import storing_flags
    from perfreg.cli.selection import load_config
    from perfreg.measure.source import detect

    loaded = load_config(args, storing_flags(args))
    kept = kept_by(loaded)
    if kept.backend is None:
        raise StoreError("it is kept on this machine alone", where="baseline.store", hint=_HINT)
    here = detect(loaded.directory, os.environ, base_branch=loaded.config.baseline.base_branch)
    taken: list[Result] = []
    refused: list[str] = []
    for file, result in files.items():
        try:
            kept.store.add(*_records(file, result, here))
        except (InputError, StoreError) as error:
            refused.append(f"{error.message} ({file.parent.name})")
        else:
            taken.append(result)
    late = StoreError(f"not recorded: {'; '.join(refused)}", hint=_HINT) if refused else None
    return Recorded(upload=_push(kept, taken), results=tuple(taken), late=late)


def _push(kept: Kept, results: list[Result]) -> str:
    if not results:
        return ""
    commit = f" of {results[0].run.source.commit[:10]}" if results[0].run.source.commit else ""
    names = f"run {results[0].run.id}" if len(results) == 1 else f"{len(results)} runs"
    pushed = kept.push(f"Add {names}{commit}")
    if pushed is None:
        return ""
    say_pushed(pushed)
    return pushed.to_upload


def _records(file: Path, result: Result, here: Source) -> Iterator[Run | Event]:
    """The run and the decisions in a leg's file, all of which have to be about ``here``."""
    lines = list(_lines(file))
    mine = encode_run(result.run)
    if not any(line.kind == "run" and line.text == mine for line in lines):
        raise InputError("the record of the run is not that of its result")
    _check(result.run, here)
    decisions = [decode_event(line) for line in lines if line.kind == "event"][:_MOST_DECISIONS]
    yield result.run
    yield from (each for each in decisions if each.kind == "accept" and each.commit == here.commit and here.commit)


def _lines(file: Path) -> Iterator[Line]:
    try:
        with file.open(encoding="utf-8", newline="\n") as stream:
            text = stream.read(_MOST_CHARACTERS + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"its records cannot be read: {type(error).__name__}") from error
    if len(text) > _MOST_CHARACTERS:
        raise InputError("its records are too long")
    yield from (line for line in read({file.name: text}) if isinstance(line, Line))


def _check(run: Run, here: Source) -> None:
    """Refuse what no job of this commit's own can have left."""
    source = run.source
    if not is_storable(run):
        raise InputError("a run that may not be a baseline is not stored")
    if here.pull_request or source.pull_request:
        raise InputError("what a pull request has measured is nobody's baseline")
    if source.commit != here.commit or source.branch != here.branch:
        there = f"{source.branch or 'no branch'} at {source.commit[:10] or 'no commit'}"
        raise InputError(f"it is of {there}, and this is {here.branch or 'none'} at {here.commit[:10] or 'none'}")
    if run.trust == "automatic" and here.branch != here.base_branch:
        raise InputError(f"{here.branch or 'a detached HEAD'} is not the base branch {here.base_branch or '(unknown)'}")
