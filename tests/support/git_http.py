"""A git server over HTTP on loopback: `git http-backend` behind a server that checks the Authorization header."""

from __future__ import annotations

import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.git_scene import ENV, git

TOKEN = "t0ken-of-the-tests"


def basic(token: str) -> str:
    """The value of an Authorization header for a token."""
    return f"basic {b64encode(f'x-access-token:{token}'.encode()).decode()}"


@dataclass
class GitServer:
    """A running server: the repository's URL and the Authorization headers of each request.

    ``before`` is called for each request while the client waits; ``answers`` are status codes with which the next
    requests (by the end of their path) are answered, after git has done its work.
    """

    url: str
    authorizations: list[list[str]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    answers: dict[str, list[int]] = field(default_factory=dict)
    redirect: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: GitServer
    root: Path

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        sent = [value.replace("Basic ", "basic ") for value in self.headers.get_all("authorization", [])]
        self.state.authorizations.append(sent)
        self.state.before()
        if self.state.redirect:
            self._answer(302, [("Location", self.state.redirect + self.path)], b"")
        elif sent != [basic(TOKEN)]:
            self._answer(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
        else:
            headers, content = self._backend(body)
            planned = next((codes for end, codes in self.state.answers.items() if self.path.endswith(end)), [])
            status = planned.pop(0) if planned else int(dict(headers).get("Status", "200")[:3])
            self._answer(status, headers, content if status == 200 else b"")

    do_GET = do_POST = _serve  # noqa: N815 - the names that http.server looks for

    def _backend(self, body: bytes) -> tuple[list[tuple[str, str]], bytes]:
        path, _, query = self.path.partition("?")
        env = {
            **ENV,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("git-protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("content-type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
            "REMOTE_USER": "tester",
            "REMOTE_ADDR": "127.0.0.1",
        }
        command = ("git", "http-backend")
        output = subprocess.run(command, env=env, input=body, capture_output=True, check=True).stdout
        head, _, content = output.partition(b"\r\n\r\n")
        pairs = (line.partition(": ") for line in head.decode().split("\r\n"))
        return [(name, value) for name, _, value in pairs], content

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep the test output clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def git_server(remote: Path) -> Iterator[GitServer]:
    """Serve the bare repository ``remote`` to those who send `TOKEN` until the block ends."""
    git(remote, "config", "http.receivepack", "true")
    state = GitServer(url="")
    handler = type("Handler", (_Handler,), {"state": state, "root": remote.parent})
    with _Server(("127.0.0.1", 0), handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}/{remote.name}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
