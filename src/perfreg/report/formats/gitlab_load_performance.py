"""The result as the summary that k6 exports, which GitLab's load performance widget reads in merge requests.

All requests of all ``api`` scenarios are one load in it, as the widget has room for one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from perfreg.model.result import Result
from perfreg.report.format import ReportFile, ReportFormat
from perfreg.report.spread import Spread, pooled
from perfreg.report.timings import Timing, timings

_KIND, _FAMILY = "api", "response_time"


def render(result: Result) -> str:
    """A JSON document with the one key ``metrics``; what was not measured is not in it."""
    loads = [each for each in timings(result) if each.family == _FAMILY or (each.kind == _KIND and not each.family)]
    metrics: dict[str, dict[str, float]] = {}
    attempts = sum(each.attempts for each in loads)
    if attempts:
        lost = sum(sum(each.failed.values()) for each in loads)
        metrics["checks"] = _share(attempts - lost, lost)
        metrics["http_req_failed"] = _share(lost, attempts - lost)
        metrics["http_reqs"] = {"count": attempts, "rate": _rate(loads)}
    spreads = [each.spread for each in loads if each.spread is not None]
    if spreads:
        # Both: the widget reads the one, and people know the other. Until the last byte is all that perfreg measures.
        metrics["http_req_duration"] = metrics["http_req_waiting"] = _trend(spreads)
    return json.dumps({"metrics": dict(sorted(metrics.items()))}, indent=2, allow_nan=False) + "\n"


def _share(passes: int, fails: int) -> dict[str, float]:
    return {"passes": passes, "fails": fails, "value": _short(passes / (passes + fails))}


def _rate(loads: Iterable[Timing]) -> float:
    """Attempts by the time they took, one scenario after the other."""
    known = [each for each in loads if each.rate is not None and each.spread is not None]
    seconds = sum(each.spread.n / each.rate for each in known if each.spread and each.rate)
    return _short(sum(each.attempts for each in known) / seconds) if seconds else 0.0


def _trend(spreads: list[Spread]) -> dict[str, float]:
    total = sum(each.n for each in spreads)
    means = [(each.n, each.mean) for each in spreads if each.mean is not None]
    average = {"avg": sum(n / total * mean for n, mean in means)} if len(means) == len(spreads) else {}
    numbers = {
        **average,
        "min": min(each.points[0][1] for each in spreads),
        "med": pooled(spreads, 0.5),
        "p(90)": pooled(spreads, 0.9),
        "p(95)": pooled(spreads, 0.95),
        "max": max(each.points[-1][1] for each in spreads),
    }
    return {name: _short(number) for name, number in numbers.items()}


def _short(number: float) -> float:
    return float(f"{number:.6g}")


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="load-performance.json", content=render(result).encode("ascii")),)


FORMAT = ReportFormat(
    name="gitlab-load-performance", summary="k6's summary, for GitLab's load performance report",
    file_name="load-performance.json", render=_files,
)  # fmt: skip
