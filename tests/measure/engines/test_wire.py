from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from time import perf_counter_ns
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.measure.engines.call import Call
from perfreg.measure.engines.native import failure
from perfreg.measure.engines.native.message import compile_request
from perfreg.measure.engines.native.target import parse
from perfreg.measure.engines.native.wire import Connection, HeadConnection, InspectingConnection

ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nhello",
]


class Pipe(asyncio.Transport):
    """A transport that knows whether it is open."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing waits here."""

    def write(self, data: Any) -> None:  # noqa: ARG002 - the signature is asyncio's
        assert not self.closed

    def abort(self) -> None:
        self.closed = True


class Witness:
    """An owner that counts what it is told."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, int]] = []
        self.failures: list[str] = []

    def answered(self, connection: Connection) -> None:
        self.answers.append((connection.status, connection.size))

    def failed(self, connection: Connection, kind: str) -> None:  # noqa: ARG002 - the signature is the owner's
        self.failures.append(kind)


def connect(kind: str = "plain") -> tuple[Connection, Witness, Pipe]:
    witness, pipe = Witness(), Pipe()
    made: dict[str, Any] = {"plain": Connection, "head": HeadConnection}
    connection = InspectingConnection(witness, 1000) if kind == "inspecting" else made[kind](witness)
    connection.connection_made(pipe)
    connection.send(b"GET / HTTP/1.1\r\n\r\n")
    return connection, witness, pipe


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """An answer with some bytes changed, lost or doubled, or no answer at all."""
    data = bytearray(draw(st.sampled_from(ANSWERS) | st.binary(max_size=60)))
    for _ in range(draw(st.integers(min_value=0, max_value=4))):
        at = draw(st.integers(min_value=0, max_value=len(data)))
        end = draw(st.integers(min_value=at, max_value=min(len(data), at + 8)))
        data[at:end] = draw(st.binary(max_size=6) | st.sampled_from([b"\r\n", b"\r\n\r\n", b"99", b"-", b"\0"]))
    return bytes(data)


@given(
    mangled(),
    st.lists(st.integers(min_value=1, max_value=30), max_size=8),
    st.sampled_from(["plain", "head", "inspecting"]),
)
def test_whatever_comes_is_one_answer_or_one_failure(data: bytes, cuts: list[int], kind: str) -> None:
    connection, witness, pipe = connect(kind)
    for size in (*cuts, len(data)):
        piece, data = data[:size], data[size:]
        if piece and not pipe.closed:
            connection.data_received(piece)
    if not pipe.closed:
        connection.connection_lost(None)
    assert len(witness.answers) + len(witness.failures) == 1
    assert not connection.waiting
    assert not connection.is_open


ALIKE = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHELLO",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
    b"HTTP/1.1 500 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
    b"HTTP/1.1 204 OK\r\n\r\n",
    b"HTTP/1.1 304 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 500 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 103 Early Hints\r\nContent-Length: 43\r\n\r\nHTTP/1.1 500 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
]


@given(st.lists(st.sampled_from(ALIKE), min_size=1, max_size=6), st.sampled_from(["plain", "head", "inspecting"]))
def test_no_answer_is_read_in_the_light_of_those_before_it(answers: list[bytes], kind: str) -> None:
    used, witness, _ = connect(kind)
    for data in answers:
        alone, expected, _ = connect(kind)
        before = len(witness.answers)
        used.data_received(data)
        alone.data_received(data)
        assert witness.answers[before:] == expected.answers
        assert witness.failures == expected.failures
        assert (used.is_open, used.waiting) == (alone.is_open, alone.waiting)
        if not used.is_open or used.waiting:
            return
        assert used.first > 0
        used.send(b"GET / HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize("cut", [1, 20, 38, 42])
def test_a_known_head_does_not_make_a_known_answer(cut: int) -> None:
    connection, witness, _ = connect()
    connection.data_received(ALIKE[0])
    connection.send(b"GET / HTTP/1.1\r\n\r\n")
    connection.data_received(ALIKE[1][:cut])
    assert len(witness.answers) == 1
    connection.data_received(ALIKE[1][cut:])
    assert witness.answers == [(200, 5)] * 2


@pytest.mark.parametrize("data", ANSWERS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_answer_is_the_same_however_it_is_cut(data: bytes, size: int) -> None:
    connection, witness, pipe = connect()
    for at in range(0, len(data), size):
        connection.data_received(data[at : at + size])
    if not pipe.closed:
        connection.connection_lost(None)
    assert witness.answers == [(101, 0) if b"101" in data else (200, 5)]
    assert not witness.failures


def test_a_request_waits_for_its_moment() -> None:
    connection, _, _ = connect()
    connection.data_received(ANSWERS[0])
    due = perf_counter_ns() + 2_000_000
    assert connection.send(b"GET / HTTP/1.1\r\n\r\n", due) == connection.sent >= due


def test_a_connection_can_be_used_again_when_both_sides_agree() -> None:
    connection, witness, _ = connect()
    for _ in range(3):
        connection.data_received(ANSWERS[0])
        connection.send(b"GET / HTTP/1.1\r\n\r\n")
    assert len(witness.answers) == 3
    assert connection.first == 0
    connection.data_received(ANSWERS[0].replace(b"Content", b"Connection: close\r\nContent"))
    assert not connection.is_open


def test_what_nobody_asked_for_ends_the_connection() -> None:
    connection, witness, pipe = connect()
    connection.data_received(ANSWERS[0])
    connection.data_received(ANSWERS[0])
    assert pipe.closed
    assert len(witness.answers) == 1
    assert not witness.failures


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (None, "protocol"),
        (TimeoutError(), "timeout"),
        (asyncio.TimeoutError(), "timeout"),
        (ConnectionResetError(), "reset"),
        (BrokenPipeError(), "reset"),
        (ConnectionRefusedError(), "refused"),
        (OSError(errno.EHOSTUNREACH, "x"), "refused"),
        (OSError(errno.EADDRNOTAVAIL, "x"), "no ports"),
        (OSError(errno.EMFILE, "x"), "no ports"),
        (socket.gaierror(-2, "x"), "dns"),
        (ssl.SSLCertVerificationError("x"), "certificate"),
        (ssl.SSLError("x"), "tls"),
    ],
)
def test_classes_of_failures(error: BaseException | None, kind: str) -> None:
    assert failure.classify(error) == kind


@pytest.mark.parametrize(
    ("url", "line", "host"),
    [
        ("http://h", b"GET / HTTP/1.1", b"h"),
        ("http://h:80/a?b=c#d", b"GET /a?b=c HTTP/1.1", b"h"),
        ("https://h:8443/a b/ü", b"GET /a%20b/%C3%BC HTTP/1.1", b"h:8443"),
        ("http://[::1]:81/%20{x}", b"GET /%20%7Bx%7D HTTP/1.1", b"[::1]:81"),
        ("unix:/run/a.sock:/x", b"GET /x HTTP/1.1", b"localhost"),
        ("http://bücher.example/", b"GET / HTTP/1.1", b"xn--bcher-kva.example"),
    ],
)
def test_request_lines(url: str, line: bytes, host: bytes) -> None:
    head = compile_request(Call(url=url)).fill({}).split(b"\r\n")
    assert head[0] == line
    assert b"host: " + host in head


def test_requests_say_how_long_they_are_and_who_sends_them() -> None:
    sent = compile_request(Call(url="http://us:p%40ss@h/", method="POST", body=b"x={{n}}")).fill({"n": "ü\r\n"})
    head, _, body = sent.partition(b"\r\n\r\n")
    assert body == "x=ü\r\n".encode()
    assert b"content-length: 6" in head
    assert b"authorization: Basic dXM6cEBzcw==" in head
    own = compile_request(Call(url="http://h/", headers=(("User-Agent", "me"), ("Host", "other")))).fill({})
    assert b"User-Agent: me" in own
    assert b"host: h" not in own


def test_no_value_leaves_the_place_it_stands_in() -> None:
    call = Call(
        url="http://h/{{v}}?q={{v}}", headers=(("X", "{{ v }}"),), body=b'{"a": "{{v}}"}', json_body=True, method="PUT"
    )
    sent = compile_request(call).fill({"v": 'a/"\r\nEvil: 1?&é'})
    assert sent.startswith(b"PUT /a%2F%22%0D%0AEvil%3A%201%3F%26%C3%A9?q=a%2F%22")
    assert sent.endswith(b'{"a": "a/\\"\\r\\nEvil: 1?&\\u00e9"}')
    assert b"\r\nEvil" not in sent


def test_parse_of_sockets() -> None:
    target, path, _ = parse("unix:/a.sock")
    assert (target.path, path) == ("/a.sock", "/")
