"""Locust for real: its processes, a server on loopback, and what goes wrong with both."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.support.command_line import called, environment, write_config
from tests.support.contexts import make_context
from tests.support.http_server import Server, http_server
from tests.support.load import make_plan

from perfreg.errors import MeasureError, ServiceError
from perfreg.measure.context import Outcome
from perfreg.measure.engines.call import Call, Checks
from perfreg.measure.engines.engine import LoadResult, Remote
from perfreg.measure.engines.keys import Stage, stage_profile
from perfreg.measure.engines.locust.engine import drive
from perfreg.measure.engines.profile import constant
from perfreg.measure.scenarios.api import ApiSpec, measure
from perfreg.stats.distribution import merge

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]

SECRET = "Bearer s3cret-0f9a2b"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with http_server() as found:
        yield found


def load(url: str, **changes: Any) -> LoadResult:
    return drive(make_plan(url, **{"duration_s": 0.6, **changes}))


def outcome(directory: Path, server: Server, **keys: Any) -> Outcome:
    spec = {"name": "s", "type": "api", "engine": "locust", "duration": 0.6, "warm_up": 0.1, "concurrent_users": 2}
    return measure(ApiSpec.model_validate({**spec, **keys}), make_context(directory, base_url=server.url))


def children() -> list[psutil.Process]:
    """The processes of Locust; one that has just ended is none."""
    found = []
    for each in psutil.Process().children():
        with suppress(psutil.Error):
            if "engines.locust" in " ".join(each.cmdline()):
                found.append(each)
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def test_one_process(server: Server) -> None:
    shares: list[float] = []
    result = load(server.url + "/ok", warm_up_s=0.2, keep_samples=True, progress=shares.append)
    response = merge(result.response)
    assert response.n == result.answers > 0
    assert response.quantile(0.5) >= 2
    assert not result.errors
    assert result.requests >= result.answers
    assert sum(each.answers for each in result.seconds) == result.answers
    assert result.samples is not None
    assert len(result.samples.sent) == result.answers
    assert min(result.samples.intended) >= 0
    assert result.generator.cpu_s > 0
    assert result.generator.lag is not None
    assert result.size.mean == 5
    assert not result.open_loop
    assert shares
    assert not children()


def test_the_request_is_that_of_the_configuration(server: Server, tmp_path: Path) -> None:
    before = len(server.requests)
    found = outcome(
        tmp_path,
        server,
        endpoint="/ok?q={{word}}&n=1",
        method="POST",
        headers={"X-Word": "{{word}}", "Authorization": SECRET},
        body={"say": "{{word}}"},
        data=[{"word": 'a "b"'}],
    )
    assert found.status == "ok", found.reasons
    method, path, headers, body = server.requests[before]
    assert (method, path, body) == ("POST", "/ok?q=a%20%22b%22&n=1", b'{"say": "a \\"b\\""}')
    assert (headers["x-word"], headers["authorization"]) == ('a "b"', SECRET)
    assert headers["content-type"] == "application/json"


def test_two_workers_share_users_and_add_up(server: Server) -> None:
    result = load(server.url + "/ok", users=3, workers=2, warm_up_s=0.2)
    assert not result.errors
    assert not result.faults
    assert result.generator.workers == 2
    assert merge(result.response).n == result.answers > 0
    assert not children()


def test_an_open_loop_keeps_its_schedule(server: Server) -> None:
    result = load(server.url + "/ok", rate=constant(40, 0.5), duration_s=0.5, workers=2, max_connections=20)
    assert result.open_loop
    assert result.answers + sum(result.errors.values()) == 20
    assert result.throughput == pytest.approx(40)


def test_stages(server: Server) -> None:
    stages = stage_profile((Stage(users=2, duration=0.3, ramp=False), Stage(users=1, duration=0.3, ramp=False)), 1)
    result = load(server.url + "/ok", stages=stages)
    assert result.answers > 0
    assert not result.steady


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/status/503", "status 503"),
        ("/status/302", ""),
        ("/reset", "reset"),
        ("/garbage", "protocol"),
        ("/short", "protocol"),
    ],
)
def test_failures_have_perfregs_classes(server: Server, path: str, kind: str) -> None:
    result = load(server.url + path, duration_s=0.3)
    assert set(result.errors) == ({kind} if kind else set())
    assert bool(result.answers) == (not kind)


def test_a_slow_answer_is_a_timeout(server: Server) -> None:
    assert set(load(server.url + "/hang", duration_s=0.2, timeout_s=0.3).errors) == {"timeout"}


def test_a_failed_check(server: Server) -> None:
    call = {"checks": Checks(body="good ?bye")}
    assert set(load(server.url + "/ok", duration_s=0.2, call=call).errors) == {"check"}


def test_steps_have_metrics_of_their_own(server: Server, tmp_path: Path) -> None:
    steps = [{"name": "first", "endpoint": "/ok"}, {"name": "second", "endpoint": "/ok?2", "think_time": 0.01}]
    found = outcome(tmp_path, server, steps=steps)
    assert found.status == "ok", found.reasons
    assert {"first_response_time_p95", "second_response_time_p50"} <= {each.metric for each in found.measurements}


def test_nobody_there() -> None:
    with pytest.raises(MeasureError, match="cannot connect"):
        load("http://127.0.0.1:9/")
    with pytest.raises(MeasureError, match="cannot connect"):
        load("http://127.0.0.1:9/", workers=2)
    assert not children()


def test_what_it_cannot_do_is_said() -> None:
    with pytest.raises(MeasureError, match="Unix sockets"):
        load("unix:/run/app.sock:/")


def test_without_locust_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MeasureError, match=r"pip install 'perfreg\[locust\]'"):
        load("http://127.0.0.1:9/")


def test_the_process_that_asks_is_not_patched(server: Server) -> None:
    program = (
        "import sys; from perfreg.measure.engines.registry import engines; engines()['locust'];"
        "print(sorted({'locust', 'gevent'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_secret_is_neither_in_arguments_nor_in_files(server: Server, tmp_path: Path) -> None:
    seen: list[str] = []

    def alive() -> None:
        seen.extend(" ".join(each.cmdline()) + str(each.environ()) for each in children())

    call = Call(url=server.url + "/ok", headers=(("authorization", SECRET),))
    before = len(server.requests)
    load(server.url, calls=(call,), workers=2, alive=alive)
    assert server.requests[before][2]["authorization"] == SECRET
    assert len(seen) > 1
    assert not any(SECRET in text for text in seen)


def test_a_dead_service_ends_the_load(server: Server) -> None:
    calls = iter(range(10_000))

    def alive() -> None:
        if next(calls) > 5:
            raise ServiceError("the service died")

    with pytest.raises(ServiceError, match="the service died"):
        load(server.url + "/ok", duration_s=200.0, workers=2, alive=alive)
    assert not children()


@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_a_worker_that_dies_is_told(server: Server) -> None:
    begun = threading.Event()

    def alive() -> None:
        for each in children()[-1:] if begun.is_set() else ():
            each.send_signal(signal.SIGKILL)

    with pytest.raises(MeasureError, match="a process of the load died"):
        load(server.url + "/ok", duration_s=200.0, workers=2, alive=alive, progress=lambda _: begun.set())
    assert not children()


LOCUSTFILE = """
from locust import FastHttpUser, events, task

