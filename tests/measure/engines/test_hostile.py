from __future__ import annotations

import contextlib
import socket
import threading
import time
from itertools import count, islice
from pathlib import Path

import psutil
import pytest
from tests.support.hostile_server import Script, answering, dripping, endless, hostile_server, resetting
from tests.support.load import load

from perfreg.errors import MeasureError
from perfreg.measure.engines.native.limits import room_for
from perfreg.measure.engines.outcome import outcome

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HEAD = b"HTTP/1.1 200 OK\r\n"

GOOD = {
    "length": OK,
    "empty": b"HTTP/1.1 204 No Content\r\n\r\n",
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK,
    "compressed": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\x1f\x8b\x08\x00\x00",
    "announced end": HEAD + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello",
}
BAD = {
    "garbage": b"\x00\x01 this is not HTTP\r\n\r\n",
    "no version": b"200 OK\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "negative length": HEAD + b"Content-Length: -5\r\n\r\nhello",
    "length too small": HEAD + b"Content-Length: 5\r\n\r\nhello, world",
    "two answers": OK + OK,
    "bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
    "header without colon": HEAD + b"Nonsense\r\n\r\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_good_answers_of_all_shapes(name: str) -> None:
    with hostile_server(answering(GOOD[name], then_close=name == "announced end")) as url:
        result = load(url)
    assert not result.errors
    assert result.answers > 1
    assert result.size.mean == (0.0 if name == "empty" else 5.0)


def test_an_answer_may_end_with_its_connection() -> None:
    with hostile_server(answering(HEAD + b"X: y\r\n\r\nhello", then_close=True)) as url:
        result = load(url)
    assert not result.errors
    assert result.size.low == result.size.high == 5.0
    assert result.connect.n >= result.answers


def answering_once(connection: socket.socket) -> None:
    """Close after an answer that promised to go on, but only when the next request is on its way."""
    connection.sendall(OK)
    connection.recv(1, socket.MSG_PEEK)
    raise OSError("done")


def test_a_request_that_a_kept_connection_does_not_take_is_sent_again() -> None:
    with hostile_server(answering_once) as url:
        result = load(url)
    assert not result.errors
    assert result.answers > 2
    assert result.repeated >= result.answers / 2 - 2
    (doubt,) = [each for each in outcome("x", result, service=None, max_error_rate_pct=1).warnings if "again" in each]
    assert f"{result.repeated} requests" in doubt


def test_a_request_that_changes_something_is_never_sent_twice() -> None:
    with hostile_server(answering_once) as url:
        result = load(url, call={"method": "POST"})
    assert result.repeated == 0
    assert result.answers > 0
    assert set(result.errors) <= {"protocol", "reset"}
    assert result.errors


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_http_is_an_error_of_protocol(name: str) -> None:
    with hostile_server(answering(BAD[name])) as url:
        result = load(url)
    assert set(result.errors) == {"protocol"}
    assert result.answers == 0


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answering(b"", then_close=True), "protocol"),
        (answering(HEAD + b"Content-Len", then_close=True), "protocol"),
        (answering(HEAD + b"Content-Length: 100\r\n\r\nhello", then_close=True), "protocol"),
        (answering(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", then_close=True), "protocol"),
        (answering(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", then_close=True),
         "protocol"),
        (resetting(), "reset"),
        (resetting(HEAD + b"Content-Length: 100\r\n\r\nhello"), "reset"),
        (answering(HEAD + b"Content-Length: 100\r\n\r\nhello"), "timeout"),
        (answering(b""), "timeout"),
        (answering(HEAD), "timeout"),
        (answering(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "status 503"),
    ],
)  # fmt: skip
def test_answers_that_end_too_early(script: Script, kind: str) -> None:
    with hostile_server(script) as url:
        result = load(url, timeout_s=0.3)
    assert set(result.errors) == {kind}
    assert result.answers == 0


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (HEAD, b"X-Header: " + b"x" * 1000 + b"\r\n"),
        (HEAD + b"X: ", b"x" * 4096),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: x\r\n" * 100),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x" * 4096),
    ],
    ids=["headers", "one header", "interim answers", "trailers", "chunk extension"],
)
def test_endless_heads_are_cut(first: bytes, piece: bytes) -> None:
    with hostile_server(endless(first, piece)) as url:
        result = load(url)
    assert set(result.errors) <= {"too large", "protocol"}
    assert result.errors
    assert result.answers == 0


