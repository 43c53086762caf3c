"""From what an engine measured to the metrics of a scenario, and to doubts about them."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from perfreg.measure.context import Outcome
from perfreg.measure.engines.engine import LoadResult
from perfreg.model.metric import CATALOGUE, Metric
from perfreg.model.run import Measurement
from perfreg.stats.describe import BLOCKS, single, standard_error
from perfreg.stats.distribution import merge
from perfreg.stats.slices import family, from_moments, from_slices

_BUSY = 0.9
"""A process that uses this share of a core has none left to wait with."""
_LONG_S = 2.0
_MANY = 30
"""Samples of a slice, and seconds of a run, from which on it can be told that it was warming up."""
_UNLIKE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCost:
    """CPU time that the service used in the ``wall_s`` seconds of the load, warm-up included."""

    cpu_s: float
    wall_s: float

    @property
    def busy(self) -> float:
        """How many cores it used on average."""
        return self.cpu_s / self.wall_s if self.wall_s > 0 else 0.0


def step_metrics(name: str) -> tuple[Metric, ...]:
    """The metrics of a step with a name."""
    return tuple(
        Metric(name=f"{name}_response_time_{take}", unit="ms", direction="lower") for take in ("mean", "p50", "p95")
    )


def outcome(
    name: str,
    result: LoadResult,
    *,
    service: ServiceCost | None,
    max_error_rate_pct: float,
    steps: Sequence[str] = (),
) -> Outcome:
    """The metrics of what an engine measured. Failed requests count as errors and never as latency.

    ``steps`` are the names of the calls; those with one have metrics of their own.
    """
    attempts, answers = result.attempts, result.answers
    rate = 100 * sum(result.errors.values()) / attempts if attempts else 100.0
    measurements: list[Measurement] = []
    if attempts:
        measurements.append(single(name, CATALOGUE["error_rate"], rate, n=attempts))
    samples = {"response_time": merge(result.response).histogram}
    if answers:
        measurements += family(name, "response_time", result.response)
        if result.open_loop:
            measurements += family(name, "service_time", result.service)
            samples["service_time"] = merge(result.service).histogram
        for step, slices in zip(steps, result.steps, strict=False):
            if step and any(each.n for each in slices):
                samples[f"{step}_response_time"] = merge(slices).histogram
                measurements += (
                    from_slices(name, metric, slices, take=metric.name.rpartition("_")[2])
                    for metric in step_metrics(step)
                )
        measurements.append(_throughput(name, result))
        if result.size.n:  # not every engine knows it of a script of the user's
            measurements.append(from_moments(name, CATALOGUE["response_size"], result.size))
        if service is not None and service.cpu_s > 0:
            cost = 1e3 * service.cpu_s / result.requests
            measurements.append(single(name, CATALOGUE["cpu_time_per_request"], cost, n=result.requests))
        measurements += _generator(name, result)
    reasons = list(result.faults)
    if rate > max_error_rate_pct or not answers:
        reasons.insert(0, _complaint(rate, max_error_rate_pct, result.errors, attempts))
    return Outcome(
        measurements=tuple(measurements),
        status="broken" if reasons else "ok",
        reasons=tuple(reasons),
        warnings=tuple(_doubts(result, service)),
        errors=dict(result.errors),
        samples=samples,
        attempts=attempts,
        busy_s=result.elapsed_s,
    )


def _throughput(name: str, result: LoadResult) -> Measurement:
    error = standard_error([each.n / result.slice_s for each in result.response[:BLOCKS]])
    return single(name, CATALOGUE["throughput"], result.throughput, n=result.answers, std_error=error)


def _generator(name: str, result: LoadResult) -> Iterator[Measurement]:
    """What the load cost its own process: numbers that inform and are judged by nobody."""
    generator = result.generator
    yield single(name, CATALOGUE["generator_cpu"], 100 * generator.busy, n=result.requests)
    if generator.lag is not None and generator.lag.n:
        yield single(name, CATALOGUE["generator_lag"], generator.lag.quantile(0.99), n=generator.lag.n)


def _doubts(result: LoadResult, service: ServiceCost | None) -> Iterator[str]:
    busy = result.generator.busy
    if busy >= _BUSY and (service is None or service.busy < _BUSY):
        against = "" if service is None else f", the service {100 * service.busy:.0f} %"
        yield (
            f"the load generator, not the service, was the limit: it used {100 * busy:.0f} % of a core{against}; "
            "use more workers, or fewer users"
        )
    if result.repeated:
        yield (
            f"{result.repeated} requests were sent again on a new connection: the server closed the old one without "
            "saying so; have it answer `Connection: close`, or keep connections longer"
        )
    if _is_unsettled(result):
        yield "the service was still warming up when the measurement began: give the scenario a longer warm_up"


def _is_unsettled(result: LoadResult) -> bool:
    """Whether the first fifth of a steady load was answered unlike the second half, by more than slices differ."""
    slices = result.response[:BLOCKS]
    if not result.steady or result.slice_s * BLOCKS < _LONG_S or min(each.n for each in slices) < _MANY:
        return False
    medians = [each.quantile(0.5) for each in slices]
    early, late = medians[: BLOCKS // 5], medians[BLOCKS // 2 :]
    usual = statistics.median(late)
    spread = max(abs(each - usual) for each in late)
    return all(abs(each - usual) > max(_UNLIKE * usual, 2 * spread) for each in early)


def _complaint(rate: float, limit: float, errors: Mapping[str, int], attempts: int) -> str:
    if not attempts:
        return "no request was finished in the whole duration"
    classes = ", ".join(f"{count} x {kind}" for kind, count in sorted(errors.items(), key=lambda item: -item[1]))
    return f"{rate:.3g} % of {attempts} requests failed (limit {limit:g} %): {classes}"
