"""One connection of HTTP/1.1, on which one request at a time is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns
from typing import Protocol, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from perfreg.measure.engines import parking
from perfreg.measure.engines.native import failure

MAX_BODY_BYTES = 64 * 1024 * 1024
"""An answer larger than this counts as an error, so that a hostile server cannot exhaust time or memory."""
MAX_HEAD_BYTES = 256 * 1024
"""The same for headers, trailers, interim answers and what surrounds the chunks of a body."""

_FRAMING = 7
"""Bytes of framing for each byte of the body that an honest server may need: chunks of one byte need five."""
_END_OF_HEAD = b"\r\n\r\n"


class Owner(Protocol):
    """Who is told what became of a request; called once for each `Connection.send`, or when a connection is lost."""

    def answered(self, connection: Connection) -> None: ...

    def failed(self, connection: Connection, kind: str) -> None: ...


class Connection(asyncio.Protocol):
    """Sends prebuilt requests and reads their answers, whose bodies it counts and forgets.

    Times are of `time.perf_counter_ns`: ``sent`` just before a request is written, ``first`` and ``now`` when the
    first and the last bytes of the answer arrived. ``is_open`` tells whether another request can be sent.
    """

    __slots__ = (
        "_complete", "_feed", "_head", "_known", "_known_body", "_known_length", "_known_status", "_owner", "_parser",
        "_received", "_reusable", "_transport", "_write",
        "first", "is_open", "now", "sent", "size", "status", "waiting",
    )  # fmt: skip

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._write: Callable[[bytes], None] = _nowhere
        self._parser = HttpResponseParser(self)
        self._feed = self._parser.feed_data
        self._head = self._known = b""
        self._known_length = self._known_body = self._known_status = 0
        self._received = 0
        self._complete = 0
        self._reusable = True
        self.is_open = self.waiting = False
        self.status = 0
        self.size = 0
        self.sent = self.first = self.now = 0

    def send(self, request: bytes, due: int = 0) -> int:
        """Send a request on an open connection, but not before it is due; the moment it was sent.

        Who calls a little early has everything at hand when the moment comes, and waits for it awake.
        """
        self.waiting = True
        self.size = self.first = self._complete = 0
        write = self._write  # a function in a slot is called faster by a name of its own, before Python 3.12
        sent = perf_counter_ns()
        while sent < due:
            sent = perf_counter_ns()
        self.sent = sent
        write(request)
        return sent

    def close(self) -> None:
        """End the connection at once; its owner hears no more of it."""
        transport, self._transport = self._transport, None
        is_idle = self.is_open and self._reusable and not self.waiting
        self.is_open = self.waiting = False
        if transport is not None:
            if is_idle:
                parking.leave(transport)
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's news that the connection is there."""
        self._transport = cast("asyncio.Transport", transport)
        if transport.get_extra_info("sslcontext") is None:
            # With a limit, uvloop sends what is written only when everybody else has had a turn.
            self._transport.set_write_buffer_limits(0)
        self._write = self._transport.write
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """The hot path: once for each answer that fits into one read."""
        self.now = now = perf_counter_ns()
        if not self.waiting:
            return self._end(failure.PROTOCOL)  # nobody asked for this
        if not self.first:
            self.first = now
            if len(data) == self._known_length and data.startswith(self._known):
                self.size, self.status = self._known_body, self._known_status
                self.waiting = False
                self._owner.answered(self)
                return None
        feed = self._feed
        try:
            feed(data)
        except HttpParserUpgrade:
            self._reusable = False
        except HttpParserError:
            return self._end(failure.PROTOCOL)
        if self._complete == 1:
            self.waiting = False
            if self._head or not self._reusable:
                self._forget()
            else:
                self._learn(data)
            self._owner.answered(self)
            return None
        # More answers than requests would let every later one look fast.
        return self._end(failure.PROTOCOL) if self._complete else self._unfinished(data)

    def on_body(self, body: bytes) -> None:
        """httptools' news of a piece of the body."""
        self.size += len(body)

    def on_message_complete(self) -> None:
        """httptools' news that an answer has ended; interim ones (100, 103) are not the answer."""
        status = self._parser.get_status_code()
        if status >= 200 or status == 101:
            self.status = status
            self._complete += 1
            self._reusable = self._parser.should_keep_alive()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio's news that the connection is gone."""
        if self._transport is None:
            return
        self._transport = None
        self.is_open = False
        if not self.waiting:
            return
        self.waiting = False
        self.now = perf_counter_ns()
        if error is None and self.first and _ends_with_connection(self._head):
            self.status = self._parser.get_status_code()
            self._forget()
            self._owner.answered(self)
        else:
            self._owner.failed(self, failure.classify(error))

    def _learn(self, data: bytes) -> None:
        """Remember an answer that came in one piece: what begins with the same head and is as long is no news.

        Heads say the same until the second of their date is over, and parsing is half of what an answer costs. Where
        the rest is as long as the body was, nothing else was in between: neither chunks nor an interim answer.
        """
        end = data.find(_END_OF_HEAD) + len(_END_OF_HEAD)
        if len(data) - end == self.size:
            self._known, self._known_length = data[:end], len(data)
            self._known_body, self._known_status = self.size, self.status

    def _unfinished(self, data: bytes) -> None:
        """Keep the head, which says whether the answer ends with the connection, and see that the rest has bounds."""
        self._received += len(data)
        if self.size > MAX_BODY_BYTES or self._received > MAX_HEAD_BYTES + (_FRAMING + 1) * self.size:
            return self._end(failure.TOO_LARGE)
        if _END_OF_HEAD not in self._head:
            self._head += data
            while self._head.startswith(b"HTTP/1.1 1") and _END_OF_HEAD in self._head:
                self._head = self._head.partition(_END_OF_HEAD)[2]
        return None

    def _forget(self) -> None:
        self._head = b""
        self._received = 0
        if not self._reusable:
            self.close()

    def _end(self, kind: str) -> None:
        waiting = self.waiting
        self._reusable = False
        self.close()
        if waiting:
            self._owner.failed(self, kind)


