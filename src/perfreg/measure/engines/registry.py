"""The load engines perfreg knows: its own, and others' through the entry-point group ``perfreg.engines``."""

from __future__ import annotations

from functools import cache

from perfreg.measure.engines import httpx_engine
from perfreg.measure.engines.engine import LoadEngine
from perfreg.measure.engines.native import engine as native_engine
from perfreg.plugins import extended

ENGINES: dict[str, LoadEngine] = {engine.name: engine for engine in (native_engine.ENGINE, httpx_engine.ENGINE)}


@cache
def engines() -> dict[str, LoadEngine]:
    """All engines by name, those of installed packages included."""
    return extended("perfreg.engines", ENGINES)
