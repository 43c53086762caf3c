"""However perfreg ends, no process of the service outlives it for long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from tests.support.services import daemon, eventually, living, server

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")

ROOT = Path(__file__).parents[2]

_RUN = """
import os, signal, sys
from pathlib import Path
from tests.support.services import start

with start(Path(sys.argv[1]), sys.argv[2] + " {port}", stop_timeout=0.5, stop="echo asked > asked.txt"):
    if "fork" in sys.argv and os.fork() == 0:
        signal.pause()
    print("running", flush=True)
    signal.pause()
"""


@contextmanager
def _perfreg(directory: Path, command: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process of ours that runs a service, once it does."""
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, str(directory), command, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "running\n"
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _tree(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def _all_gone(tree: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in tree)


@pytest.mark.parametrize("kind", ["foreground", "daemon", "deaf"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_us_ends_the_service_and_its_supervisor(tmp_path: Path, kind: str, number: signal.Signals) -> None:
    command = {
        "foreground": server(tmp_path),
        "daemon": daemon(tmp_path),
        "deaf": f"{server(tmp_path)} $PORT '200 OK' deaf #",
    }[kind]
    with _perfreg(tmp_path, command) as process:
        tree = _tree(process)
        assert len(tree) >= 2
        os.kill(process.pid, number)
        process.wait(timeout=20)
        assert eventually(lambda: _all_gone(tree))
        assert living(tmp_path) == []
    assert (tmp_path / "asked.txt").exists()


def test_ctrl_c_has_stopped_all_before_we_end(tmp_path: Path) -> None:
    with _perfreg(tmp_path, server(tmp_path)) as process:
        tree = _tree(process)
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
        process.wait(timeout=20)
        assert _all_gone(tree)
        assert process.stderr is not None
        assert "KeyboardInterrupt" in process.stderr.read()


def test_a_fork_of_ours_that_outlives_us_does_not_keep_the_service(tmp_path: Path) -> None:
    with _perfreg(tmp_path, server(tmp_path), "fork") as process:
        (fork,) = (one for one in psutil.Process(process.pid).children() if one.pid in living(tmp_path))
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
        assert eventually(lambda: living(tmp_path) == [fork.pid])
        assert fork.is_running()