class Shopper(FastHttpUser):
    @task
    def shop(self):
        self.client.get("/ok", name="browse")
        self.client.get("/status/404", name="/not/a/metric")
        with self.client.get("/ok", name="buy", catch_response=True) as answer:
            if answer.text != "hello":
                answer.failure("no hello")
"""


def test_a_locustfile_of_ones_own(server: Server, tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE, "utf-8")
    found = outcome(tmp_path, server, script="locustfile.py", workers=2)
    assert found.status == "broken"
    assert set(found.errors) == {"status 404"}
    names = {each.metric for each in found.measurements}
    assert {"response_time_p95", "browse_response_time_p95", "buy_response_time_p50"} <= names


def test_a_locustfile_whose_tasks_fail(server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = "import time\nfrom locust import User, task\n\nclass U(User):\n    @task\n    def work(self):\n"
    (tmp_path / "mine.py").write_text(text + "        time.sleep(0.05)\n        raise KeyError('boom')\n", "utf-8")
    found = outcome(tmp_path, server, script="mine.py")
    assert set(found.errors) == {"script"}
    assert "KeyError: 'boom'" in capfd.readouterr().err


def test_a_locustfile_reaches_only_what_may_be_loaded(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = "from locust import FastHttpUser, task\n\nclass U(FastHttpUser):\n    @task\n    def work(self):\n"
    (tmp_path / "mine.py").write_text(text + "        self.client.get('http://8.8.8.8/')\n", "utf-8")
    found = outcome(tmp_path, server, script="mine.py")
    assert set(found.errors) == {"script"}
    assert "'8.8.8.8' is a public address 8.8.8.8 and may not be loaded" in capfd.readouterr().err


@pytest.mark.parametrize(("text", "message"), [("import nothing_like_it", "nothing_like_it"), ("", "no users")])
def test_a_locustfile_that_is_none(server: Server, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mine.py").write_text(text, "utf-8")
    with pytest.raises(MeasureError, match=message):
        outcome(tmp_path, server, script="mine.py")
    with pytest.raises(MeasureError, match="no such locustfile"):
        outcome(tmp_path, server, script="other.py")


CONFIG = """
base_url: {url}
test_scenarios:
  - name: search
    type: api
    engine: locust
    endpoint: /ok
    headers: {{Authorization: "${{TOKEN}}"}}
    concurrent_users: 2
    duration: 0.6
    warm_up: 0.1
    locust: {{expect_workers: 2, bind_host: 127.0.0.1, bind_port: {port}, max_wait: 200}}
