"""The four probes, against real services."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from tests.support.services import living, script, server, start

from perfreg.errors import ServiceError


@pytest.mark.parametrize(
    "ready",
    [
        {"url": "http://127.0.0.1:{port}/health"},
        {"tcp": "{port}"},
        {"tcp": "127.0.0.1:{port}"},
        {"log": r"^INFO: listening on {port}$"},
        {"command": "grep -q listening service.log"},
    ],
    ids=["url", "tcp", "tcp with host", "log", "command"],
)
def test_a_service_is_ready_when_its_probe_succeeds(tmp_path: Path, ready: dict[str, Any]) -> None:
    late = f"{script(tmp_path, 'import time; time.sleep(0.3)', 'late.py')}; exec {server(tmp_path)} {{port}}"
    with start(tmp_path, late, ready=ready) as running:
        running.check()
        with socket.create_connection(("127.0.0.1", running.port), timeout=5):
            pass


def test_a_redirect_is_an_answer_and_is_not_followed(tmp_path: Path) -> None:
    with start(tmp_path, f"{server(tmp_path)} {{port}} '302 Found'", ready={"url": "http://127.0.0.1:{port}"}):
        pass


def test_the_proxies_of_the_environment_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with start(tmp_path, f"{server(tmp_path)} {{port}}", ready={"url": "http://127.0.0.1:{port}", "timeout": 20}):
        pass


@pytest.mark.parametrize(
    ("ready", "reason"),
    [
        ({"url": "http://me:hunter2@127.0.0.1:{port}/up?token=hunter2"}, r"/up answered 503"),
        ({"tcp": 1}, "127.0.0.1 port 1: connection refused"),
        ({"log": "never [s]aid"}, "no line of its log matches 'never"),
        ({"command": "exit 6"}, "its ready command ended with exit code 6"),
    ],
    ids=["url", "tcp", "log", "command"],
)
def test_at_the_deadline_the_last_reason_is_told(tmp_path: Path, ready: dict[str, Any], reason: str) -> None:
    with pytest.raises(ServiceError, match=rf"not ready after 0\.6 s: .*{reason}") as caught:
        start(tmp_path, f"{server(tmp_path)} {{port}} '503 Busy'", ready={**ready, "timeout": 0.6})
    assert caught.value.where == "service.ready"
    assert "hunter2" not in str(caught.value)
    assert living(tmp_path) == []


def test_a_ready_command_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    hang = script(tmp_path, "import time; time.sleep(600)", "hang.py")
    with pytest.raises(ServiceError, match="its ready command did not end within"):
        start(tmp_path, f"{server(tmp_path)} {{port}}", ready={"command": f"{hang} & {hang}", "timeout": 0.6})
    assert living(tmp_path) == []


@pytest.mark.parametrize(
    ("ready", "reason"),
    [
        ({"log": "[z-{port}]"}, "no regular expression"),
        ({"url": "ftp://127.0.0.1/"}, "no URL of the form"),
        ({"url": "http://[broken/"}, "no URL"),
        ({"tcp": "localhost"}, "neither a port nor host:port"),
        ({"tcp": 70000}, "neither a port nor host:port"),
    ],
)
def test_a_probe_that_cannot_succeed_is_refused_before_the_start(
    tmp_path: Path, ready: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ServiceError, match=reason) as caught:
        start(tmp_path, "echo started > started.txt", ready=ready)
    assert caught.value.where == f"service.ready.{next(iter(ready))}"
    assert not (tmp_path / "started.txt").exists()


@pytest.mark.parametrize("probe", ["tcp", "url"])
def test_a_stranger_in_its_place_is_not_taken_for_the_service(tmp_path: Path, probe: str) -> None:
    with start(tmp_path, f"{server(tmp_path)} {{port}}") as stranger:
        address = {"tcp": stranger.port, "url": stranger.base_url}[probe]
        with pytest.raises(ServiceError, match="something else answers there already"):
            start(tmp_path, "echo started > started.txt", ready={probe: address})
    assert not (tmp_path / "started.txt").exists()
