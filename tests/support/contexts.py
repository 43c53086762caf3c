"""The world that a scenario is measured in, for tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from perfreg.measure.context import Context
from perfreg.measure.targets import TargetPolicy


def make_context(directory: Path, **changes: Any) -> Context:
    """A context that works in ``directory`` and may load loopback."""
    values: dict[str, Any] = {"directory": directory, "output": directory, "env": os.environ, "targets": TargetPolicy()}
    return Context(**{**values, **changes})
