"""Measure a query as a `database` scenario does, in a few words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perfreg.measure.context import Context, Outcome
from perfreg.measure.scenarios.database import KIND, DatabaseSpec
from perfreg.model.run import Measurement
from tests.support.contexts import make_context


def make_spec(url: str, query: str, **keys: Any) -> DatabaseSpec:
    """A scenario named ``orders`` that is measured quickly unless ``keys`` say otherwise."""
    quick = {"iterations": 20, "warm_up_iterations": 2}
    data = {"name": "orders", "type": "database", "connection_string": url, "query": query, **quick, **keys}
    return DatabaseSpec.model_validate(data)


def measure_query(url: str, query: str, context: Context | Path, **keys: Any) -> Outcome:
    """The outcome of one scenario, in a context of its own when given a directory."""
    world = make_context(context) if isinstance(context, Path) else context
    outcome: Outcome = KIND.measure(make_spec(url, query, **keys), world)
    return outcome


def metrics_of(outcome: Outcome) -> dict[str, Measurement]:
    """The measurements by metric; each must be there once."""
    found = {measurement.metric: measurement for measurement in outcome.measurements}
    assert len(found) == len(outcome.measurements)
    return found
