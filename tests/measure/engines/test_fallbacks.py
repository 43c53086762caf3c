from __future__ import annotations

import pytest
from tests.support.hostile_server import answering, endless, hostile_server, resetting
from tests.support.load import load

from perfreg.measure.engines.native import alarm, engine
from perfreg.measure.engines.profile import constant

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a system without uvloop and without timers of the kernel."""

    def missing(*_: object) -> None:
        raise OSError("no such thing here")

    monkeypatch.setattr(engine, "fast_loop", lambda: None)
    monkeypatch.setattr(alarm, "_KernelAlarm", missing)


def test_a_closed_loop_needs_no_uvloop() -> None:
    with hostile_server(answering(OK)) as url:
        result = load(url)
    assert not result.errors
    assert result.answers > 5


def test_an_open_loop_needs_no_timer_of_the_kernel() -> None:
    with hostile_server(answering(OK)) as url:
        result = load(url, rate=constant(100, 0.3), duration_s=0.3)
    assert result.answers == 30


def test_failures_are_of_the_same_classes() -> None:
    with hostile_server(resetting(b"HTTP/1.1 200 OK\r\n")) as url:
        assert set(load(url).errors) == {"reset"}
    with hostile_server(endless(b"HTTP/1.1 200 OK\r\n", b"X-Header: x\r\n" * 100)) as url:
        assert set(load(url).errors) == {"too large"}
    with hostile_server(answering(OK[:-1])) as url:
        assert set(load(url, timeout_s=0.2).errors) == {"timeout"}
