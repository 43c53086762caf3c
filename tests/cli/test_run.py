"""The main job, end to end: a real server, real processes, exit codes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.support.command_line import called, environment, perfreg, read_result, verdicts, write_config
from tests.support.http_server import Server, http_server


@pytest.fixture
def server() -> Iterator[Server]:
    with http_server() as running:
        yield running


API = {"name": "login", "type": "api", "endpoint": "/ok", "concurrent_users": 2, "duration": 1, "warm_up": 0.2}


def test_two_baselines_and_a_slower_endpoint_fail_and_name_the_metric(server: Server, tmp_path: Path) -> None:
    write_config(tmp_path, {**API, "duration": 1.5}, base_url=server.url)
    server.delay_s = 0.060
    for _ in range(2):
        done = perfreg("run", "-c", "perfreg.json", "--establish-baselines", cwd=tmp_path)
        assert done.code == 0, done.err
    server.delay_s = 0.078
    done = perfreg("run", "-c", "perfreg.json", cwd=tmp_path)
    assert done.code == 1, done.out + done.err
    assert "login.response_time_p50" in done.out
    found = verdicts(tmp_path)["login.response_time_p50"]
    assert found["status"] == "regression"
    assert found["change_pct"] == pytest.approx(30, abs=12)
    assert "login.response_time_mean" in (tmp_path / "perf-results" / "report.md").read_text()
    listed = json.loads(called("baseline", "list", "--format", "json", cwd=tmp_path).out)
    assert [run["trust"] for run in listed["runs"]] == ["established", "established", "none"]


def test_the_first_run_says_everywhere_that_there_is_no_baseline(server: Server, tmp_path: Path) -> None:
    write_config(tmp_path, API, base_url=server.url)
    done = called("run", "--format", "json", "--format", "markdown", "--format", "html", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "no baseline" in done.out
    assert "--establish-baselines" in done.out
    for name in ("report.md", "index.html"):
        assert "no baseline" in (tmp_path / "perf-results" / name).read_text().lower()
    assert {each["status"] for each in read_result(tmp_path)["verdicts"]} == {"no_baseline"}
    assert read_result(tmp_path)["gate"]["status"] == "warn"


def test_a_required_baseline_that_is_missing_is_an_error(server: Server, tmp_path: Path) -> None:
    write_config(tmp_path, API, base_url=server.url, gate={"fail_on_no_baseline": True})
    assert called("run", cwd=tmp_path).code == 2


def test_the_documented_json_shape_runs_unchanged(server: Server, tmp_path: Path) -> None:
    database = tmp_path / "users.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
        connection.executemany("INSERT INTO users (name) VALUES (?)", [(f"user {i}",) for i in range(100)])
    connection.close()
    write_config(
        tmp_path,
        {
            "name": "login", "type": "api", "endpoint": "/ok", "method": "POST", "concurrent_users": 3, "duration": 1,
            "headers": {"Authorization": "Bearer ${TOKEN}"}, "timeout": 30,
        },
        {"name": "system_resources", "type": "system", "duration": 1,
         "metrics": ["cpu_usage", "memory_usage", "disk_io"]},
        {"name": "users", "type": "database", "query": "SELECT COUNT(*) FROM users", "iterations": 100,
         "connection_string": f"sqlite:///{database}"},
        base_url=server.url, test_duration=2, concurrent_users=5, regression_threshold=15, fail_on_regression=True,
        baseline_storage="./baselines", tracking_db="./tracking.db", min_baseline_samples=20, outlier_threshold=3.0,
        trend_window_days=30, baseline_update_threshold=0.15, enable_alerts=False,
    )  # fmt: skip
    done = called("run", cwd=tmp_path, TOKEN="secret-token-4711")
    assert done.code == 0, done.out + done.err
    assert ("POST", "/ok", "Bearer secret-token-4711") in {
        (method, path, headers.get("authorization")) for method, path, headers, _ in server.requests
    }
    assert {name.partition(".")[0] for name in verdicts(tmp_path)} == {"login", "system_resources", "users"}
    assert (tmp_path / "tracking.db").is_file()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.name != "perfreg.json"
                          and path.is_file())  # fmt: skip
    assert b"secret-token-4711" not in everything
    assert "4711" not in done.out + done.err


def test_a_critical_budget_fails_without_any_baseline(server: Server, tmp_path: Path) -> None:
    write_config(tmp_path, API, base_url=server.url)
    limits = {"response_time_p95": {"warning": 0.0005, "critical": 0.001, "unit": "seconds"}}
    (tmp_path / "performance_thresholds.json").write_text(json.dumps(limits))
    done = called("run", "--thresholds", "performance_thresholds.json", cwd=tmp_path)
    assert done.code == 1
    assert "critical budget of 1 ms" in done.out


def test_errors_make_a_run_broken_not_fast(server: Server, tmp_path: Path) -> None:
    write_config(tmp_path, {**API, "endpoint": "/status/500"}, base_url=server.url)
    done = called("run", "--establish-baselines", cwd=tmp_path)
    assert done.code == 2
    assert read_result(tmp_path)["run"]["status"] == "broken"
    assert read_result(tmp_path)["run"]["trust"] == "none"
    assert "status 500" in done.out


SERVICE = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *args): pass
print("shop is open", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def service_config(tmp_path: Path, duration: float) -> None:
    (tmp_path / "service.py").write_text(SERVICE)
    write_config(
        tmp_path,
        {"name": "page", "type": "api", "endpoint": "/", "duration": duration, "concurrent_users": 1},
        service={"start": f"{sys.executable} service.py {{port}}", "ready": {"url": "http://127.0.0.1:{port}/"}},
    )


def processes_of(tmp_path: Path) -> list[psutil.Process]:
    """Living processes that work in ``tmp_path``."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(tmp_path):
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_for_service(tmp_path: Path) -> psutil.Process:
    """The service's own process, once it is measured: that connection stays; one that asks if it is ready ends."""
    deadline = time.monotonic() + 30
    busy = 0
    while time.monotonic() < deadline:
        serving = [each for each in processes_of(tmp_path) if _is_serving(each)]
        busy = busy + 1 if serving else 0
        if busy == 5:
            return serving[0]
        time.sleep(0.05)
    pytest.fail("the service was never under load")


def _is_serving(process: psutil.Process) -> bool:
    try:
        return process.cmdline()[1:2] == ["service.py"] and process.num_threads() > 1
    except psutil.Error:
        return False


def start(tmp_path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "perfreg", "run"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def nothing_left(tmp_path: Path) -> bool:
    deadline = time.monotonic() + 10
    while processes_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes_of(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_service_that_dies_under_load_breaks_the_run(tmp_path: Path) -> None:
    service_config(tmp_path, duration=30)
    running = start(tmp_path)
    wait_for_service(tmp_path).kill()
    out, err = running.communicate(timeout=60)
    assert running.returncode == 2, err
    assert "shop is open" in out
    assert read_result(tmp_path)["run"]["status"] == "broken"
    assert nothing_left(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_an_end_by_signal_leaves_no_process(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    service_config(tmp_path, duration=30)
    running = start(tmp_path)
    wait_for_service(tmp_path)
    os.kill(running.pid, sent)
    _, err = running.communicate(timeout=60)
    assert running.returncode == code, err
    assert "Traceback" not in err
    assert nothing_left(tmp_path)
    assert not (tmp_path / "perf-results" / "result.json").exists()
