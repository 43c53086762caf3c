"""The load engines perfreg knows: its own, and others' through the entry-point group ``perfreg.engines``."""

from __future__ import annotations

from functools import cache

from perfreg.measure.engines import httpx_engine
from perfreg.measure.engines.engine import LoadEngine
from perfreg.measure.engines.k6 import engine as k6_engine
from perfreg.measure.engines.locust import engine as locust_engine
from perfreg.measure.engines.native import engine as native_engine
from perfreg.plugins import extended

_BUILT_IN = (native_engine.ENGINE, httpx_engine.ENGINE, k6_engine.ENGINE, locust_engine.ENGINE)
ENGINES: dict[str, LoadEngine] = {engine.name: engine for engine in _BUILT_IN}


@cache
def engines() -> dict[str, LoadEngine]:
    """All engines by name, those of installed packages included."""
    return extended("perfreg.engines", ENGINES)
