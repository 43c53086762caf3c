"""What each test type makes of the calls of a function."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from perfreg.errors import MeasureError
from perfreg.measure.function_process import Call
from perfreg.model.metric import CATALOGUE, Metric
from perfreg.model.run import Measurement
from perfreg.stats.describe import BLOCKS, family, from_samples, single, standard_error

THROUGHPUT = Metric(name="throughput", unit="calls/s", direction="higher")

_MB = 1e6


def latency(scenario: str, calls: Sequence[Call]) -> tuple[Measurement, ...]:
    """The distribution of the calls' wall time."""
    return family(scenario, "latency", [call.wall * 1e3 for call in calls])


def throughput(scenario: str, calls: Sequence[Call]) -> tuple[Measurement, ...]:
    """Calls per second of the time spent in them, one after the other."""
    return (_quotient(scenario, THROUGHPUT, [1.0] * len(calls), [call.wall for call in calls]),)


def cpu_usage(scenario: str, calls: Sequence[Call]) -> tuple[Measurement, ...]:
    """CPU time per wall time, in % of one processor."""
    percents = [100 * call.cpu for call in calls]
    return (_quotient(scenario, CATALOGUE["cpu_usage"], percents, [call.span for call in calls]),)


def memory_usage(scenario: str, calls: Sequence[Call]) -> tuple[Measurement, ...]:
    """The median of what a call allocates at its peak: the same work gives the same figure."""
    return from_memory(scenario, calls, take="median")


def resource_utilization(scenario: str, calls: Sequence[Call]) -> tuple[Measurement, ...]:
    """CPU time per wall time, the peak resident set of the process, and the mean wall time."""
    mean = from_samples(scenario, CATALOGUE["latency_mean"], [call.wall * 1e3 for call in calls])
    return (*cpu_usage(scenario, calls), *from_memory(scenario, calls, take="max"), mean)


def from_memory(scenario: str, calls: Sequence[Call], *, take: str) -> tuple[Measurement, ...]:
    """The statistic ``take`` of the calls' memory, or nothing where the system does not tell it."""
    samples = [call.memory / _MB for call in calls if call.memory is not None]
    return (from_samples(scenario, CATALOGUE["memory_usage"], samples, take=take),) if samples else ()


def _quotient(scenario: str, metric: Metric, parts: Sequence[float], wholes: Sequence[float]) -> Measurement:
    """Sum of ``parts`` by sum of ``wholes``, with its standard error from equal slices of the calls."""
    if not all(wholes):
        raise MeasureError(
            f"{scenario}: the calls are too short for this clock", hint="repeat the work inside the function"
        )
    count = min(BLOCKS, len(parts))
    edges = [len(parts) * index // count for index in range(count + 1)]
    blocks = [sum(parts[low:high]) / sum(wholes[low:high]) for low, high in pairwise(edges)]
    return single(scenario, metric, sum(parts) / sum(wholes), n=len(parts), std_error=standard_error(blocks))
