from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from tests.support.contexts import make_context
from tests.support.hostile_server import answering, hostile_server
from tests.support.load import load

from perfreg.errors import MeasureError, ServiceError
from perfreg.measure.engines.keys import worker_count
from perfreg.measure.engines.profile import constant
from perfreg.measure.scenarios.api import ApiSpec, measure
from perfreg.stats.distribution import merge

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "native.worker" in " ".join(each.cmdline())]


def test_workers_share_a_schedule_and_add_up() -> None:
    with hostile_server(answering(OK)) as url:
        result = load(url, rate=constant(100, 0.5), duration_s=0.5, workers=2, keep_samples=True)
    assert result.answers == merge(result.response).n == 50
    assert result.requests == 52
    assert result.throughput == pytest.approx(100)
    assert result.generator.workers == 2
    assert result.generator.lag is not None
    assert result.generator.lag.n == 50
    assert sum(each.answers for each in result.seconds) == 50
    assert result.samples is not None
    due = sorted(result.samples.intended)
    assert due == [number * 10_000_000 for number in range(50)]
    assert not children()


def test_users_are_divided(tmp_path: Path) -> None:
    with hostile_server(answering(OK)) as url:
        spec = ApiSpec.model_validate(
            {"name": "s", "type": "api", "endpoint": "/", "concurrent_users": 3, "duration": 0.2, "warm_up": 0.1,
             "workers": 2}
        )  # fmt: skip
        outcome = measure(spec, make_context(tmp_path, base_url=url))
    assert not outcome.errors
    found = {each.metric: each for each in outcome.measurements}
    assert found["throughput"].value > 0
    assert found["response_time_p50"].n == outcome.samples["response_time"].n


def test_what_cannot_begin_is_said_and_nobody_is_left() -> None:
    with pytest.raises(MeasureError, match="cannot connect"):
        load("http://127.0.0.1:9", workers=2)
    assert not children()


def test_a_dead_service_ends_all_workers() -> None:
    began = time.monotonic()
    calls = iter(range(1000))

    def alive() -> None:
        if next(calls) > 5:
            raise ServiceError("the service died")

    with hostile_server(answering(OK)) as url, pytest.raises(ServiceError, match="the service died"):
        load(url, duration_s=60.0, workers=2, alive=alive)
    assert time.monotonic() - began < 30
    assert not children()


@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_a_worker_that_is_killed_is_told() -> None:
    calls = iter(range(1000))

    def alive() -> None:
        if next(calls) == 5:
            children()[0].send_signal(signal.SIGKILL)

    with hostile_server(answering(OK)) as url, pytest.raises(MeasureError, match="a worker of the load died"):
        load(url, duration_s=60.0, workers=2, alive=alive)
    assert not children()


def test_there_are_no_more_workers_than_are_of_use() -> None:
    assert worker_count(4, 2) == 2
    assert worker_count(4, 100) == 4
    assert worker_count("auto", 3) == 1
    assert worker_count("auto", 10_000) >= 1