class HeadConnection(Connection):
    """The same for requests of method HEAD, whose answers end with their heads whatever these say of a body."""

    __slots__ = ()

    def send(self, request: bytes, due: int = 0) -> int:
        """Send a request; its answer needs a parser that does not wait for the body of the last one."""
        self._parser = HttpResponseParser(self)
        self._feed = self._parser.feed_data
        return super().send(request, due)

    def on_headers_complete(self) -> None:
        """httptools' news that all headers are there."""
        super().on_message_complete()

    def on_message_complete(self) -> None:
        """Known already."""

    def _learn(self, data: bytes) -> None:
        """The length that a head promises is not what comes."""

    def on_body(self, body: bytes) -> None:  # noqa: ARG002 - the signature is httptools'
        """There must not be one."""
        self._complete += 1


class InspectingConnection(Connection):
    """The same for answers somebody wants to look into: keeps the headers and up to ``keeps`` bytes of the body.

    ``expects_body`` is to be set before a request is sent; answers to HEAD have none.
    """

    __slots__ = ("_body", "_was_head", "expects_body", "headers", "keeps", "kept")

    def __init__(self, owner: Owner, keeps: int) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.keeps = keeps
        self.kept = 0
        self._body: list[bytes] = []
        self.expects_body = True
        self._was_head = False
        super().__init__(owner)

    @property
    def body(self) -> bytes:
        """What was kept of the body."""
        return b"".join(self._body)

    def send(self, request: bytes, due: int = 0) -> int:
        """Send a request."""
        self.headers.clear()
        self._body.clear()
        self.kept = 0
        if self._was_head:
            self._parser = HttpResponseParser(self)
            self._feed = self._parser.feed_data
        self._was_head = not self.expects_body
        return super().send(request, due)

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools' news of a header."""
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """httptools' news that all headers are there."""
        if self._was_head:
            super().on_message_complete()
        elif self._parser.get_status_code() < 200:
            self.headers.clear()

    def on_message_complete(self) -> None:
        """httptools' news that an answer has ended."""
        if not self._was_head:
            super().on_message_complete()

    def _learn(self, data: bytes) -> None:
        """Every answer is looked into."""

    def on_body(self, body: bytes) -> None:
        """httptools' news of a piece of the body."""
        if self._was_head:
            self._complete += 1
        self.size += len(body)
        if self.kept < self.keeps:
            self._body.append(body)
            self.kept += len(body)


def _nowhere(data: bytes) -> None:
    """Nothing is written before there is a connection."""
    raise ConnectionError(f"{len(data)} bytes for a connection that is not there")


def _ends_with_connection(head: bytes) -> bool:
    """Whether an answer with this head has no end of its own (RFC 9112, section 6.3)."""
    lines, end, _ = head.lower().partition(_END_OF_HEAD)
    names = {line.partition(b":")[0].strip() for line in lines.split(b"\r\n")[1:]}
    return bool(end) and not names & {b"content-length", b"transfer-encoding"}
