"""Plans of load for tests of engines."""

from __future__ import annotations

from typing import Any

from perfreg.measure.engines.call import Call
from perfreg.measure.engines.engine import LoadPlan, LoadResult
from perfreg.measure.engines.native.engine import drive


def make_plan(url: str, *, call: dict[str, Any] | None = None, **changes: Any) -> LoadPlan:
    """A plan of a fraction of a second."""
    values: dict[str, Any] = {
        "calls": (Call(url=url, **(call or {})),),
        "timeout_s": 5.0,
        "users": 2,
        "warm_up_s": 0.0,
        "duration_s": 0.2,
        "alive": lambda: None,
        "progress": lambda _: None,
    }
    return LoadPlan(**{**values, **changes})


def load(url: str, **changes: Any) -> LoadResult:
    """Drive the embedded engine."""
    return drive(make_plan(url, **changes))
