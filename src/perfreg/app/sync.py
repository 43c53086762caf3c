"""Bring this machine's copy of the store and the place it is kept in together."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.publish.stores.backend import Backend, Pushed
from perfreg.store.exchange import add, without
from perfreg.store.sqlite import Merged, SqliteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """This machine's copy of the store, and where it is kept between runs (None: nowhere else)."""

    store: SqliteStore
    backend: Backend | None = None

    def pull(self) -> Merged:
        """Add to the copy what others have stored. Raises `StoreError`: never compare with nothing in silence."""
        if self.backend is None:
            return Merged()
        return self.store.merge(self.backend.pull())

    def push(self, message: str) -> Pushed | None:
        """Add to the place what this machine has measured; None when there is no place or nothing to add."""
        additions = self.store.pending()
        if self.backend is None or not additions:
            return None
        pushed = self.backend.push(lambda there: add(there, additions), message)
        self.store.settle(additions)
        return pushed

    def drop(self, ids: frozenset[str], message: str) -> Pushed | None:
        """Take records out of the place and of the copy; None when there is no place."""
        pushed = self.backend.push(lambda there: without(there, ids), message) if self.backend else None
        self.store.remove(ids)
        return pushed
