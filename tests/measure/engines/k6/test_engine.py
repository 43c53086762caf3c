"""The engine with a real k6: a process of its own for each load, so there are few tests, and each looks at much."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from socket import socket
from typing import Any

import psutil
import pytest
from tests.support.contexts import make_context
from tests.support.hostile_server import answering, hostile_server
from tests.support.http_server import Server, http_server
from tests.support.k6 import k6_binary
from tests.support.load import make_plan
from tests.support.shop import shop
from tests.support.tls import secure_server

from perfreg.errors import MeasureError
from perfreg.measure.context import Outcome
from perfreg.measure.engines.engine import LoadResult
from perfreg.measure.engines.k6.engine import drive
from perfreg.measure.engines.profile import Segment, constant
from perfreg.measure.engines.rows import endlessly
from perfreg.measure.scenarios.api import ApiSpec, measure
from perfreg.stats.distribution import merge

pytestmark = pytest.mark.slow

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
LOGIN = {"name": "login", "endpoint": "/login", "method": "POST", "body": {"user": "{{user}}"},
         "extract": {"token": "$.auth.token"}}  # fmt: skip
ORDERS = {"endpoint": "/orders/{{user}}?x=1", "headers": {"Authorization": "{{token}}"},
          "check": {"headers": {"content-type": "^application/json"}, "body": "open",
                    "json": {"$.orders[1]": 2, "$.state": "open"}}}  # fmt: skip
USERS = [{"user": "ann"}, {"user": 'b"o b'}, {"user": "zoë"}]


@pytest.fixture(autouse=True)
def _k6(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERFREG_K6", k6_binary())


@pytest.fixture
def server() -> Iterator[Server]:
    with http_server() as found:
        yield found


def load(url: str, **changes: Any) -> LoadResult:
    return drive(make_plan(url, **changes))


def run(url: str, tmp_path: Path, *, seed: int = 0, **changes: Any) -> Outcome:
    values = {"name": "s", "type": "api", "engine": "k6", "concurrent_users": 2, "duration": 0.5, "warm_up": 0.2}
    return measure(ApiSpec.model_validate({**values, **changes}), make_context(tmp_path, base_url=url, seed=seed))


def visits(result: LoadResult) -> int:
    """Those of the schedule: the ones that were made, and the ones the engine says it could not make."""
    missed = [re.search(r"not kept: (\d+) of", fault) for fault in result.faults]
    return result.attempts + sum(int(found[1]) for found in missed if found)


def left_behind() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [each for each in children if each.status() != psutil.STATUS_ZOMBIE and "k6" in each.name()]


def test_a_closed_loop_gives_what_other_engines_give(server: Server, tmp_path: Path) -> None:
    headers = {"X-Token": "s3cret", "Accept": "text/plain"}
    outcome = run(server.url, tmp_path, endpoint="/ok?a=1", method="POST", headers=headers, body={"a": [1, "ü"]},
                  save_samples=True)  # fmt: skip
    assert outcome.status == "ok", outcome.reasons
    metrics = {each.metric: each for each in outcome.measurements}
    assert metrics["response_time_p50"].value >= 2.0
    assert metrics["response_size"].value == 5
    assert metrics["error_rate"].value == 0
    assert metrics["throughput"].value > 20
    assert metrics["generator_cpu"].value > 0
    assert len(server.requests) > metrics["response_time_p50"].n > 10
    method, path, sent, body = server.requests[-1]
    assert (method, path, body) == ("POST", "/ok?a=1", b'{"a": [1, "\\u00fc"]}')
    assert sent["x-token"] == "s3cret"
    assert sent["accept"] == "text/plain"
    assert sent["user-agent"] == "perfreg"
    assert sent["content-type"] == "application/json"
    lines = (tmp_path / "s.samples.csv").read_text().splitlines()
    assert len(lines) == metrics["response_time_p50"].n + 1
    assert not left_behind()


def test_a_flow_carries_tokens_cookies_and_rows_from_step_to_step(tmp_path: Path) -> None:
    with shop() as (url, seen):
        outcome = run(url, tmp_path, steps=[LOGIN, ORDERS], data=USERS, cookies=True)
    assert outcome.status == "ok", outcome.reasons
    assert not outcome.errors
    assert {user for path, user, _ in seen if path == "login"} == {"ann", 'b"o b', "zoë"}
    orders = [each for each in seen if each[0].startswith("/orders/")]
    assert {path for path, _, _ in orders} == {"/orders/ann?x=1", "/orders/b%22o%20b?x=1", "/orders/zo%C3%AB?x=1"}
    assert all(re.fullmatch(r"sid=\d", cookie) for _, _, cookie in orders)
    metrics = {each.metric: each for each in outcome.measurements}
    assert metrics["login_response_time_p95"].n + 2 >= metrics["response_time_p95"].n // 2
    assert outcome.samples["login_response_time"].n == metrics["login_response_time_p50"].n


def test_rows_are_taken_in_the_order_of_the_seed_and_cookies_are_forgotten(tmp_path: Path) -> None:
    rows = [{"user": f"u{number}"} for number in range(40)]
    with shop() as (url, seen):
        run(url, tmp_path, seed=7, steps=[LOGIN, ORDERS], data=rows, cookies=False, concurrent_users=1)
    users = [user for path, user, _ in seen if path == "login"]
    expected = [row["user"] for row in islice(endlessly(rows, "7/0"), len(users))]
    assert users
    assert users == expected
    assert not any(cookie for _, _, cookie in seen)


def test_failures_are_counted_by_class(server: Server, tmp_path: Path) -> None:
    failing = {**ORDERS, "check": {"json": {"$.state": "closed"}}}
    with shop() as (url, seen):
        outcome = run(url, tmp_path, steps=[LOGIN, failing, LOGIN], data=USERS[:1], duration=0.3)
        assert set(outcome.errors) == {"check"}
        logins = sum(path == "login" for path, _, _ in seen)
        assert logins <= len(seen) - logins + 3
    kinds = {"/status/503": "status 503", "/reset": "reset", "/short": "protocol", "/garbage": "protocol"}
    for path, kind in kinds.items():
        result = load(server.url + path, duration_s=0.3)
        assert set(result.errors) == {kind}
        assert result.answers == 0
    flaky = load(f"{server.url}/flaky", duration_s=0.5)
    assert flaky.errors["status 500"] == pytest.approx(flaky.attempts / 5, abs=3)
    redirect = load(f"{server.url}/status/302", duration_s=0.2)
    assert redirect.answers > 0
    assert not redirect.errors
    late = load(f"{server.url}/hang", duration_s=0.3, timeout_s=0.2)
    assert set(late.errors) == {"timeout"}


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl for a certificate")
def test_certificates_are_trusted_as_the_scenario_says(tmp_path: Path) -> None:
    with secure_server(tmp_path) as (url, certificate):
        trusting = run(url, tmp_path, endpoint="/", verify=certificate.name)
        careless = run(url.replace("localhost", "127.0.0.1"), tmp_path, endpoint="/", verify=False)
        with pytest.raises(MeasureError, match=r"(?i)certificate"):
            run(url, tmp_path, endpoint="/")
        phases = load(f"{url}/", verify=str(certificate))
    assert trusting.status == careless.status == "ok"
    assert phases.tls.n == phases.connect.n >= 2


def test_nobody_there_is_said_before_k6_is_started(tmp_path: Path) -> None:
    with socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(MeasureError, match="cannot connect"):
            run(f"http://127.0.0.1:{closed.getsockname()[1]}", tmp_path, endpoint="/")


def test_an_open_loop_sends_every_request_of_the_schedule() -> None:
    with hostile_server(answering(OK)) as url:
        result = load(url, rate=(*constant(40, 0.5), *constant(120, 0.5)), duration_s=1.0, warm_up_s=0.5)
    assert result.open_loop
    assert visits(result) >= 78
    assert result.throughput == result.answers
    assert result.requests > result.answers
    counts = [each.n for each in result.response]
    assert sum(counts[:5]) < sum(counts[5:])
    assert result.generator.lag is not None
    assert result.generator.lag.n == result.answers
    assert merge(result.service).moments.total <= merge(result.response).moments.total
    assert 0 < result.connect.n <= 260


def test_a_stall_shows_in_full() -> None:
    stalled = threading.Event()
    stalled.set()  # not in the first requests, which warm up
    lock = threading.Lock()

    def script(connection: socket) -> None:
        with lock:
            if not stalled.is_set():
                stalled.set()
                time.sleep(0.5)
        connection.sendall(OK)

    with hostile_server(script) as url:
        begun = threading.Event()

        def progress(share: float) -> None:
            if share >= 0.5 and not begun.is_set():
                begun.set()
                stalled.clear()

        result = load(url, rate=constant(100, 1.5), duration_s=1.5, warm_up_s=0.3, progress=progress)
    response = merge(result.response)
    assert visits(result) >= 148
    assert not result.errors
    assert response.quantile(0.85) > 100.0
    assert response.quantile(0.99) > 300.0


def test_visits_that_are_dropped_break_the_run() -> None:
    def script(connection: socket) -> None:
        time.sleep(0.2)
        connection.sendall(OK)

    with hostile_server(script) as url:
        result = load(url, rate=constant(100, 0.5), duration_s=0.5, max_connections=2)
    assert any("the schedule was not kept" in fault and "at most 2" in fault for fault in result.faults)


def test_stages_have_the_users_they_say() -> None:
    def script(connection: socket) -> None:
        time.sleep(0.05)
        connection.sendall(OK)

    with hostile_server(script) as url:
        result = load(url, users=6, stages=(*constant(1, 0.6), *constant(6, 0.6)), duration_s=1.2)
    counts = [each.n for each in result.response]
    assert not result.errors
    assert sum(counts[:5]) < sum(counts[5:])


def test_a_ramp_ends_with_more_than_it_began_with() -> None:
    with hostile_server(answering(OK)) as url:
        result = load(url, rate=(Segment(duration_s=1.0, first=0, last=200),), duration_s=1.0)
    counts = [each.n for each in result.response]
    assert visits(result) >= 98
    assert sum(counts[:5]) < sum(counts[5:])


def test_secrets_are_in_no_argument_and_in_no_file_of_others(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    found: list[tuple[str, int]] = []

    def look(_: float) -> None:
        for process in left_behind():
            arguments = " ".join(process.cmdline())
            found.extend((arguments, stat.S_IMODE(path.stat().st_mode)) for path in tmp_path.iterdir())

    call = {"headers": (("authorization", "Bearer s3cret"),)}
    load(f"{server.url}/ok", call=call, duration_s=0.5, progress=look)
    assert found
    assert not any("s3cret" in arguments for arguments, _ in found)
    assert {mode for _, mode in found} == {0o700}
    assert not list(tmp_path.iterdir())


def test_whatever_ends_the_load_ends_k6(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    calls = iter(range(1000))

    def dead() -> None:
        if next(calls) > 3:
            raise MeasureError("the service has died")

    with pytest.raises(MeasureError, match="has died"):
        load(f"{server.url}/ok", duration_s=30.0, alive=dead)
    assert not left_behind()
    assert not list(tmp_path.iterdir())


_CHILD = """
import sys
from tests.support.load import make_plan
from perfreg.measure.engines.k6.engine import drive

