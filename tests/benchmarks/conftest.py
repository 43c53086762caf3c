"""The benchmarks are scripts beside each other: they import one another by their plain names."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.extend(str(Path(__file__).parents[2] / "benchmarks" / name) for name in ("verdict", "load"))
