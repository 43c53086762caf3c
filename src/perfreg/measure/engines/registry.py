"""The load engines perfreg knows."""

from __future__ import annotations

from perfreg.measure.engines import httpx_engine
from perfreg.measure.engines.engine import LoadEngine

ENGINES: dict[str, LoadEngine] = {engine.name: engine for engine in (httpx_engine.ENGINE,)}
