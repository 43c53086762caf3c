"""A chart that code hosts draw from a few lines of text. Nothing foreign gets into it but letters and digits."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from perfreg.report.row import Row

_MOST_BARS = 12
_LONGEST_NAME = 40
_MOST_PCT = 900.0
_ODD = re.compile(r"[^A-Za-z0-9_.,/() -]")


def changes(rows: Sequence[Row]) -> tuple[str, ...]:
    """The head of each metric in percent of its base, as a fenced block; empty where there is nothing to draw.

    The bars start at zero and a line marks the base: a chart of changes alone would start anywhere. What may be chance
    is drawn only where nothing else is.
    """
    whole = [
        (index, row, row.span)
        for index, row in enumerate(rows, 1)
        if row.span is not None and math.isfinite(row.span.change)
    ]
    certain = [each for each in whole if each[1].status in ("regression", "improvement")]
    drawn = (certain or whole)[:_MOST_BARS]
    if not drawn:
        return ()
    heights = [100 + max(min(span.change, _MOST_PCT), -100.0) for _, _, span in drawn]
    names = ", ".join(f'"{_label(index, row.name)}"' for index, row, _ in drawn)
    return (
        "```mermaid",
        "xychart-beta horizontal",
        '    title "head in percent of base (the line is base)"',
        f"    x-axis [{names}]",
        f'    y-axis "%" 0 --> {_number(max(*heights, 100.0) * 1.1)}',
        f"    bar [{', '.join(map(_number, heights))}]",
        f"    line [{', '.join('100' for _ in heights)}]",
        "```",
    )


def _label(index: int, name: str) -> str:
    """A name that no parser can stumble over; the number tells cut ones apart, and is that of the table's row."""
    return f"{index}. {_ODD.sub('?', name[:_LONGEST_NAME])}"


def _number(value: float) -> str:
    """Never in scientific notation, which is a syntax error."""
    return f"{value:.1f}".rstrip("0").rstrip(".") or "0"
