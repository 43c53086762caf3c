"""A revision as a directory: a work tree of git's, made once and kept for the next time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from perfreg.errors import RevisionError
from perfreg.measure.revisions.lock import Lock
from perfreg.measure.revisions.repository import Repository, repository
from perfreg.measure.revisions.revision import AS_IT_IS, Report, Revision, silent
from perfreg.measure.revisions.slots import Note, Slot, claim, evict
from perfreg.measure.revisions.snapshot import restore, snapshot
from perfreg.measure.revisions.submodules import populate

KEEP = 4
"""How many work trees are kept, the ones used last."""
_CHECKOUT_S = 900.0  # a partial clone fetches the files it lacks


@contextmanager
def checked_out(
    directory: Path,
    revision: Revision,
    env: Mapping[str, str],
    *,
    cache: Path | None = None,
    keep: int = KEEP,
    report: Report = silent,
) -> Iterator[Path]:
    """What ``directory`` is in ``revision``; the tree as it is for ".", else a work tree nobody else has meanwhile.

    Work trees lie in ``cache`` (``.perfreg/worktrees`` below ``directory``), and ``keep`` of them stay for the next
    time. They are found as they were checked out or, after `built`, as the build left them.
    Raises `RevisionError`.
    """
    if revision.ref == AS_IT_IS:
        yield directory
        return
    around = repository(directory, env)
    place = cache or default_cache(directory)
    ignore(place.parent if cache is None else place)
    slot, lock = claim(place.resolve(), revision.commit)
    try:
        _prepare(around, slot, revision, lock, report)
        slot.touch()
        evict(slot.tree.parent, keep=max(keep, 1), discard=lambda each: _discard(around, each))
        inside = slot.tree / around.prefix
        if not inside.is_dir():
            raise RevisionError(
                f"there is no directory {str(around.prefix)!r} in it", where=f"revision {revision.ref!r}"
            )
        yield inside
    finally:
        slot.touch()
        if keep < 1:
            _discard(around, slot)
        lock.release(remove=keep < 1)


def default_cache(directory: Path) -> Path:
    """Where work trees are kept for the configuration in ``directory``."""
    return directory / ".perfreg" / "worktrees"


def forget(directory: Path, env: Mapping[str, str], *, cache: Path | None = None) -> None:
    """Remove all work trees that nobody uses. Raises `RevisionError`."""
    place = (cache or default_cache(directory)).resolve()
    around = repository(directory, env)
    if place.is_dir():
        evict(place, keep=0, discard=lambda each: _discard(around, each))
    _unregister_missing(around, place)


def ignore(directory: Path) -> None:
    """Let git overlook ``directory`` and all in it, without a line in the user's own ``.gitignore``."""
    path = directory / ".gitignore"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
            file.write("*\n")
    except OSError as error:
        raise RevisionError(f"it cannot be written: {error.strerror}", where=str(path)) from error


def make(around: Repository, slot: Slot, commit: str, *, report: Report, lock: Lock | None = None) -> Note:
    """A new work tree of ``commit`` with its submodules, whatever was there before."""
    _discard(around, slot)
    _unregister_missing(around, slot.tree.parent)
    report(f"checking out {commit[:12]}")
    hold = lock.descriptor if lock else None
    add = ("worktree", "add", "--quiet", "--detach", "--force", "--force", str(slot.tree), commit)
    around.git.run(*add, seconds=_CHECKOUT_S, hold=hold)
    populate(around, slot.tree, report)
    note = Note(commit=commit, home=str(around.top), fresh=snapshot(slot.tree))
    slot.write(note)
    return note


def _prepare(around: Repository, slot: Slot, revision: Revision, lock: Lock, report: Report) -> None:
    note = slot.note()
    if note is not None and note.commit == revision.commit and _is_registered(around, slot, note.commit):
        with suppress(OSError):
            if restore(slot.tree, note.built if note.build else note.fresh):
                return
    try:
        make(around, slot, revision.commit, report=report, lock=lock)
    except BaseException as error:
        with suppress(OSError, RevisionError):
            _discard(around, slot)
        if isinstance(error, OSError):
            raise RevisionError(f"no work tree can be made: {error}", where=str(slot.tree)) from error
        raise


def _is_registered(around: Repository, slot: Slot, commit: str) -> bool:
    found = around.git.at(slot.tree).query("rev-parse", "HEAD", "--show-toplevel").splitlines()
    return len(found) == 2 and found[0] == commit and Path(found[1]).resolve() == slot.tree.resolve()


def _discard(around: Repository, slot: Slot) -> None:
    slot.clear()
    if _registered(around, slot.tree.parent, missing=slot.tree):
        around.git.query("worktree", "remove", "--force", "--force", str(slot.tree))


def _unregister_missing(around: Repository, cache: Path) -> None:
    """Forget the work trees that somebody has removed by hand; other stale ones are none of our business."""
    for path in _registered(around, cache):
        around.git.query("worktree", "remove", "--force", "--force", str(path))


def _registered(around: Repository, cache: Path, *, missing: Path | None = None) -> list[Path]:
    """The work trees below ``cache`` that git knows and that do not exist."""
    listed = around.git.query("worktree", "list", "--porcelain").splitlines()
    paths = (Path(line.removeprefix("worktree ")) for line in listed if line.startswith("worktree "))
    gone = [path for path in paths if path.parent == cache and not path.exists()]
    return gone if missing is None else [path for path in gone if path == missing]
