"""Plain SVG, written by hand: no scripts, no fonts, and colours for light and for dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

_STYLE = """\
text{font:13px -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;fill:#1f2328}
.paper{fill:#fff;stroke:#d1d9e0}.quiet{fill:#59636e}.strong{font-weight:600}.small{font-size:12px}
.axis{stroke:#818b98;fill:none}.grid{stroke:#d1d9e0;fill:none}.band{fill:#ddf4ff}.shade{fill:#eff2f5}
.base{fill:#0969da;stroke:#0969da}.head{fill:#bc4c00;stroke:#bc4c00}.bad{fill:#cf222e;stroke:#cf222e}
.good{fill:#1a7f37;stroke:#1a7f37}.open{fill:#818b98;stroke:#818b98}.ink{fill:#1f2328;stroke:#1f2328}
text.base,text.head,text.bad,text.good,text.open,text.ink{stroke:none}.line{fill:none;stroke-width:1.5}
.bar{stroke-width:2}.faint{opacity:.4}.dashed{stroke-dasharray:4 3}.on{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.paper{fill:#0d1117;stroke:#3d444d}.quiet{fill:#9198a1}
.axis{stroke:#9198a1}.grid{stroke:#3d444d}.band{fill:#12304f}.shade{fill:#212830}.base{fill:#4493f8;stroke:#4493f8}
.head{fill:#f0883e;stroke:#f0883e}.bad{fill:#f85149;stroke:#f85149}.good{fill:#3fb950;stroke:#3fb950}
.open{fill:#9198a1;stroke:#9198a1}.ink{fill:#f0f6fc;stroke:#f0f6fc}.line{fill:none}.on{fill:#0d1117}}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Where the numbers from ``low`` to ``high`` stand between the pixels ``start`` and ``end``; others at the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)


class Canvas:
    """A picture of ``width`` times ``height`` pixels. ``title`` says in one sentence what it shows."""

    def __init__(self, width: int, height: int, title: str) -> None:
        size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title">',
            f'<title id="title">{escape(title)}</title>',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="6"/>',
        ]

    def text(self, x: float, y: float, words: str, look: str = "", *, anchor: str = "start") -> None:
        """One line of words; ``anchor`` is start, middle or end."""
        where = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(f'<text{_class(look)} x="{_n(x)}" y="{_n(y)}"{where}>{escape(words)}</text>')

    def line(self, start: tuple[float, float], end: tuple[float, float], look: str) -> None:
        """A straight line."""
        self._parts.append(
            f'<line{_class(look)} x1="{_n(start[0])}" y1="{_n(start[1])}" x2="{_n(end[0])}" y2="{_n(end[1])}"/>'
        )

    def path(self, points: Iterable[tuple[float, float]], look: str) -> None:
        """A line through all points."""
        self._parts.append(
            f'<polyline{_class(f"line {look}")} points="{" ".join(f"{_n(x)},{_n(y)}" for x, y in points)}"/>'
        )

    def box(self, corner: tuple[float, float], size: tuple[float, float], look: str) -> None:
        """A rectangle from its upper left corner."""
        (x, y), (width, height) = corner, size
        self._parts.append(f'<rect{_class(look)} x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"/>')

    def dot(self, x: float, y: float, look: str, radius: float = 3) -> None:
        """A round dot: base, and whatever is no side."""
        self._parts.append(f'<circle{_class(look)} cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>')

    def diamond(self, x: float, y: float, look: str, radius: float = 4) -> None:
        """A diamond: head. Shapes tell sides apart for those who cannot see the colours."""
        corners = ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y))
        points = " ".join(f"{_n(left)},{_n(top)}" for left, top in corners)
        self._parts.append(f'<polygon{_class(look)} points="{points}"/>')

    def ladder(self, rungs: Sequence[tuple[float, str]], left: float, right: float) -> None:
        """Horizontal lines at heights, each with a label left of it."""
        for y, label in rungs:
            self.line((left, y), (right, y), "grid")
            self.text(left - 8, y + 4, label, "quiet small", anchor="end")

    def svg(self) -> str:
        """The whole file."""
        return "\n".join((*self._parts, "</svg>", ""))


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _class(look: str) -> str:
    return f' class="{look}"' if look else ""
