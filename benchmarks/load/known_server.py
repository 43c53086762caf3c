"""A server that knows what it does: the truth that clients are held against.

    python known_server.py PORT work 200             # 200 µs of work for each answer, one after the other
    python known_server.py PORT delay 2000           # answers come 2 ms after their requests
    python known_server.py PORT delay 2000 200 2000  # and it stands still for 200 ms every 2 s

With a delay it never sleeps, so that nothing has to wake it up: it is exact to some microseconds, and has a processor
to itself. ``GET /report`` gives what really was since the last report: the nanoseconds from the reading of each request
to the writing of its answer, and when it stood still by the clock of `time.perf_counter_ns`. It ends with its input.
"""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import sys
import threading
from collections import deque
from contextlib import suppress
from time import perf_counter_ns
from typing import final

_BODY = b'{"id": 1, "name": "known", "ok": true}'
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: keep-alive\r\n\r\n"
ANSWER = _HEAD.format(len(_BODY)).encode() + _BODY
_END = b"\r\n\r\n"


@final
class KnownServer:
    """Answers requests that have no bodies and fit into one read."""

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self._listener.settimeout(0.0)
        self._poll = select.epoll()
        self._poll.register(self._listener, select.EPOLLIN)
        self._connections: dict[int, socket.socket] = {}
        self.times: list[int] = []
        self.stalls: list[tuple[int, int]] = []

    def work(self, work_ns: int) -> None:
        """Work for each answer; wait for requests when there are none."""
        while True:
            for connection in self._requests(-1):
                began = perf_counter_ns()
                while (now := perf_counter_ns()) < began + work_ns:
                    pass
                with suppress(OSError):
                    connection.send(ANSWER)
                self.times.append(now - began)

    def delay(self, delay_ns: int, stall_ns: int, every_ns: int) -> None:
        """Answer each request ``delay_ns`` after it was read, but for the times at which nothing happens."""
        pending: deque[tuple[int, socket.socket]] = deque()
        next_stall = perf_counter_ns() + every_ns if stall_ns else sys.maxsize
        while True:
            for connection in self._requests(0):
                pending.append((perf_counter_ns(), connection))
            now = perf_counter_ns()
            if now >= next_stall:
                while now < next_stall + stall_ns:
                    now = perf_counter_ns()
                self.stalls.append((next_stall, now))
                next_stall += every_ns
            while pending and now >= pending[0][0] + delay_ns:
                began, connection = pending.popleft()
                with suppress(OSError):  # whoever has gone meanwhile gets no answer
                    connection.send(ANSWER)
                now = perf_counter_ns()
                self.times.append(now - began)

    def _requests(self, timeout: float) -> list[socket.socket]:
        """The connections on which a request has come."""
        found = []
        for number, _ in self._poll.poll(timeout):
            if number == self._listener.fileno():
                self._accept()
            elif self._has_request(self._connections[number]):
                found.append(self._connections[number])
        return found

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(0.0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[connection.fileno()] = connection
        self._poll.register(connection, select.EPOLLIN)

    def _has_request(self, connection: socket.socket) -> bool:
        try:
            data = connection.recv(65536)
        except OSError:
            data = b""
        if not data:
            del self._connections[connection.fileno()]
            connection.close()
        elif data.startswith(b"GET /report "):
            self._report(connection)
        else:
            return data.endswith(_END)
        return False

    def _report(self, connection: socket.socket) -> None:
        body = json.dumps({"times_ns": self.times, "stalls_ns": self.stalls}).encode()
        connection.settimeout(None)
        connection.sendall(_HEAD.format(len(body)).encode() + body)
        connection.settimeout(0.0)
        self.times, self.stalls = [], []


def main() -> None:
    """Serve until the input ends."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    gc.disable()
    port, kind, *microseconds = sys.argv[1:]
    first, *others = (1000 * int(each) for each in microseconds)
    server = KnownServer(int(port))
    if kind == "work":
        server.work(first)
    else:
        # From here on these are milliseconds.
        stall, every = (1000 * each for each in others) if others else (0, 0)
        server.delay(first, stall, every)


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
