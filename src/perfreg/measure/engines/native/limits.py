"""Room for as many connections as a load needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_OTHERS = 256
"""File descriptors for everything that is not a connection of the load."""


@contextmanager
def room_for(connections: int) -> Iterator[None]:
    """Raise this process's limit of open files, as far as the system lets it, until the block ends.

    It is put back, as the services that are started later would inherit it.
    """
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHERS
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft == resource.RLIM_INFINITY or wanted <= soft:
        yield
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
