"""A change with its interval as a line of text, for places without pictures."""

from __future__ import annotations

from perfreg.report.chart import Axis
from perfreg.report.row import Span

WIDTH = 21
"""Columns; an odd number, so that zero has one of its own."""


def bar(span: Span, axis: Axis) -> str:
    """``....[--*--]|........``: the interval in brackets, the change as a star, zero as a bar; plain ASCII."""
    cells = ["."] * WIDTH
    cells[WIDTH // 2] = "|"
    low, high, point = _column(axis, span.low), _column(axis, span.high), _column(axis, span.change)
    for column in range(low, high + 1):
        cells[column] = "-"
    if low < high:
        cells[low], cells[high] = "[", "]"
    cells[point] = "*"
    return "".join(cells)


def legend(axis: Axis) -> str:
    """The ends of the scale, as wide as a bar."""
    left, right = (f"{pct:+.3g} %" for pct in axis.ends)
    return f"{left}{right:>{WIDTH - len(left)}}"


def _column(axis: Axis, pct: float) -> int:
    return round(axis.share(pct) * (WIDTH - 1))
