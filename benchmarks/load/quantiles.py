"""How far quantiles are off that come from histograms, and what a sample costs: against all the samples, sorted."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import numpy as np
from claims import Claim, Part
from numpy.typing import NDArray
from page import table

from perfreg.measure.engines.recording import Recorder
from perfreg.stats.distribution import Distribution, merge

SHARES = (0.5, 0.9, 0.95, 0.99, 0.999, 0.9999)
_LIMIT_PCT = 0.1
_WORKERS = 4
_DURATION_S = 60.0
_PIECE = 1_000_000


def part(samples: int) -> Part:
    """Record so many samples, as the engine does, in four recorders; and compare their sum with the truth."""
    times = latencies(samples)
    found, each_ns = recorded(times)
    exact = np.sort(times)
    rows, worst = [], 0.0
    for share in SHARES:
        true = float(exact[max(0, int(np.ceil(share * samples)) - 1)]) / 1e6
        said = found.quantile(share)
        off = 100 * (said / true - 1)
        worst = max(worst, abs(off))
        rows.append([f"p{100 * share:g}", f"{true:.6f} ms", f"{said:.6f} ms", f"{off:+.3f} %"])
    size = found.histogram.counts.nbytes / 1e3
    about = (
        f"{samples:,} samples of three kinds (usual, slow, and in a stall of 200 ms) in {_WORKERS} recorders whose "
        f"histograms are added up: {size:.0f} kB. Recording took {each_ns:.0f} ns of CPU time a sample."
    )
    text = "\n\n".join(
        (
            "### Quantiles",
            about,
            table(["quantile", "exact", "by histogram", "off"], rows),
        )
    )
    claim = f"quantiles of {samples:,} samples: at most {_LIMIT_PCT:g} % off"
    return Part(text=text, claims=(Claim(claim=claim, measured=f"{worst:.3f} %", met=worst <= _LIMIT_PCT),))


def latencies(samples: int) -> NDArray[np.int64]:
    """Nanoseconds: most around 2 ms, some slow ones, and one of a hundred somewhere in a stall."""
    rng = np.random.default_rng(1)
    kinds = rng.random(samples)
    found = rng.lognormal(np.log(2e6), 0.25, samples)
    slow, stalled = (kinds > 0.9) & (kinds <= 0.99), kinds > 0.99
    found[slow] = rng.lognormal(np.log(2e7), 0.5, int(slow.sum()))
    found[stalled] = rng.uniform(1e6, 2e8, int(stalled.sum()))
    return found.astype(np.int64)


def recorded(times: NDArray[np.int64]) -> tuple[Distribution, float]:
    """What recorders make of them, each having a part; nanoseconds of CPU time a sample."""
    parts: list[Distribution] = []
    used = 0
    for mine in np.array_split(times, _WORKERS):
        recorder = Recorder(start_ns=0, duration_s=_DURATION_S)
        write = recorder.writer()
        starts = sorted(random.Random(1).choices(range(int(_DURATION_S * 1e9)), k=min(_PIECE, len(mine))))  # noqa: S311
        before = time.process_time_ns()
        for sent, took in _pairs(starts, mine):
            write(sent, sent, sent + took, sent + took, 100)
        recorder.flush()
        used += time.process_time_ns() - before
        parts.append(merge(recorder.response))
    return merge(parts), used / len(times)


def _pairs(starts: list[int], times: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """A moment and a time for each sample; Python's own integers, as the engine has them."""
    for at in range(0, len(times), len(starts)):
        yield from zip(starts, times[at : at + len(starts)].tolist(), strict=False)
