"""Small files of the kernel, read at once."""

from __future__ import annotations

import os

_MOST = 1 << 16


def read(path: str) -> bytes:
    """The whole file. Raises `OSError`; a process that has ended, before or meanwhile, is a `ProcessLookupError`."""
    try:
        # Neither buffers nor objects: this is the hot path of the sampler.
        descriptor = os.open(path, os.O_RDONLY)
        try:
            found = os.read(descriptor, _MOST)
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise ProcessLookupError(*error.args) from None
    if not found:
        raise ProcessLookupError(path)
    return found
