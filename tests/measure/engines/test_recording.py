from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.support.contexts import make_context
from tests.support.hostile_server import answering, hostile_server

from perfreg.measure.engines.recording import Recorder
from perfreg.measure.scenarios.api import ApiSpec, measure
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


def test_samples_and_seconds_are_written_on_request(tmp_path: Path) -> None:
    out = tmp_path / "out"
    spec = {"name": "a/../b c", "type": "api", "endpoint": "/", "concurrent_users": 1, "duration": 0.2, "warm_up": 0}
    with hostile_server(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) as url:
        context = make_context(tmp_path, base_url=url, output=out)
        measure(ApiSpec.model_validate(spec), context)
        assert not out.exists()
        outcome = measure(ApiSpec.model_validate({**spec, "save_samples": True}), context)
    samples, seconds = sorted(out.iterdir())
    rows = list(csv.DictReader(samples.read_text().splitlines()))
    assert samples.name.startswith("a_.._b_c-")
    assert len(rows) == outcome.attempts
    assert all(int(row["due_ns"]) <= int(row["finished_ns"]) and row["bytes"] == "5" for row in rows)
    found = list(csv.DictReader(seconds.read_text().splitlines()))
    assert sum(int(row["answers"]) for row in found) == outcome.attempts
    typical = next(each.value for each in outcome.measurements if each.metric == "response_time_p50")
    assert float(found[0]["p50_ms"]) == pytest.approx(typical, rel=0.05)
