"""Two services that run already, on real ports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.command_line import called, read_result, write_config
from tests.support.http_server import Server, http_server

SHORT = ("--budget", "25s", "--rounds", "10", "--confidence", "0.9", "--seed", "5")
API = {"name": "greet", "type": "api", "endpoint": "/ok", "concurrent_users": 2}


@pytest.fixture
def pair() -> Iterator[tuple[Server, Server]]:
    with http_server() as base, http_server() as head:
        base.delay_s, head.delay_s = 0.010, 0.060
        yield base, head


def test_a_slower_service_is_found_without_a_configuration(pair: tuple[Server, Server], tmp_path: Path) -> None:
    base, head = pair
    secret = head.url.replace("://", "://ann:s3cret@") + "/ok?q=1&token=s3cret#s3cret"
    done = called("compare", "--base-url", f"{base.url}/ok?q=1", "--head-url", secret, *SHORT, cwd=tmp_path)
    assert done.code == 1, done.out + done.err
    result = read_result(tmp_path)
    assert result["comparison"]["mode"] == "urls"
    assert result["comparison"]["head"]["label"] == f"{head.url}/ok?q=1&token=***"
    found = {each["metric"]: each for each in result["verdicts"]}["response_time_mean"]
    assert (found["scenario"], found["status"]) == ("url", "regression")
    assert found["change_pct"] > 60
    assert {path for _, path, _, _ in head.requests} == {"/ok?q=1&token=s3cret"}
    assert {headers.get("authorization") for *_, headers, _ in head.requests} == {"Basic YW5uOnMzY3JldA=="}
    written = "".join(path.read_text() for path in (tmp_path / "perf-results").rglob("*") if path.is_file())
    assert "s3cret" not in written + done.out + done.err
    assert "baseline" not in done.out


def test_the_scenarios_of_a_configuration_are_asked_of_both(pair: tuple[Server, Server], tmp_path: Path) -> None:
    base, head = pair
    elsewhere = {**API, "name": "whole", "endpoint": "http://127.0.0.1:9/ok?whole"}
    write_config(tmp_path, API, elsewhere, {"name": "noop", "type": "command", "run": "true"}, base_url=base.url)
    short = (*SHORT[:2], "--rounds", "1")
    done = called("compare", "--base-url", base.url, "--head-url", head.url, *short, cwd=tmp_path)
    assert done.code == 0, done.out + done.err
    result = read_result(tmp_path)
    assert {each["scenario"] for each in result["verdicts"]} == {"greet", "whole"}
    assert any("noop" in note for note in result["notes"])
    for server in pair:
        assert {path for _, path, _, _ in server.requests} == {"/ok", "/ok?whole"}


def test_a_head_that_fails_is_broken_and_a_base_that_is_not_there_no_base(server: Server, tmp_path: Path) -> None:
    nobody = "http://ann:s3cret@127.0.0.1:9/ok?q=1&api_key=s3cret"
    broken = called(
        "compare", "--base-url", f"{server.url}/ok", "--head-url", f"{server.url}/status/500", *SHORT, cwd=tmp_path
    )
    assert broken.code == 2
    assert "broken: 1 scenario" in broken.out
    blind = called("compare", "--base-url", nobody, "--head-url", f"{server.url}/ok", *SHORT, cwd=tmp_path)
    assert blind.code == 2, blind.out + blind.err
    assert "no_base: " in blind.out
    assert "http://127.0.0.1:9/ok?q=1&api_key=***" in blind.out
    assert "s3cret" not in blind.out + blind.err + (tmp_path / "perf-results" / "result.json").read_text()


@pytest.fixture
def server() -> Iterator[Server]:
    with http_server() as running:
        yield running


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("http://8.8.8.8", "http://127.0.0.1:9", "'8.8.8.8' is a public address"),
        ("http://127.0.0.1:9", "http://u:p@8.8.8.8/x", "'8.8.8.8' is a public address"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9", "--head-url: --base-url and --head-url are the same"),
        ("ftp://u:p@127.0.0.1", "http://127.0.0.1:9", "--base-url: is no URL that can be loaded"),
        ("http://127.0.0.1:9", "http://u:p@[::1", "--head-url: is no URL that can be loaded"),
        ("http://127.0.0.1:9", "http://127.0.0.1:8/\n", "--head-url: is no URL that can be loaded"),
    ],
)
def test_an_address_that_may_not_be_loaded_is_one_clear_line(
    base: str, head: str, expected: str, tmp_path: Path
) -> None:
    done = called("compare", "--base-url", base, "--head-url", head, *SHORT, cwd=tmp_path)
    assert done.code == 2
    assert expected in done.err
    assert "u:p" not in done.err


def test_a_configuration_without_api_scenarios_is_refused(tmp_path: Path) -> None:
    write_config(tmp_path, {"name": "noop", "type": "command", "run": "true"})
    done = called("compare", "--base-url", "http://127.0.0.1:8", "--head-url", "http://127.0.0.1:9", cwd=tmp_path)
    assert done.code == 2
    assert "there is no api scenario" in done.err
