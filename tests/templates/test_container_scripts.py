"""What containers run before anything is measured, run here: health checks, waits and the service's own command.

The scripts are real, and so are sh, Python and the server that they ask; the other programs on their PATH note how
they were called. Compose and Kubernetes do not run: `tests.support.containers` reads their files by their rules. How
often a check is repeated, and what happens when it never passes, is theirs and only checked as text. What measures is
run in its image, by `tests/e2e/test_image.py`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.containers import Container, composed, interpolated, podded, started
from tests.support.http_server import Server, http_server
from tests.support.templates import CASES, SHOP, Printer

_PYTHON = f'exec "{sys.executable}" "$@"'

_IMPATIENT = """\
import os, time
def sleep(seconds):
    print(seconds)
    os.environ["PERF_READY"] = os.environ["THEN"]
time.sleep = sleep
"""
_LATE = "time.monotonic = iter(range(0, 10_000, 200)).__next__\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with http_server() as running:
        yield running


def _document(text: str) -> Any:
    return yaml.safe_load(text)


def _sh(script: str, folder: Path, env: Mapping[str, str], programs: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run a script where there are only these programs; its exit code, and how they were called."""
    place, calls = folder / "bin", folder / "calls"
    place.mkdir()
    calls.touch()
    for name, text in programs.items():
        (place / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "$CALLS"\n{text}\n', "utf-8")
        (place / name).chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env={**env, "PATH": str(place), "CALLS": str(calls)},
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode, calls.read_text("utf-8").splitlines()


def _health(compose: str, url: str, folder: Path, programs: Mapping[str, str]) -> tuple[int, list[str]]:
    kind, script = interpolated(_document(compose)["services"]["app"]["healthcheck"]["test"], {})
    assert kind == "CMD-SHELL"
    return _sh(script, folder, {"PERF_READY": url}, programs)


@pytest.mark.parametrize("case", CASES)
def test_compose_starts_nothing_before_what_it_needs(configured: Printer, case: str) -> None:
    document = _document(configured(CASES[case].config, "compose", *CASES[case].flags))
    services, order = document["services"], started(document)
    assert order[-2:] == ["app", "perfreg"]
    assert set(services["app"].get("depends_on", {})) == set(services) - {"app", "perfreg"}
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert order.index(needed) < order.index(name)
            assert how == {"condition": "service_healthy" if "healthcheck" in services[needed] else "service_started"}


@pytest.mark.parametrize(
    ("programs", "called"),
    [
        ({"wget": "exit 0", "curl": "exit 0", "python3": "exit 0"}, ["wget"]),
        ({"wget": "exit 1", "curl": "exit 0", "python3": "exit 0"}, ["wget", "curl"]),
        ({"curl": "exit 0"}, ["curl"]),
        ({"python3": _PYTHON}, ["python3"]),
    ],
)
def test_the_service_is_healthy_when_one_of_three_programs_gets_an_answer(
    printed: Printer, server: Server, tmp_path: Path, programs: Mapping[str, str], called: list[str]
) -> None:
    url = f"{server.url}/status/200?a=$(id)&b"
    code, calls = _health(printed("compose"), url, tmp_path, programs)
    assert code == 0
    assert [line.split()[0] for line in calls] == called
    if called == ["python3"]:
        assert [path for _, path, _, _ in server.requests] == ["/status/200?a=$(id)&b"]
    else:
        assert all(line.endswith(f" {url}") for line in calls)


@pytest.mark.parametrize("programs", [{}, {"wget": "exit 8", "curl": "exit 22", "python3": _PYTHON}])
def test_the_service_is_not_healthy_while_it_answers_with_an_error(
    printed: Printer, server: Server, tmp_path: Path, programs: Mapping[str, str]
) -> None:
    code, calls = _health(printed("compose"), f"{server.url}/status/503", tmp_path, programs)
    assert code != 0
    assert [line.split()[0] for line in calls] == list(programs)


def test_the_service_is_started_as_its_command_and_variables_say(configured: Printer, tmp_path: Path) -> None:
    app = composed(_document(configured(SHOP, "compose")), "app", {})
    shell, option, script = app.arguments
    assert (shell, option) == ("sh", "-c")
    told = {"uvicorn": 'echo "$FLAGS, $MODE" >> "$CALLS"'}
    code, calls = _sh(script, tmp_path, {**app.env, "FLAGS": "--reload"}, told)
    assert (code, calls) == (0, ["uvicorn app:app --port 8080", "--reload, test ${X}"])


def _waiting(kubernetes: str) -> Container:
    wait, measure = podded(list(yaml.safe_load_all(kubernetes)), {})
    assert measure.arguments[0] == "run"
    return wait


def _waits(script: str, before: str, then: str) -> subprocess.CompletedProcess[str]:
    """Run a wait that does not sleep: as soon as it wants to, the service is at the second address."""
    env = {"PERF_READY": before, "THEN": then}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("before", ["{url}/status/503", "http://127.0.0.1:1/"])
def test_a_pod_waits_until_the_service_answers_without_an_error(printed: Printer, server: Server, before: str) -> None:
    wait = _waiting(printed("kubernetes"))
    assert wait.command[:2] == ("python", "-c")
    done = _waits(_IMPATIENT + wait.command[2], before.format(url=server.url), f"{server.url}/status/204")
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


def test_a_pod_gives_up_after_five_minutes_and_says_why(printed: Printer, server: Server) -> None:
    wait, url = _waiting(printed("kubernetes")), f"{server.url}/status/503"
    done = _waits(_IMPATIENT + _LATE + wait.command[2], url, url)
    assert (done.returncode, done.stdout) == (1, "2\n")
    assert done.stderr.startswith("the service does not answer: HTTP Error 503")


def test_a_pod_asks_where_the_configuration_says(configured: Printer) -> None:
    wait = _waiting(configured(SHOP, "kubernetes", "--set", "app=http://shop:80"))
    assert wait.env == {"PERF_READY": "http://shop:80/health?full=1"}
