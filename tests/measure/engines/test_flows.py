from __future__ import annotations

import gzip
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.contexts import make_context
from tests.support.shop import shop

from perfreg.errors import InputError, MeasureError
from perfreg.measure.context import Outcome
from perfreg.measure.engines.native.cookies import CookieJar
from perfreg.measure.identity import scenario_hash
from perfreg.measure.scenarios.api import ApiSpec, measure

LOGIN = {"name": "login", "endpoint": "/login", "method": "POST", "body": {"user": "{{user}}"},
         "extract": {"token": "$.auth.token"}}  # fmt: skip
ORDERS = {"endpoint": "/orders/{{user}}?x=1", "headers": {"Authorization": "{{token}}"},
          "check": {"headers": {"content-type": "^application/json"}, "body": "open",
                    "json": {"$.orders[1]": 2, "$.state": "open"}}}  # fmt: skip
USERS = [{"user": "ann"}, {"user": 'b"o b'}, {"user": "zoë"}]


def run(url: str, tmp_path: Path, *, seed: int = 0, **changes: Any) -> Outcome:
    values = {"name": "s", "type": "api", "concurrent_users": 2, "duration": 0.3, "warm_up": 0}
    return measure(ApiSpec.model_validate({**values, **changes}), make_context(tmp_path, base_url=url, seed=seed))


def test_a_flow_carries_tokens_cookies_and_rows_from_step_to_step(tmp_path: Path) -> None:
    with shop() as (url, seen):
        outcome = run(url, tmp_path, steps=[LOGIN, ORDERS], data=USERS)
    assert outcome.status == "ok", outcome.reasons
    assert not outcome.errors
    assert {user for path, user, _ in seen if path == "login"} == {"ann", 'b"o b', "zoë"}
    orders = [each for each in seen if each[0].startswith("/orders/")]
    assert {path for path, _, _ in orders} == {"/orders/ann?x=1", "/orders/b%22o%20b?x=1", "/orders/zo%C3%AB?x=1"}
    assert all(re.fullmatch(r"sid=\d", cookie) for _, _, cookie in orders)
    metrics = {each.metric: each for each in outcome.measurements}
    assert metrics["login_response_time_p95"].n + 1 >= metrics["response_time_p95"].n // 2
    assert outcome.samples["login_response_time"].n == metrics["login_response_time_p50"].n


def test_a_failing_step_ends_the_visit_and_is_counted_by_class(tmp_path: Path) -> None:
    bad_check = {**ORDERS, "check": {"json": {"$.state": "closed"}}}
    with shop() as (url, seen):
        outcome = run(url, tmp_path, steps=[LOGIN, bad_check, LOGIN], data=USERS[:1])
    assert set(outcome.errors) == {"check"}
    logins = sum(path == "login" for path, _, _ in seen)
    assert logins <= len(seen) - logins + 3
    with shop() as (url, _):
        outcome = run(url, tmp_path, steps=[{**LOGIN, "extract": {"token": "$.nothing"}}, ORDERS], data=USERS[:1])
        assert set(outcome.errors) == {"check"}
        outcome = run(url, tmp_path, endpoint="/orders/x")
        assert set(outcome.errors) == {"status 401"}


def test_checks_of_a_single_endpoint(tmp_path: Path) -> None:
    with shop() as (url, _):
        good = run(url, tmp_path, endpoint="/o", headers={"authorization": "t-x"}, check={"body": r"orders.*\[1"})
        bad = run(url, tmp_path, endpoint="/o", headers={"authorization": "t-x"}, check={"headers": {"etag": "."}})
    assert not good.errors
    assert set(bad.errors) == {"check"}


