"""Real services are started, awaited, watched and stopped."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import httpx
import psutil
import pytest
from tests.support.services import daemon, living, script, server, start

from perfreg.config.models import ServiceConfig
from perfreg.errors import ServiceError
from perfreg.measure import service

posix = pytest.mark.skipif(os.name == "nt", reason="forks and signals")


def test_a_service_runs_inside_the_block_and_not_after_it(tmp_path: Path) -> None:
    with start(tmp_path, f"{server(tmp_path)} {{port}}") as running:
        running.check()
        assert running.base_url == f"http://127.0.0.1:{running.port}"
        assert httpx.get(running.base_url, trust_env=False).status_code == 200
        assert running.pid in running.process_ids()
        assert set(living(tmp_path)) <= set(running.process_ids())
        assert "listening" in running.log_path.read_text()
    assert living(tmp_path) == []
    running.stop()


def test_only_the_port_token_is_replaced(tmp_path: Path) -> None:
    command = f"""echo "${{HOME}} {{other}} $PORT $ADDRESS" > seen.txt; exec {server(tmp_path)} {{port}}"""
    keys = {"env": {"ADDRESS": "127.0.0.1:{port}/{x}"}, "stop": "echo {port} > stopped.txt"}
    with start(tmp_path, command, **keys) as running:
        port = str(running.port)
    seen = (tmp_path / "seen.txt").read_text().split()
    assert seen == [os.environ["HOME"], "{other}", port, f"127.0.0.1:{port}/{{x}}"]
    assert (tmp_path / "stopped.txt").read_text().split() == [port]


def test_a_failing_stop_command_is_told_in_the_log_and_stops_nothing_less(tmp_path: Path) -> None:
    with start(tmp_path, f"{server(tmp_path)} {{port}}", stop="exit 4") as running:
        pass
    assert "the stop command ended with exit code 4" in running.log_path.read_text()
    assert living(tmp_path) == []


def test_a_hanging_stop_command_is_ended_too(tmp_path: Path) -> None:
    hang = script(tmp_path, "import time; time.sleep(600)", "hang.py")
    with start(tmp_path, f"{server(tmp_path)} {{port}}", stop=hang, stop_timeout=0.2):
        pass
    assert living(tmp_path) == []


def test_a_service_that_dies_at_the_start_shows_how(tmp_path: Path) -> None:
    source = "for n in range(30): print(f'\\x1b[31mline {n}\\x1b[0m\\x07')\nraise SystemExit(7)"
    with pytest.raises(ServiceError, match="ended with exit code 7 before it was ready") as caught:
        start(tmp_path, script(tmp_path, source))
    assert caught.value.where == "service.start"
    assert len(caught.value.log_tail) == 20
    assert caught.value.log_tail[-1] == "line 29\N{REPLACEMENT CHARACTER}"


def test_a_command_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="the shell did not find the command"):
        start(tmp_path, "no-such-command-anywhere {port}")


def test_a_start_command_that_leaves_nothing_running_says_so(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="must stay in the foreground or leave its processes running"):
        start(tmp_path, "exit 0")


@posix
def test_a_service_that_dies_while_it_is_measured_is_noticed_with_its_last_words(tmp_path: Path) -> None:
    with start(tmp_path, f"{server(tmp_path)} {{port}}") as running:
        with socket.create_connection(("127.0.0.1", running.port)) as client:
            client.sendall(b"GET /die HTTP/1.1\r\n\r\n")
        with pytest.raises(ServiceError, match="ended with exit code 3 while it was measured") as caught:
            running.check(patience=20)
        assert caught.value.log_tail[-1] == "last words"
        assert running.process_ids() == []


@posix
def test_a_killed_service_is_named_as_killed(tmp_path: Path) -> None:
    with start(tmp_path, f"exec {server(tmp_path)} {{port}}") as running:
        os.kill(running.pid, signal.SIGKILL)
        with pytest.raises(ServiceError, match="was killed by SIGKILL"):
            running.check(patience=20)


@posix
@pytest.mark.parametrize(
    "environment",
    [
        "kept",
        pytest.param("bare", marks=pytest.mark.skipif(not Path("/proc").is_dir(), reason="Linux adopts orphans")),
    ],
)
def test_a_daemon_is_alive_watched_and_stopped(tmp_path: Path, environment: str) -> None:
    command = f"{daemon(tmp_path, environment=environment)} {{port}}"
    with start(tmp_path, command) as running:
        running.check()
        assert running.process_ids() == living(tmp_path)
        assert [running.pid] == running.process_ids()
    assert living(tmp_path) == []


@posix
def test_a_daemon_that_dies_is_noticed(tmp_path: Path) -> None:
    with start(tmp_path, f"{daemon(tmp_path)} {{port}}") as running:
        os.kill(running.pid, signal.SIGKILL)
        with pytest.raises(ServiceError, match="ended with exit code 0 while it was measured"):
            running.check(patience=20)


@posix
def test_a_service_deaf_to_sigterm_is_killed(tmp_path: Path) -> None:
    with start(tmp_path, f"{server(tmp_path)} {{port}} '200 OK' deaf", stop_timeout=0.2):
        assert living(tmp_path)
    assert living(tmp_path) == []


@posix
def test_the_rest_of_a_service_that_failed_is_stopped(tmp_path: Path) -> None:
    helper = script(tmp_path, "import time; time.sleep(600)", "helper.py")
    with pytest.raises(ServiceError, match="exit code 5"):
        start(tmp_path, f"{helper} & exit 5")
    assert living(tmp_path) == []


@posix
def test_without_its_supervisor_a_service_is_stopped_by_us(tmp_path: Path) -> None:
    with start(tmp_path, f"exec {server(tmp_path)} {{port}}") as running:
        supervisor = psutil.Process(running.pid).ppid()
        os.kill(supervisor, signal.SIGKILL)
        with pytest.raises(ServiceError, match="lost its supervisor"):
            running.check(patience=20)
    assert living(tmp_path) == []


def test_an_error_in_the_block_stops_the_service_and_passes_through(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), start(tmp_path, f"{server(tmp_path)} {{port}}"):
        _ = 1 / 0
    assert living(tmp_path) == []


def test_a_port_lost_to_somebody_else_is_given_up_for_another(tmp_path: Path) -> None:
    unlucky = "test -e tried || { echo $PORT > tried; echo '[Errno 98] Address already in use'; exit 1; }"
    with start(tmp_path, f"{unlucky}; exec {server(tmp_path)} {{port}}") as running:
        running.check()


def test_a_service_that_finds_every_port_taken_fails(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="exit code 1"):
        start(tmp_path, "echo start >> tries; echo 'bind: address already in use'; exit 1")
    assert (tmp_path / "tries").read_text().split() == ["start", "start"]


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="nowhere' does not exist"):
        start(tmp_path, "exit 0", directory="nowhere")


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "service.log").mkdir()
    with pytest.raises(ServiceError, match="the log cannot be written") as caught:
        start(tmp_path, "exit 0")
    assert caught.value.where == str(tmp_path / "service.log")


def test_an_environment_that_cannot_be_is_refused_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="could not be started") as caught:
        start(tmp_path, "exit 0", env={"TOKEN": "hunter2\0"})
    assert "hunter2" not in str(caught.value)


def _build(home: Path, command: str, **keys: object) -> None:
    config = ServiceConfig.model_validate({"build": command, "start": "exit 0", **keys})
    service.build(config, directory=home, env=os.environ, log=home / "logs" / "build.log")


def test_a_build_runs_in_the_directory_of_the_service(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    _build(tmp_path, "echo $WHAT > built.txt; echo done", directory="app", env={"WHAT": "it", "ADDRESS": ":{port}"})
    assert (tmp_path / "app" / "built.txt").read_text().strip() == "it"
    assert (tmp_path / "logs" / "build.log").read_text().strip() == "done"


def test_no_build_is_nothing_to_do(tmp_path: Path) -> None:
    config = ServiceConfig(start="exit 0")
    service.build(config, directory=tmp_path, env=os.environ, log=tmp_path / "build.log")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_build_shows_its_last_lines_and_no_secret(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="the build ended with exit code 9") as caught:
        _build(tmp_path, "echo no compiler; exit 9", env={"TOKEN": "hunter2"})
    assert caught.value.log_tail == ("no compiler",)
    assert "hunter2" not in str(caught.value)


@posix
def test_a_build_that_takes_too_long_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    slow = script(tmp_path, "import time; time.sleep(600)", "slow.py")
    with pytest.raises(ServiceError, match=r"the build did not end within 0\.5 s"):
        _build(tmp_path, f"{slow} & {slow}", build_timeout=0.5)
    assert living(tmp_path) == []


@posix
def test_what_a_build_leaves_running_is_stopped(tmp_path: Path) -> None:
    leftover = script(tmp_path, "import time; time.sleep(600)", "leftover.py")
    _build(tmp_path, f"{leftover} & exit 0")
    assert living(tmp_path) == []
