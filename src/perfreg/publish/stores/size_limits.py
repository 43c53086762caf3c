"""How large a store may grow: code hosts refuse files of 100 MB, so warnings come long before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from perfreg.errors import StoreError

_MB = 1_000_000
_CURE = "thin it out with `perfreg baseline prune`"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeLimits:
    """Bytes. A shard of ``refuse_shard`` or more is neither written nor read, nor is a store of ``refuse_store``."""

    warn_shard: int = 25 * _MB
    warn_store: int = 50 * _MB
    refuse_shard: int = 95 * _MB
    refuse_store: int = 1000 * _MB

    def check(self, sizes: Mapping[str, int], place: str) -> None:
        """Raise `StoreError` when a shard or the whole of ``sizes`` (by name) is too large."""
        for name, size in sizes.items():
            if size >= self.refuse_shard:
                raise StoreError(f"{name} has {_mb(size)}; code hosts refuse 100 MB", where=place, hint=_CURE)
        total = sum(sizes.values())
        if total >= self.refuse_store:
            raise StoreError(f"the store has {_mb(total)}", where=place, hint=_CURE)

    def warnings(self, sizes: Mapping[str, int]) -> Iterator[str]:
        """A sentence for each shard, and for the whole, that is getting large."""
        for name, size in sizes.items():
            if size >= self.warn_shard:
                yield f"{name} has {_mb(size)} and code hosts refuse files of 100 MB: {_CURE}"
        total = sum(sizes.values())
        if total >= self.warn_store:
            yield f"the store has {_mb(total)}, which every run downloads: {_CURE}"


def _mb(size: int) -> str:
    return f"{size / _MB:.0f} MB" if size >= _MB else f"{size} bytes"
