"""Tables and sections of docs/evidence.md, made as the benchmarks of the verdict make them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "verdict"))

from evidence_page import table, write_section

__all__ = ["table", "write_section"]
