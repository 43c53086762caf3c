from __future__ import annotations

import socket
import threading
import time

import pytest
from tests.support.hostile_server import answering, hostile_server, resetting
from tests.support.load import load

from perfreg.measure.engines.profile import Segment, constant
from perfreg.stats.distribution import merge

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def test_every_request_of_the_schedule_is_sent_and_its_times_are_told_apart() -> None:
    with hostile_server(answering(OK)) as url:
        result = load(url, rate=constant(100, 0.5), duration_s=0.5, warm_up_s=0.1)
    assert result.open_loop
    assert result.answers == 50
    assert result.requests >= 60
    assert result.throughput == pytest.approx(100)
    response, service = merge(result.response), merge(result.service)
    assert service.moments.total <= response.moments.total
    assert result.generator.lag is not None
    assert result.generator.lag.n == 50


def test_a_stall_shows_in_full_because_nobody_waits_for_anybody() -> None:
    """Half a second of standstill makes one slow request of each user in a closed loop, and half of all in an open."""
    stalled = threading.Event()
    lock = threading.Lock()

    def script(connection: socket.socket) -> None:
        with lock:
            if not stalled.is_set():
                stalled.set()
                time.sleep(0.5)
        connection.sendall(OK)

    with hostile_server(script) as url:
        stalled.set()  # not in the first request, which only tries the server out
        threading.Timer(0.2, stalled.clear).start()
        result = load(url, rate=constant(100, 1.0), duration_s=1.0)
    response = merge(result.response)
    assert result.answers == 100
    assert response.quantile(0.9) > 200.0
    assert response.quantile(0.99) > 400.0


def test_a_server_too_slow_for_the_schedule_is_said_to_be() -> None:
    def script(connection: socket.socket) -> None:
        time.sleep(0.1)
        connection.sendall(OK)

    with hostile_server(script) as url:
        result = load(url, rate=constant(200, 0.5), duration_s=0.5, max_connections=2)
    assert any("the schedule was not kept" in fault and "all 2 connections" in fault for fault in result.faults)
    assert merge(result.response).quantile(0.9) > 200.0


def test_a_generator_that_is_late_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine whose process stands still must not blame the server, nor look fast."""
    with hostile_server(answering(OK)) as url:
        calls = iter(range(100))

        def dawdle(_: float) -> None:
            if next(calls) == 1:
                time.sleep(0.3)

        result = load(url, rate=constant(200, 1.5), duration_s=1.5, progress=dawdle)
    assert any("load generator was too slow" in fault for fault in result.faults)
    assert merge(result.response).quantile(0.99) > 100.0
    assert result.generator.lag is not None
    assert result.generator.lag.moments.high > 250.0


def test_failures_of_an_open_loop_are_counted_and_do_not_hold_it_up() -> None:
    with hostile_server(resetting()) as url:
        result = load(url, rate=constant(100, 0.4), duration_s=0.4)
    assert result.errors == {"reset": 40}
    assert result.answers == 0


def test_a_ramp_ends_with_more_than_it_began_with() -> None:
    with hostile_server(answering(OK)) as url:
        result = load(url, rate=(Segment(duration_s=1.0, first=0, last=200),), duration_s=1.0)
    counts = [each.n for each in result.response]
    assert result.answers == 100
    assert sum(counts[:5]) < sum(counts[5:])


def test_stages_have_the_users_they_say() -> None:
    def script(connection: socket.socket) -> None:
        time.sleep(0.05)
        connection.sendall(OK)

    stages = (*constant(1, 0.5), *constant(6, 0.5))
    with hostile_server(script) as url:
        result = load(url, users=6, stages=stages, duration_s=1.0)
    counts = [each.n for each in result.response]
    assert not result.errors
    assert 2 * sum(counts[:5]) < sum(counts[5:])