def test_a_huge_body_is_cut_and_costs_no_memory() -> None:
    before = psutil.Process().memory_info().rss
    body = endless(HEAD + b"Content-Length: 10000000000\r\n\r\n", b"x" * (1 << 20))
    with hostile_server(body) as url:
        result = load(url, users=1, timeout_s=20.0, duration_s=0.05)
    assert set(result.errors) == {"too large"}
    assert psutil.Process().memory_info().rss - before < 48e6


def test_who_drips_is_timed_out_however_often_he_sends() -> None:
    stop = threading.Event()
    began = time.monotonic()
    with hostile_server(dripping(OK * 20, 0.05, stop)) as url:
        result = load(url, timeout_s=0.3)
        stop.set()
    assert set(result.errors) == {"timeout"}
    assert time.monotonic() - began < 10


def test_a_server_that_takes_no_connection_is_timed_out() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)
            with pytest.raises(MeasureError, match="cannot connect"):
                load(f"http://127.0.0.1:{address[1]}", timeout_s=0.3)


@pytest.mark.parametrize("url", ["http://no-such-host.invalid/", "http://a..b/", "unix:/no/such/socket:/", "http:///x"])
def test_targets_that_are_not_there(url: str) -> None:
    with pytest.raises(MeasureError):
        load(url, timeout_s=5.0)


def test_a_server_that_goes_away_is_refused_from_then_on() -> None:
    served = threading.Semaphore(5)

    def script(connection: socket.socket) -> None:
        if not served.acquire(blocking=False):
            raise OSError("done")
        connection.sendall(OK)

    with hostile_server(script) as url:
        result = load(url)
    assert result.answers <= 5
    assert set(result.errors) <= {"protocol", "reset"}


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets here")
def test_unix_sockets(tmp_path: Path) -> None:
    with hostile_server(answering(OK), family=socket.AF_UNIX, path=str(tmp_path / "s")) as url:
        assert load(url + "/path?x=y").answers > 0


def test_ipv6() -> None:
    try:
        with hostile_server(answering(OK), family=socket.AF_INET6) as url:
            result = load(url)
    except OSError:
        pytest.skip("no IPv6 here")
    assert result.answers > 0


def test_an_answer_to_head_has_no_body() -> None:
    with hostile_server(answering(HEAD + b"Content-Length: 5\r\n\r\n")) as url:
        result = load(url, call={"method": "HEAD"})
    assert not result.errors
    assert result.answers > 1
    with hostile_server(answering(OK)) as url:
        assert set(load(url, call={"method": "HEAD"}).errors) == {"protocol"}


@pytest.mark.parametrize("name", ["X\r\nY", "", "a b"])
def test_no_header_smuggles_another(name: str) -> None:
    with pytest.raises(MeasureError, match="cannot be sent"):
        load("http://127.0.0.1:9", call={"headers": ((name, "x"),)})
    with pytest.raises(MeasureError, match="cannot be sent"):
        load("http://127.0.0.1:9", call={"headers": (("X", "a\r\nY: b"),)})


def test_a_server_that_hangs_up_at_once_is_no_hang() -> None:
    """Connections are accepted and closed before anything is sent."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        stop = threading.Event()

        def hang_up() -> None:
            while not stop.is_set():
                connection, _ = server.accept()
                connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        address = server.getsockname()
        try:
            result = load(f"http://127.0.0.1:{address[1]}", timeout_s=5.0)
        finally:
            stop.set()
            socket.create_connection(address).close()
            thread.join()
    assert set(result.errors) <= {"reset", "protocol"}
    assert result.errors


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="lowers a limit of Linux")
def test_who_has_no_file_descriptors_left_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = {int(each.name) for each in Path("/proc/self/fd").iterdir()}
    limit = next(islice((number for number in count() if number not in used), 40, None))
    monkeypatch.setattr("perfreg.measure.engines.native.engine.room_for", lambda _: contextlib.nullcontext())
    with hostile_server(answering(b"")) as url:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        try:
            result = load(url, users=60, timeout_s=0.5)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert result.errors["no ports"] > 0
    assert result.answers == 0


def test_there_is_room_for_many_connections() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with room_for(before[0]):
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > before[0] or before[0] == before[1]
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
