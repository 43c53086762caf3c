"""Pieces of text for the terminal: nothing in them is markup, and nothing is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

STYLES = {
    "regression": "bold red",
    "broken": "bold red",
    "inconclusive": "yellow",
    "environment_mismatch": "magenta",
    "no_baseline": "magenta",
    "improvement": "cyan",
    "unchanged": "dim",
}


def assembled(*parts: str | tuple[str, str]) -> RenderableType:
    """Texts one after the other, each plain or with a style; folded where the line ends."""
    from rich.text import Text

    return Text.assemble(*parts, overflow="fold")


def indented(text: str, columns: int, style: str = "") -> RenderableType:
    """Text that keeps its distance from the margin on every line."""
    from rich.padding import Padding

    return Padding(assembled((text, style)), (0, 0, 0, columns))


def item(text: str) -> RenderableType:
    """One entry of a list."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    grid.add_row("  -", assembled(text))
    return grid
