from __future__ import annotations

import numpy as np
import pytest

from perfreg.measure.engines.recording import Recorder
from perfreg.stats.describe import BLOCKS
from perfreg.stats.distribution import merge

MS = 1_000_000
SECOND = 1_000_000_000


def test_quantiles_of_many_samples_are_exact_to_a_thousandth() -> None:
    values = np.random.default_rng(1).lognormal(13, 1, 300_000).astype(int)
    recorder = Recorder(start_ns=0, duration_s=10.0)
    write = recorder.writer()
    for number, value in enumerate(values.tolist()):
        at = number * 30_000
        write(at, at, at + value // 2, at + value, 5)
    recorder.flush()
    whole = merge(recorder.response)
    assert whole.n == recorder.requests == len(values)
    for share in (0.01, 0.5, 0.9, 0.99, 0.999):
        assert whole.quantile(share) == pytest.approx(np.quantile(values, share) * 1e-6, rel=0.0011)
    assert whole.moments.mean == pytest.approx(values.mean() * 1e-6)
    assert whole.moments.std == pytest.approx(values.std(ddof=1) * 1e-6)
    assert whole.moments.high == values.max() * 1e-6
    assert merge(recorder.service).moments == whole.moments
    assert recorder.size.mean == 5


def test_only_what_was_meant_for_the_window_counts_and_what_was_begun_before_is_known() -> None:
    recorder = Recorder(start_ns=SECOND, duration_s=1.0)
    write = recorder.writer()
    write(0, 0, 1, SECOND // 2, 1)
    write(SECOND - 10 * MS, SECOND - 10 * MS, SECOND, SECOND + 5 * MS, 1)
    write(SECOND, SECOND, SECOND + 1, SECOND + 20 * MS, 1)
    recorder.fail("reset", SECOND - MS, SECOND + 3 * MS)
    recorder.fail("reset", SECOND + MS, SECOND + 4 * MS)
    recorder.flush()
    assert merge(recorder.response).n == 1
    assert recorder.requests == 5
    assert recorder.errors == {"reset": 1}
    assert recorder.carried_ns == 8 * MS


def test_response_and_service_part_where_requests_waited() -> None:
    recorder = Recorder(start_ns=0, duration_s=1.0)
    write = recorder.writer()
    for number in range(5000):
        late = 100 * MS if number >= 4500 else 0
        write(number * MS // 10, number * MS // 10 + late, number * MS // 10 + late, number * MS // 10 + late + MS, 1)
    recorder.flush()
    response, service = merge(recorder.response), merge(recorder.service)
    assert response.n == service.n == 5000
    assert service.quantile(0.99) == pytest.approx(1.0, rel=0.001)
    assert response.quantile(0.5) == pytest.approx(1.0, rel=0.001)
    assert response.quantile(0.95) == pytest.approx(101.0, rel=0.001)


def test_slices_and_seconds() -> None:
    recorder = Recorder(start_ns=0, duration_s=2.0, keep_samples=True)
    write = recorder.writer()
    for at in range(0, 3000, 100):
        write(at * MS, at * MS, at * MS, (at + 50) * MS, 1)
    recorder.fail("timeout", 0, 2 * SECOND + 1)
    recorder.flush()
    assert [each.n for each in recorder.response] == [2] * BLOCKS + [10]
    assert [(each.answers, each.failures) for each in recorder.seconds] == [(10, 0), (10, 0), (10, 1)]
    assert recorder.seconds[0].longest_ms == 50.0
    assert recorder.samples is not None
    assert list(recorder.samples.finished[:2]) == [50 * MS, 150 * MS]
