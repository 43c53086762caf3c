"""Where stores are kept between runs: what every backend does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from perfreg.store.exchange import Shards

Edit = Callable[[Shards], Shards]
"""From the store as it is to the store as it should be: `union` with new records, or pruning. It is called again,
with what is there then, each time another writer was faster; so it must depend on nothing but its argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What a push did. ``location`` is where the store lies now (a commit, a file, a URL), for people.

    ``to_upload`` is set by a place that cannot be written from here: the directory that a later step has to upload.
    """

    changed: bool
    attempts: int
    location: str
    warnings: tuple[str, ...] = ()
    to_upload: str = ""


class Backend(Protocol):
    """A place for the shards of one store. Both methods raise `StoreError` with one clear line."""

    def pull(self) -> Shards:
        """The store's shards; empty when there is none yet (that is no error), never half of them."""

    def push(self, edit: Edit, message: str) -> Pushed:
        """Apply ``edit`` to what is there and put the outcome back, whoever else writes at the same time.

        ``message`` says what was added, in one line. Nothing is written when the edit changes nothing.
        """
