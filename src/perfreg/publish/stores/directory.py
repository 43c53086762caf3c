"""The store in a directory: a volume that runners share, a workspace that Jenkins keeps, a folder of one's own.

Writers take turns by a lock that dies with its holder, and replace files one by one (`shard_files` says why that is
safe). Files that are no shards are left alone, so the directory may hold other things too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

from perfreg.publish.stores import shard_files
from perfreg.publish.stores.backend import Edit, Pushed
from perfreg.publish.stores.file_lock import locked
from perfreg.publish.stores.shard_files import checked, unusable
from perfreg.store.exchange import Shards

_LOCK = ".perfreg.lock"


@dataclass(frozen=True, slots=True)
class DirectoryStore:
    """The store in the directory ``path``, which is created when something is pushed.

    ``time_limit_s`` is how long to wait for others who use it. Do not put it on a network file system without locks.
    """

    path: Path
    _: KW_ONLY
    time_limit_s: float = 60.0

    def pull(self) -> Shards:
        """The shards in the directory; empty when it does not exist."""
        with self._turn(to_write=False):
            return shard_files.read(self.path)

    def push(self, edit: Edit, message: str) -> Pushed:
        """Apply ``edit`` while nobody else reads or writes; a directory keeps no ``message``."""
        del message
        with self._turn(to_write=True):
            before = shard_files.read(self.path)
            after = checked(edit(before))
            if after != before:
                shard_files.remove_unfinished(self.path)
                shard_files.write(self.path, before, after)
        return Pushed(changed=after != before, attempts=1, location=str(self.path))

    @contextmanager
    def _turn(self, *, to_write: bool) -> Iterator[None]:
        with ExitStack() as stack:
            try:
                if to_write:
                    self.path.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(self.path / _LOCK, self.time_limit_s, create=to_write))
            except OSError as error:
                # Whoever may only read needs no turn: shards that are half old and half new are a store as well.
                if to_write:
                    raise unusable(self.path, "written", error) from error
            yield