def test_rows_come_in_the_order_of_the_seed(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("id,unused\n" + "".join(f"{number},x\n" for number in range(50)))
    orders = []
    for seed in (1, 1, 2):
        with shop() as (url, seen):
            run(url, tmp_path, seed=seed, endpoint="/o/{{id}}", data="ids.csv", concurrent_users=1,
                headers={"authorization": "t-x"})  # fmt: skip
        orders.append([path for path, _, _ in seen[:20]])
    assert orders[0] == orders[1] != orders[2]
    assert len(set(orders[0])) == 20


def test_users_think(tmp_path: Path) -> None:
    with shop() as (url, seen):
        run(url, tmp_path, endpoint="/o", headers={"authorization": "t-x"}, think_time={"min": 0.1, "max": 0.2})
    assert 3 <= len(seen) <= 9


def test_an_open_loop_starts_visits_and_each_comes_without_cookies(tmp_path: Path) -> None:
    with shop() as (url, seen):
        run(url, tmp_path, steps=[LOGIN, ORDERS], data=USERS, rate=50)
    logins = [each for each in seen if each[0] == "login"]
    assert 15 <= len(logins) <= 16
    assert not any(cookie for _, _, cookie in logins)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"endpoint": "/{{nobody}}"}, "nobody"),
        ({"steps": [ORDERS, LOGIN], "data": USERS}, "token"),
        ({"steps": [LOGIN, {"endpoint": "http://127.0.0.2:9/"}], "data": USERS}, "same server"),
        ({"endpoint": "/", "check": {"body": "("}}, "regular expression"),
        ({"endpoint": "/", "check": {"json": {"$.[": 1}}}, "JSONPath"),
        ({"endpoint": "/", "data": "missing.csv"}, "cannot be read"),
    ],
)
def test_what_cannot_be_sent_is_one_clear_line(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with shop() as (url, _), pytest.raises((MeasureError, InputError), match=words):
        run(url, tmp_path, **changes)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "a,b\n1\n", "as many values"),
        ("a.csv", "a,b\n", "no rows"),
        ("a.json", "{", "no JSON"),
        ("a.json", "[1]", "list of objects"),
    ],
)
def test_bad_data_is_told(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words):
        run("http://127.0.0.1:9", tmp_path, endpoint="/", data=name)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"endpoint": "/", "steps": [LOGIN]},
        {"steps": [LOGIN], "method": "POST"},
        {"endpoint": "/", "rate": 5, "stages": [{"users": 1, "duration": 1}]},
        {"endpoint": "/", "rate": []},
        {"endpoint": "/", "rate": {"start": 0, "end": 0}},
        {"endpoint": "/", "rate": 5, "engine": "httpx"},
        {"endpoint": "/", "think_time": {"min": 2, "max": 1}},
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ApiSpec.model_validate({"name": "s", "type": "api", **changes})


def test_the_hash_follows_the_flow() -> None:
    def hashed(**changes: Any) -> str:
        return scenario_hash(ApiSpec.model_validate({"name": "s", "type": "api", "concurrent_users": 1, **changes}))

    hashes = [
        hashed(endpoint="/"),
        hashed(endpoint="/", check={"body": "x"}),
        hashed(endpoint="/", rate=5),
        hashed(endpoint="/", rate=5, arrivals="poisson"),
        hashed(endpoint="/", data=USERS),
        hashed(endpoint="/", stages=[{"users": 1, "duration": 1}]),
        hashed(steps=[LOGIN, ORDERS]),
        hashed(steps=[ORDERS, LOGIN]),
    ]
    assert len(set(hashes)) == len(hashes)
    assert hashed(endpoint="/", max_connections=5) == hashes[0]


def test_cookies_of_all_kinds() -> None:
    jar = CookieJar()
    assert jar.header("/") == b""
    for line in ("a=1", "b=2; Path=/shop; HttpOnly", "bad", "=x", "c=\x00", "d=4; Max-Age=0", "e=" + "x" * 9000):
        jar.store(line)
    assert jar.header("/shop/x") == b"cookie: a=1; b=2\r\n"
    assert jar.header("/shopping") == b"cookie: a=1\r\n"
    jar.store("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    jar.store("b=3; Path=/shop")
    assert jar.header("/shop") == b"cookie: b=3\r\n"
    for number in range(500):
        jar.store(f"n{number}=1")
    assert len(jar.header("/shop")) < 1500


def test_a_decompression_bomb_fails_its_check(tmp_path: Path) -> None:
    bomb = gzip.compress(b"0" * 200_000_000, 9)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()

    def script(connection: socket.socket) -> None:
        connection.sendall(head + bomb)

    from tests.support.hostile_server import hostile_server

    with hostile_server(script) as url:
        outcome = run(url, tmp_path, endpoint="/", check={"body": "1"}, concurrent_users=1, duration=0.1)
    assert set(outcome.errors) == {"check"}
