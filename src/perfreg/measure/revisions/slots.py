"""Places for work trees, one process each at a time: a directory, a lock, and a note of what is in it.

A commit has as many places as processes need it at once, so nobody waits and nobody measures in another's tree. Names
are all of the same length: the length of a path may show in a measurement. The note is written last, so a tree
without one was never finished.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from perfreg.errors import RevisionError
from perfreg.measure.revisions.lock import Lock, try_lock
from perfreg.measure.revisions.snapshot import Snapshot

_MOST_AT_ONCE = 9
_ID_LENGTH = 16
_SCHEMA = "perfreg.tree/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is in a tree: the commit, how it was checked out, and how the build that ``build`` stands for left it.

    ``home`` is the work tree of the user that it was made from.
    """

    commit: str
    home: str
    fresh: Snapshot
    build: str = ""
    built: Snapshot = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place. ``tree`` may not exist."""

    tree: Path

    @property
    def lock_path(self) -> Path:
        return self.tree.with_name(f"{self.tree.name}.lock")

    @property
    def _note_path(self) -> Path:
        return self.tree.with_name(f"{self.tree.name}.json")

    def note(self) -> Note | None:
        """What is in the tree; None when it was never finished, or when the note cannot be read."""
        try:
            found: Any = json.loads(self._note_path.read_text(encoding="utf-8"))
            if found.pop("schema") != _SCHEMA or not self.tree.is_dir():
                return None
            return Note(**found)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, note: Note) -> None:
        """Replace the note, wholly or not at all."""
        document = {"schema": _SCHEMA, **asdict(note)}
        draft = self.tree.with_name(f"{self.tree.name}.draft")
        draft.write_text(json.dumps(document), encoding="utf-8")
        draft.replace(self._note_path)

    def used(self) -> float:
        """When the tree was last used."""
        try:
            return self._note_path.stat().st_mtime
        except OSError:
            return 0.0

    def touch(self) -> None:
        """Remember that the tree is used now."""
        with suppress(OSError):
            os.utime(self._note_path)

    def clear(self) -> None:
        """Remove the tree and the note."""
        self._note_path.unlink(missing_ok=True)
        self.tree.with_name(f"{self.tree.name}.draft").unlink(missing_ok=True)
        remove_tree(self.tree)


def claim(cache: Path, commit: str) -> tuple[Slot, Lock]:
    """A place for ``commit`` that nobody uses, and its lock. Raises `RevisionError`."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for number in range(1, _MOST_AT_ONCE + 1):
            slot = Slot(tree=cache / f"{commit[:_ID_LENGTH]}-{number}")
            lock = try_lock(slot.lock_path)
            if lock is not None:
                return slot, lock
    except OSError as error:
        raise RevisionError(f"no work tree can be made: {error.strerror}", where=str(cache)) from error
    raise RevisionError(f"{_MOST_AT_ONCE} others measure this commit already", where=str(cache))


def evict(cache: Path, keep: int, discard: Callable[[Slot], None]) -> None:
    """Let ``discard`` remove trees that nobody uses, but the ``keep`` used last and finished."""
    slots = sorted(_slots(cache), key=Slot.used, reverse=True)
    for slot in [each for index, each in enumerate(slots) if index >= keep or not each.used()]:
        with suppress(OSError):
            lock = try_lock(slot.lock_path)
            if lock is not None:
                try:
                    discard(slot)
                finally:
                    lock.release(remove=True)


def remove_tree(tree: Path) -> None:
    """Remove ``tree`` with all that builds left in it, read-only files too. Raises ``OSError``."""

    def insist(function: Callable[[str], Any], name: str, _: Any) -> None:
        with suppress(FileNotFoundError):  # somebody was faster
            for path in (Path(name).parent, Path(name)):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | stat.S_IRWXU)
            if function in (os.open, os.scandir):
                remove_tree(Path(name))  # it could not be looked into until now
            else:
                function(name)

    if tree.is_symlink():
        tree.unlink()
    elif not tree.exists():
        return
    elif sys.version_info >= (3, 12):
        shutil.rmtree(tree, onexc=insist)
    else:
        shutil.rmtree(tree, onerror=insist)


def _slots(cache: Path) -> Iterator[Slot]:
    """Every place in ``cache``, whether there is a tree or only what is left of one."""
    names = {path.name.removesuffix(".lock").removesuffix(".json") for path in cache.iterdir()}
    yield from (Slot(tree=cache / name) for name in names if is_slot(cache / name))


def is_slot(path: Path) -> bool:
    """Whether ``path`` is named like the tree of a place."""
    start, _, number = path.name.partition("-")
    return len(start) == _ID_LENGTH and not set(start) - set("0123456789abcdef") and number.isdigit()


def tree_around(directory: Path) -> Slot | None:
    """The place whose tree ``directory`` lies in."""
    tops = (top for top in (directory, *directory.parents) if is_slot(top))
    return next((Slot(tree=top) for top in tops if Slot(tree=top).note() is not None), None)