"""


def test_a_master_and_workers_of_their_own(server: Server, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "perfreg.yml").write_text(CONFIG.format(url=server.url, port=port), "utf-8")
    command = [sys.executable, "-m", "perfreg", "worker", "--master", f"127.0.0.1:{port}", "--wait", "100"]
    env = environment(TOKEN=SECRET)
    before = len(server.requests)
    workers = [subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        command = [sys.executable, "-m", "perfreg", "run", "--output", "result.json", "--format", "json"]
        run = subprocess.run(
            command, cwd=tmp_path, env=environment(TOKEN="another"), capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        assert SECRET not in (tmp_path / "result.json").read_text("utf-8")
        assert {request[2]["authorization"] for request in server.requests[before:]} == {SECRET}
    finally:
        for each in workers:
            each.send_signal(signal.SIGINT)
        errors = [each.communicate(timeout=60)[1] for each in workers]
    assert all("made a load" in text for text in errors), errors


@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_a_worker_of_another_host_that_dies_is_missed(server: Server, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "perfreg.yml").write_text(CONFIG.format(url=server.url, port=port), "utf-8")
    command = [sys.executable, "-m", "perfreg", "worker", "--master", f"127.0.0.1:{port}", "--wait", "200"]
    workers = [subprocess.Popen(command, cwd=tmp_path, env=environment(TOKEN=SECRET)) for _ in range(2)]
    begun = threading.Event()

    def alive() -> None:
        if begun.is_set() and workers[0].poll() is None:
            with suppress(psutil.Error):
                for each in psutil.Process(workers[0].pid).children():
                    each.kill()

    try:
        with pytest.raises(MeasureError, match=r"a worker of the load died \(on "):
            load(
                server.url + "/ok",
                call={"headers": (("Authorization", "mine"),)},
                remote=Remote(workers=2, host="127.0.0.1", port=port, wait_s=200),
                duration_s=200.0,
                alive=alive,
                progress=lambda _: begun.set(),
            )
        assert workers[0].wait(60) == 2
        assert workers[1].poll() is None
    finally:
        for each in workers:
            each.kill()
            each.wait()


def test_a_worker_too_many_is_told(server: Server, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "perfreg.yml").write_text(CONFIG.format(url=server.url, port=port), "utf-8")
    command = [sys.executable, "-m", "perfreg", "worker", "--master", f"127.0.0.1:{port}", "--wait", "200"]
    workers = [subprocess.Popen(command, cwd=tmp_path, env=environment(TOKEN=SECRET))]
    begun = threading.Event()

    def alive() -> None:
        if begun.is_set() and len(workers) == 1:
            workers.append(subprocess.Popen(command, cwd=tmp_path, env=environment(TOKEN=SECRET)))

    try:
        with pytest.raises(MeasureError, match="another worker came while the load was made"):
            load(
                server.url + "/ok",
                call={"headers": (("Authorization", "mine"),)},
                remote=Remote(workers=1, host="127.0.0.1", port=port, wait_s=200),
                duration_s=250.0,
                alive=alive,
                progress=lambda _: begun.set(),
            )
    finally:
        for each in workers:
            each.kill()
            each.wait()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interrupt_leaves_nobody_behind(server: Server, tmp_path: Path) -> None:
    scenario = {"name": "s", "type": "api", "engine": "locust", "endpoint": "/ok?interrupted", "concurrent_users": 2}
    write_config(tmp_path, {**scenario, "workers": 2, "duration": 250}, base_url=server.url)
    with subprocess.Popen([sys.executable, "-m", "perfreg", "run"], cwd=tmp_path, env=environment()) as run:
        while not any(path == "/ok?interrupted" for _, path, _, _ in server.requests):
            assert run.poll() is None
            time.sleep(0.1)
        started = psutil.Process(run.pid).children(recursive=True)
        assert len(started) >= 3
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 130
    _, left = psutil.wait_procs(started, timeout=30)
    assert not left


def test_workers_that_do_not_come(server: Server) -> None:
    remote = Remote(workers=2, host="127.0.0.1", port=free_port(), wait_s=0.5)
    began = time.monotonic()
    with pytest.raises(MeasureError, match=r"only 0 of 2 workers came within 0.5 s .*perfreg worker --master"):
        load(server.url + "/ok", remote=remote)
    assert time.monotonic() - began < 200


def test_a_port_that_is_taken(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        remote = Remote(workers=2, host="127.0.0.1", port=taken.getsockname()[1], wait_s=5)
        with pytest.raises(MeasureError, match="nobody can listen at"):
            load(server.url + "/ok", remote=remote)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"script": "a.py", "method": "GET"}, "has a script, so method belongs there"),
        ({"script": "a.py", "endpoint": "/"}, "or a script"),
        ({"endpoint": "/", "workers": 2, "locust": {"expect_workers": 2}}, "not both"),
        ({"endpoint": "/", "engine": "native", "locust": {"expect_workers": 2}}, "does not do"),
    ],
)
def test_keys_that_do_not_go_together(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ApiSpec.model_validate({"name": "s", "type": "api", "engine": "locust", **keys})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--master", "h:0"], "'h:0' is no address"),
        (["--master", ":5557"], "is no address"),
        (["--master", "h", "--wait", "0"], "0 is no time to wait"),
        (["--master", "127.0.0.1"], "no scenario here is for workers"),
    ],
)
def test_a_worker_that_cannot_begin(tmp_path: Path, arguments: list[str], message: str) -> None:
    config = "base_url: http://127.0.0.1:9\ntest_scenarios: [{name: a, type: api, endpoint: /}]\n"
    (tmp_path / "perfreg.yml").write_text(config, "utf-8")
    done = called("worker", *arguments, cwd=tmp_path)
    assert done.code == 2
    assert message in done.err


def test_a_worker_without_a_master(server: Server, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "perfreg.yml").write_text(CONFIG.format(url=server.url, port=port), "utf-8")
    command = [sys.executable, "-m", "perfreg", "worker", "--master", f"127.0.0.1:{port}", "--wait", "0.5"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(TOKEN=SECRET), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"no master at 127.0.0.1:{port} within 0.5 s" in done.stderr
