"""What several workers have measured, as if it had been one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest

from perfreg.measure.engines.engine import Generator, LoadResult, RawSamples, Second
from perfreg.stats import histogram
from perfreg.stats.distribution import Distribution, Moments, merge


def merged(results: Sequence[LoadResult]) -> LoadResult:
    """The result of all workers. Their windows of time were the same."""
    first = results[0]
    return LoadResult(
        response=_by_slice([each.response for each in results]),
        service=_by_slice([each.service for each in results]),
        open_loop=first.open_loop,
        steady=first.steady,
        connect=merge(each.connect for each in results),
        tls=merge(each.tls for each in results),
        first_byte=merge(each.first_byte for each in results),
        steps=tuple(_by_slice(list(slices)) for slices in zip(*(each.steps for each in results), strict=True)),
        size=sum((each.size for each in results), Moments()),
        errors=sum((each.errors for each in results), Counter[str]()),
        requests=sum(each.requests for each in results),
        repeated=sum(each.repeated for each in results),
        elapsed_s=max(each.elapsed_s for each in results),
        throughput=sum(each.throughput for each in results),
        slice_s=first.slice_s,
        seconds=tuple(_second(row) for row in zip_longest(*(each.seconds for each in results))),
        generator=_generator([each.generator for each in results]),
        faults=tuple(dict.fromkeys(fault for each in results for fault in each.faults)),
        samples=_samples([each.samples for each in results if each.samples is not None]),
    )


def _by_slice(workers: Sequence[Sequence[Distribution]]) -> tuple[Distribution, ...]:
    return tuple(merge(slices) for slices in zip(*workers, strict=True))


def _second(row: Sequence[Second | None]) -> Second:
    found = [each for each in row if each is not None]
    return Second(
        answers=sum(each.answers for each in found),
        failures=sum(each.failures for each in found),
        total_ms=sum(each.total_ms for each in found),
        longest_ms=max(each.longest_ms for each in found),
        buckets=histogram.merge(each.buckets for each in found),
    )


def _generator(workers: Sequence[Generator]) -> Generator:
    lags = [each.lag for each in workers if each.lag is not None]
    return Generator(
        cpu_s=sum(each.cpu_s for each in workers),
        wall_s=max(each.wall_s for each in workers),
        workers=len(workers),
        lag=merge(lags) if lags else None,
    )


def _samples(workers: Sequence[RawSamples]) -> RawSamples | None:
    if not workers:
        return None
    whole = RawSamples()
    for each in workers:
        whole.intended.extend(each.intended)
        whole.sent.extend(each.sent)
        whole.first_byte.extend(each.first_byte)
        whole.finished.extend(each.finished)
        whole.size.extend(each.size)
    return whole
