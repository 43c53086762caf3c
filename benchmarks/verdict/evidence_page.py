"""What the benchmarks of the verdict share: shares with their intervals, and their sections of docs/evidence.md."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

_Z = 1.959964


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of which ``hits`` of ``n`` were seen (Wilson 1927, JASA 22:209-212)."""
    if n == 0:
        return 0.0, 1.0
    share, square = hits / n, _Z * _Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def share(hits: int, n: int) -> str:
    """A cell that says how many of how many that are, with the interval: ``19 of 20 (76-99 %)``."""
    low, high = wilson(hits, n)
    return f"{hits} of {n} ({100 * low:.0f}-{100 * high:.0f} %)"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = (header, ["---"] * len(header), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_section(page: Path, name: str, text: str) -> None:
    """Put ``text`` between ``<!-- name -->`` and ``<!-- /name -->``; at the end of the page where they are not yet."""
    first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
    section = f"{first}\n\n{text.strip()}\n\n{last}"
    old = page.read_text(encoding="utf-8") if page.exists() else "# Evidence\n"
    pattern = re.compile(f"{re.escape(first)}.*?{re.escape(last)}", re.DOTALL)
    new = pattern.sub(lambda _: section, old) if pattern.search(old) else f"{old.rstrip()}\n\n{section}\n"
    page.write_text(new, encoding="utf-8")
