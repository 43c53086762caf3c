"""Small files of the kernel, read at once."""

from __future__ import annotations

import os

MOST = 1 << 16
"""No file that is read here is longer."""


def opened(path: str) -> int:
    """A descriptor for reading. Raises `OSError`; a process that has ended is a `ProcessLookupError`."""
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError as error:
        raise ProcessLookupError(*error.args) from None


def read(path: str) -> bytes:
    """The whole file. Raises `OSError`; a process that has ended, before or meanwhile, is a `ProcessLookupError`."""
    # Neither buffers nor objects: this is the hot path of the sampler.
    descriptor = opened(path)
    try:
        found = os.read(descriptor, MOST)
    finally:
        os.close(descriptor)
    if not found:
        raise ProcessLookupError(path)
    return found
