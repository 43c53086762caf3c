"""The result as OpenMetrics text, for GitLab's metrics report and for Prometheus.

GitLab compares values as strings and reads lines as a shell does, so figures are rounded, and whatever a shell or its
comments would take apart is percent-encoded in labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from perfreg.model.result import Result
from perfreg.report.escape import visible
from perfreg.report.figures import Figure, figures
from perfreg.report.format import ReportFile, ReportFormat

_HELP = {
    "perfreg_value": "What was measured, in the unit of the label.",
    "perfreg_verdict": "The verdict on each metric, which is always 1.",
    "perfreg_gate": "The answer of the gate, which is always 1.",
}
_UNSAFE = re.compile(r"""[#"'`\\\s]|%(?=[0-9A-Fa-f]{2})""")


def render(result: Result) -> str:
    """Gauges alone, each labelled line once, closed by ``# EOF``."""
    lines = [*_family("perfreg_value", _values(figures(result)))]
    lines += _family("perfreg_verdict", _verdicts(result))
    lines += _family("perfreg_gate", {_labels({"status": result.gate.status}): "1"})
    return "\n".join((*lines, "# EOF", ""))


def _family(name: str, samples: Mapping[str, str]) -> Iterator[str]:
    if samples:
        yield f"# TYPE {name} gauge"
        yield f"# HELP {name} {_HELP[name]}"
        yield from (f"{name}{labels} {value}" for labels, value in samples.items())


def _values(found: Iterable[Figure]) -> dict[str, str]:
    return {
        _labels({"scenario": each.scenario, "metric": each.metric, "unit": each.unit}): _number(each)
        for each in found
    }  # fmt: skip


def _verdicts(result: Result) -> dict[str, str]:
    found: dict[tuple[str, str], str] = {}
    for each in result.verdicts:
        scenario, metric = visible(each.scenario), visible(each.metric)
        labels = {"scenario": scenario, "metric": metric, "verdict": each.status, "severity": each.severity or ""}
        labels["accepted"] = "yes" if each.accepted else ""
        found.setdefault((scenario, metric), _labels(labels))
    return dict.fromkeys(found.values(), "1")


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_encoded(text)}"' for name, text in labels.items() if text) + "}"


def _encoded(text: str) -> str:
    """Different texts stay different: a percent sign is encoded where it would be taken for the start of a code."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")), text)


def _number(figure: Figure) -> str:
    """Three significant digits, as more would differ in every run; figures that are exact in full."""
    if figure.exact:
        return f"{figure.value:.0f}" if figure.value.is_integer() and abs(figure.value) < 1e15 else repr(figure.value)
    rounded = float(f"{figure.value:.3g}")
    return f"{rounded:.15g}" if rounded else "0"


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="metrics.txt", content=render(result).encode("utf-8", "replace")),)


FORMAT = ReportFormat(
    name="openmetrics", summary="OpenMetrics text, for GitLab's metrics report and Prometheus",
    file_name="metrics.txt", render=_files,
)  # fmt: skip
