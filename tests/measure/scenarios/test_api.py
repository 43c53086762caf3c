from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.contexts import make_context
from tests.support.http_server import Server, http_server

from perfreg.errors import MeasureError, ServiceError
from perfreg.measure.context import Outcome
from perfreg.measure.identity import scenario_hash
from perfreg.measure.scenarios.api import ApiSpec, measure, resolve
from perfreg.model.run import Measurement


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with http_server() as running:
        yield running


class Chosen:
    engine = "native"


@pytest.fixture(params=["native", "httpx"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every engine answers the same questions in the same way."""
    monkeypatch.setattr(Chosen, "engine", request.param)


def spec(endpoint: str = "/ok", **changes: Any) -> ApiSpec:
    values = {"name": "s", "type": "api", "endpoint": endpoint, "concurrent_users": 2, "duration": 0.6, "warm_up": 0.1}
    return ApiSpec.model_validate({**values, "engine": Chosen.engine, **changes})


def load(server: Server, tmp_path: Path, endpoint: str = "/ok", **changes: Any) -> Outcome:
    return measure(spec(endpoint, **changes), make_context(tmp_path, base_url=server.url))


def metrics(outcome: Outcome) -> dict[str, Measurement]:
    return {each.metric: each for each in outcome.measurements}


def test_every_metric_of_a_healthy_endpoint(server: Server, tmp_path: Path) -> None:
    outcome = load(server, tmp_path)
    found = metrics(outcome)
    assert outcome.status == "ok"
    assert set(found) == {
        "response_time_mean", "response_time_p50", "response_time_p90", "response_time_p95", "response_time_p99",
        "response_time_max", "throughput", "error_rate", "response_size", "generator_cpu",
    } | ({"generator_lag"} if Chosen.engine == "native" else set())  # fmt: skip
    assert found["response_time_p50"].value >= 2.0
    assert found["response_time_p50"].value <= found["response_time_p99"].value
    assert found["response_size"].value == 5.0
    assert found["error_rate"].value == 0.0
    assert found["throughput"].value == pytest.approx(found["throughput"].n / 0.6, rel=0.3)
    assert found["throughput"].std_error is not None


def test_a_slower_answer_is_measured_as_slower(server: Server, tmp_path: Path) -> None:
    server.delay_s = 0.03
    try:
        slow = metrics(load(server, tmp_path))["response_time_p50"].value
    finally:
        server.delay_s = 0.002
    assert slow >= 30.0


def test_the_request_is_sent_as_configured(server: Server, tmp_path: Path) -> None:
    server.requests.clear()
    load(server, tmp_path, "/ok?q=a%20b", method="post", headers={"X-Token": "t"}, body={"user": "ü"}, duration=0.2)
    method, path, headers, body = server.requests[-1]
    assert (method, path) == ("POST", "/ok?q=a%20b")
    assert (headers["x-token"], headers["content-type"]) == ("t", "application/json")
    assert body == b'{"user": "\\u00fc"}'


def test_failed_requests_never_look_fast(server: Server, tmp_path: Path) -> None:
    outcome = load(server, tmp_path, "/flaky")
    found = metrics(outcome)
    failures = outcome.errors["status 500"]
    assert outcome.status == "broken"
    assert "status 500" in outcome.reasons[0]
    assert found["error_rate"].value == pytest.approx(100 * failures / found["error_rate"].n)
    assert found["response_time_mean"].n == found["error_rate"].n - failures


def test_errors_below_the_limit_leave_the_run_sound(server: Server, tmp_path: Path) -> None:
    context = make_context(tmp_path, base_url=server.url, max_error_rate_pct=60.0)
    outcome = measure(spec("/flaky"), context)
    assert outcome.status == "ok"
    assert metrics(outcome)["error_rate"].value > 0


@pytest.mark.parametrize(
    ("endpoint", "changes", "error"),
    [
        ("/status/503", {}, "status 503"),
        ("/hang", {"timeout": 0.2}, "timeout"),
        ("/reset", {}, "reset"),
        ("/short", {}, "protocol"),
        ("/garbage", {}, "protocol"),
    ],
)
def test_error_classes(server: Server, tmp_path: Path, endpoint: str, changes: dict[str, Any], error: str) -> None:
    outcome = load(server, tmp_path, endpoint, **changes)
    assert outcome.status == "broken"
    assert set(outcome.errors) == {error}
    assert set(metrics(outcome)) == {"error_rate"}


@pytest.mark.parametrize(
    ("endpoint", "expected", "status"),
    [
        ("/status/404", 404, "ok"),
        ("/status/201", [200, 201], "ok"),
        ("/ok", 201, "broken"),
        ("/status/302", None, "ok"),
    ],
)
def test_expected_status(server: Server, tmp_path: Path, endpoint: str, expected: Any, status: str) -> None:
    assert load(server, tmp_path, endpoint, expected_status=expected, duration=0.2).status == status


def test_a_refused_connection_is_an_error_not_a_measurement(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(MeasureError, match="cannot connect") as caught:
            measure(spec(), make_context(tmp_path, base_url=url))
    assert url in str(caught.value)


@pytest.mark.parametrize("host", ["8.8.8.8", "[2001:4860:4860::8888]", "[::ffff:8.8.8.8]"])
def test_public_hosts_are_refused_before_anything_is_sent(tmp_path: Path, host: str) -> None:
    with pytest.raises(MeasureError, match="may not be loaded"):
        measure(spec(f"http://{host}/"), make_context(tmp_path))


def test_a_dead_service_ends_the_load_at_once(server: Server, tmp_path: Path) -> None:
    class Dead:
        base_url = server.url
        pid = 1

        def check(self) -> None:
            raise ServiceError("the service died")

        def process_ids(self) -> list[int]:
            return [os.getpid()]

    with pytest.raises(ServiceError, match="the service died"):
        measure(spec(duration=30), make_context(tmp_path, base_url=server.url, service=Dead()))


@pytest.mark.parametrize(
    ("endpoint", "base", "url"),
    [
        ("/a", "http://h:1", "http://h:1/a"),
        ("a?b=c", "http://h/api/", "http://h/api/a?b=c"),
        ("/a", "http://h/api", "http://h/api/a"),
        ("http://other/x", "http://h", "http://other/x"),
    ],
)
def test_resolve(endpoint: str, base: str, url: str) -> None:
    assert resolve(endpoint, base, "here") == url


@pytest.mark.parametrize(("endpoint", "base"), [("/a", ""), ("/a", "ftp://h"), ("//evil", "")])
def test_unresolvable(endpoint: str, base: str) -> None:
    with pytest.raises(MeasureError):
        resolve(endpoint, base, "here")


def test_the_hash_follows_what_is_measured_and_not_where_or_how_long() -> None:
    same = [spec(), spec(duration=9), spec("http://127.0.0.1:9/ok"), spec(timeout=1), spec(tags=["x"])]
    other = [spec("/else"), spec(method="POST"), spec(body="x"), spec(concurrent_users=3), spec(headers={"a": "b"})]
    assert len({scenario_hash(each) for each in same}) == 1
    assert len({scenario_hash(each) for each in [spec(), *other]}) == 6
    assert scenario_hash(spec(headers={"a": "1"})) == scenario_hash(spec(headers={"a": "2"}))
    assert scenario_hash(spec(), stress_multiplier=2) != scenario_hash(spec())
