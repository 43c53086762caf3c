"""How long what a scenario did took, request by request or call by call: the ground of the reports for load tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfreg.model.result import Result
from perfreg.model.run import Measurement, ScenarioRecord
from perfreg.report.escape import visible
from perfreg.report.spread import Spread, spread_of

MILLISECONDS = {"s": 1e3, "ms": 1.0, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ns": 1e-6}
"""Units of time, in milliseconds."""

_FAMILIES = ("response_time", "query_time", "latency", "wall_time")
"""What scenarios are there to measure; a part of it (a step, a connection) would count the same time twice."""
_PARTS = ("connection_time", "fetch_time", "user_time", "system_time", "cpu_time_per_request")
_MOST = 10**12
_SLOWEST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One scenario. ``attempts`` include the ``failed`` ones, by class of error, whose time nobody knows.

    ``spread`` is of the others, in milliseconds, and absent where there are none. ``rate`` is how many ended well in a
    second, and ``size`` of how many bytes their answers were on average; None where that is unknown.
    """

    scenario: str
    kind: str
    family: str
    broken: bool
    attempts: int
    failed: Mapping[str, int]
    spread: Spread | None
    rate: float | None
    size: float | None
    duration_s: float


def timings(result: Result) -> tuple[Timing, ...]:
    """Of every scenario that has times or is broken, in the order in which they ran."""
    measured: dict[str, list[Measurement]] = {record.name: [] for record in result.run.scenarios}
    for each in result.run.measurements:
        measured.setdefault(each.scenario, []).append(each)
    records = {record.name: record for record in reversed(result.run.scenarios)}
    found = (_timing(name, records.get(name), points) for name, points in measured.items())
    return tuple(each for each in found if each.spread or each.broken or each.attempts)


def _timing(name: str, record: ScenarioRecord | None, points: list[Measurement]) -> Timing:
    metrics = {each.metric: each for each in reversed(points)}
    main = _main(points)
    errors = metrics.get("error_rate")
    answers = main.n if main else 0
    attempts = errors.n if errors and errors.nature == "rate" else answers
    lost = round(min(100.0, max(0.0, errors.value)) / 100 * errors.n) if errors and errors.nature == "rate" else 0
    rate, size = metrics.get("throughput"), metrics.get("response_size")
    return Timing(
        scenario=visible(name),
        kind=record.kind if record else "",
        family=_family(main) if main else "",
        broken=record is not None and record.status == "broken",
        attempts=min(_MOST, max(attempts, answers)),
        failed=_classes(lost, record.errors if record else {}),
        spread=spread_of(main, MILLISECONDS[main.unit]) if main else None,
        rate=rate.value if rate and _SLOWEST < rate.value < _MOST else None,
        size=size.value if size and 0 <= size.value < _MOST else None,
        duration_s=record.duration_s if record else 0.0,
    )


def _main(points: list[Measurement]) -> Measurement | None:
    """The measurement whose samples are what the scenario did."""
    timed = [each for each in points if each.unit in MILLISECONDS and each.n > 0 and each.direction != "none"]
    timed = [each for each in timed if each.metric not in _PARTS]
    families = [each for family in _FAMILIES for each in timed if _family(each) == family]
    return next((each for each in families if each.p50 is not None), next(iter((*families, *timed)), None))


def _family(measurement: Measurement) -> str:
    name = measurement.metric
    return next((family for family in _FAMILIES if name == family or name.startswith(f"{family}_")), "")


def _classes(lost: int, errors: Mapping[str, int]) -> dict[str, int]:
    """``lost`` failures by their class, as far as the record knows them."""
    found: dict[str, int] = {}
    for name, number in sorted(errors.items()):
        counted = min(number, lost - sum(found.values()))
        if counted > 0:
            found[visible(name)] = found.get(visible(name), 0) + counted
    rest = lost - sum(found.values())
    return {**found, "error": found.get("error", 0) + rest} if rest else found