def progress(share):
    if share > 0.005:
        print("loading", flush=True)

drive(make_plan(sys.argv[1], call={"headers": (("authorization", "s3cret"),)}, duration_s=60.0, progress=progress))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_k6_does_not_outlive_us_and_no_secret_does(server: Server, tmp_path: Path, sent: signal.Signals) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", _CHILD, f"{server.url}/ok"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loading\n"
        (k6,) = left_behind()
        process.send_signal(sent)
        process.wait(60)
    _, alive = psutil.wait_procs([k6], 60)
    assert not alive
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sent == signal.SIGKILL or not list(tmp_path.iterdir())


def test_a_script_of_the_users_own(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_TOKEN", "t-1")
    (tmp_path / "words.json").write_text('["a b", "c"]')
    (tmp_path / "load.js").write_text(
        """
        import http from "k6/http";
        import { check } from "k6";
        const words = JSON.parse(open("./words.json"));
        export const options = { vus: 50, iterations: 1, thresholds: { http_reqs: ["count<1"] } };
        export function setup() { http.get(`${__ENV.BASE_URL}/ok?setup`); return { token: __ENV.APP_TOKEN }; }
        export default function (data) {
          const params = { headers: { authorization: data.token }, tags: { name: "front" } };
          const answer = http.get(`${__ENV.BASE_URL}/ok?${encodeURIComponent(words[0])}`, params);
          check(answer, { "is 200": (r) => r.status === 200, "is first": (r) => __ITER === 0 });
          http.get("http://192.0.2.1/");
        }
        export function teardown() { http.get(`${__ENV.BASE_URL}/ok?teardown`); }
        """
    )
    outcome = run(server.url, tmp_path, script="load.js")
    metrics = {each.metric: each for each in outcome.measurements}
    assert metrics["response_time_p50"].value >= 2.0
    assert "response_size" not in metrics
    paths = [path for _, path, _, _ in server.requests]
    assert paths.count("/ok?setup") == paths.count("/ok?teardown") == 1
    assert paths.count("/ok?a%20b") >= metrics["front_response_time_p50"].n == metrics["response_time_p50"].n > 0
    assert all(sent["authorization"] == "t-1" for _, path, sent, _ in server.requests if path == "/ok?a%20b")
    assert outcome.errors["not allowed"] > 0
    assert set(outcome.errors) <= {"check", "not allowed"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("export default function () {", r"k6 failed .*load\.js: Line 1:29 Unexpected end of input"),
        ("export const a = 1;", "no default function"),
        ('import x from "k6/x/nothing"; export default function () {}', r"k6 failed .*k6/x/nothing"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_script_is_one_line(server: Server, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "load.js").write_text(text)
    with pytest.raises(MeasureError, match=words) as caught:
        run(server.url, tmp_path, script="load.js")
    assert "\n" not in str(caught.value)
    assert not left_behind()


def test_a_script_that_ends_the_run_breaks_it(server: Server, tmp_path: Path) -> None:
    (tmp_path / "load.js").write_text(
        'import exec from "k6/execution"; import http from "k6/http";\n'
        "export default function () { http.get(`${__ENV.BASE_URL}/ok`); if (__ITER > 5) exec.test.abort('enough'); }"
    )
    outcome = run(server.url, tmp_path, script="load.js", duration=20)
    assert outcome.status == "broken"
    assert any("ended the run itself" in reason and "enough" in reason for reason in outcome.reasons)


def test_errors_of_a_script_break_the_run(server: Server, tmp_path: Path) -> None:
    (tmp_path / "load.js").write_text(
        'import http from "k6/http";\nexport default function () { http.get(`${__ENV.BASE_URL}/ok`); nothing.at.all; }'
    )
    outcome = run(server.url, tmp_path, script="load.js", duration=0.2)
    assert outcome.status == "broken"
    assert any("ReferenceError" in reason and "load.js:2" in reason for reason in outcome.reasons)


def test_a_k6_that_is_none_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "k6"
    for text, words in (("echo k6 v0.49.0", "older than 1.0"), ("echo hello", "no k6")):
        old.unlink(missing_ok=True)
        old = tmp_path / f"k6-{words[0]}"
        old.write_text(f"#!/bin/sh\n{text}\n")
        old.chmod(0o755)
        monkeypatch.setenv("PERFREG_K6", str(old))
        with pytest.raises(MeasureError, match=words):
            load("http://127.0.0.1:9/")
    monkeypatch.setenv("PERFREG_K6", str(tmp_path / "missing"))
    with pytest.raises(MeasureError, match=r"no program .*install it"):
        load("http://127.0.0.1:9/")
    monkeypatch.delenv("PERFREG_K6")
    monkeypatch.setenv("PATH", str(tmp_path) + os.sep)
    with pytest.raises(MeasureError, match="no k6 on the PATH"):
        load("http://127.0.0.1:9/")
