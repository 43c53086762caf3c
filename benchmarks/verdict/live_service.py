"""A small web service whose every answer costs a fixed amount of work: what `live.py` measures.

    python live_service.py PORT

Each revision of the benchmark's repository is this file with another number of `STEPS`.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STEPS = 100_000
"""Steps of work for each answer."""


def work(steps: int) -> int:
    """Take so many steps, each as dear as the others."""
    total = 0
    for step in range(steps):
        total = (total * 31 + step) & 0xFFFFFF
    return total


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: with two, the second would wait for an acknowledgement

    def do_GET(self) -> None:
        body = f'{{"steps": {STEPS}, "total": {work(STEPS)}}}\n'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log: it would be measured too."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()
