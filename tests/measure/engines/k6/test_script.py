from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.support.load import make_plan

from perfreg.errors import MeasureError
from perfreg.measure.engines.call import Call, Checks
from perfreg.measure.engines.k6.failure import classify, is_status
from perfreg.measure.engines.k6.fence import forbidden
from perfreg.measure.engines.k6.log import Log
from perfreg.measure.engines.k6.looking import javascript_path, javascript_pattern
from perfreg.measure.engines.k6.schedule import Schedule
from perfreg.measure.engines.k6.script import generate, load_profile
from perfreg.measure.engines.profile import Segment, arrivals, constant
from perfreg.measure.scenarios.api import ApiSpec
from perfreg.measure.targets import TargetPolicy

URL = "http://127.0.0.1:1/"


def scenario(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(generate(make_plan(URL, **changes)).values)
    found: dict[str, Any] = values["options"]["scenarios"]["perfreg"]
    return found


def test_no_value_of_a_scenario_is_code() -> None:
    hostile = '"); throw "boo"; //${process}`'
    call = {"headers": (("authorization", hostile),), "body": hostile.encode(), "checks": Checks(body="boo\\);")}
    script = generate(make_plan(f"{URL}?q={hostile}", call=call, rows=({"user": hostile},)))
    plain = generate(make_plan(URL))
    assert script.text == plain.text
    assert "boo" in script.values
    assert json.loads(script.rows) == [{"user": hostile}]


def test_the_path_of_a_script_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / 'a";throw 1;".js'
    path.write_text("")
    text = generate(make_plan(URL, calls=(), script=str(path), base_url=URL)).text
    assert 'from "file:///' in text
    assert "throw 1" not in text
    with pytest.raises(MeasureError, match="there is no script"):
        generate(make_plan(URL, calls=(), script=str(tmp_path / "none.js"), base_url=URL))


def test_rows_come_in_an_order_that_the_seed_repeats() -> None:
    rows = tuple({"n": str(number)} for number in range(20))
    first, again, other = (json.loads(generate(make_plan(URL, rows=rows, seed=seed)).rows) for seed in (1, 1, 2))
    assert first == again != other
    assert sorted(first, key=lambda row: int(row["n"])) == list(rows)


def test_users_of_a_closed_loop() -> None:
    found = scenario(users=3, warm_up_s=0.5, duration_s=0.25)
    assert found["executor"] == "ramping-vus"
    assert found["startVUs"] == 3
    assert found["stages"] == [{"duration": "500000us", "target": 3}, {"duration": "250000us", "target": 3}]


def test_stages_may_leap() -> None:
    stages = (Segment(duration_s=1, first=0, last=4), Segment(duration_s=1, first=9, last=9))
    found = scenario(users=9, stages=stages)
    assert found["startVUs"] == 0
    assert found["stages"] == [
        {"duration": "1000000us", "target": 4},
        {"duration": "0s", "target": 9},
        {"duration": "1000000us", "target": 9},
    ]


def test_a_rate_may_have_decimals() -> None:
    found = scenario(rate=constant(12.5, 2), duration_s=2, max_connections=20)
    assert found["executor"] == "ramping-arrival-rate"
    assert (found["timeUnit"], found["startRate"]) == ("1000s", 12_500)
    assert (found["preAllocatedVUs"], found["maxVUs"]) == (20, 20)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"calls": (Call(url="unix:/run/x.sock:/"),)}, "Unix socket"),
        ({"call": {"checks": Checks(body="(?P<a>x)")}}, "nothing k6 knows"),
        ({"call": {"checks": Checks(json=(("$..a", 1),))}}, "more than engine k6 can read"),
        ({"call": {"extract": (("a", "$[?@.b]"),)}}, "more than engine k6 can read"),
        ({"call": {"headers": (("a", "b\r\nc: d"),)}}, "characters HTTP forbids"),
        ({"calls": (Call(url=f"{URL}{{{{user}}}}"),)}, "has no value"),
    ],
)
def test_what_k6_cannot_do_is_said(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(MeasureError, match=words):
        generate(make_plan(URL, **changes))


def test_patterns_and_paths() -> None:
    assert javascript_pattern(r"(?im)^a\d+?$") == (r"^a\d+?$", "im")
    assert javascript_pattern("(?:a|b)(?=c)(?!d)(?<=e)(?<!f)") == ("(?:a|b)(?=c)(?!d)(?<=e)(?<!f)", "")
    for strange in ("a(?i)b", r"\Aa", r"a\Z", "(?#x)a", "(?>a)", "a*+", "(?-i:a)"):
        with pytest.raises(MeasureError):
            javascript_pattern(strange)
    assert javascript_path("$.a['b c'][0][-1].*") == [["a"], ["b c"], [0], [-1], [None]]
    assert javascript_path("$") == []


def test_a_script_reaches_no_public_network_but_those_it_may() -> None:
    def reaches(address: str, policy: TargetPolicy, base_url: str = "http://127.0.0.1:1") -> bool:
        return not any(ip_address(address) in ip_network(each) for each in forbidden(policy, base_url))

    usual = TargetPolicy()
    assert all(reaches(each, usual) for each in ("127.0.0.1", "10.1.2.3", "192.168.7.7", "::1", "fd00::1"))
    assert not any(reaches(each, usual) for each in ("8.8.8.8", "1.1.1.1", "172.32.0.1", "2001:4860::1", "0.1.2.3"))
    assert reaches("8.8.8.8", usual, "http://8.8.8.8/x")
    assert not reaches("8.8.4.4", usual, "http://8.8.8.8/x")
    assert reaches("8.8.4.4", TargetPolicy(allowed=("8.8.4.4",)))
    strict = TargetPolicy(allowed=("10.0.0.1",), strict=True)
    assert reaches("10.0.0.1", strict)
    assert reaches("127.0.0.1", strict)
    assert not reaches("10.0.0.2", strict)
    assert forbidden(TargetPolicy(allowed=("*.example.org",)), "http://127.0.0.1:1") == ()


def test_random_arrivals_are_not_for_k6() -> None:
    values = {"name": "s", "type": "api", "engine": "k6", "endpoint": "/", "rate": 5, "arrivals": "poisson"}
    with pytest.raises(ValidationError, match=r"arrivals, which engine 'k6' does not do"):
        ApiSpec.model_validate(values)


PROFILES = st.lists(
    st.builds(
        Segment,
        duration_s=st.floats(0.1, 5),
        first=st.floats(0, 200) | st.just(0.0),
        last=st.floats(0, 200) | st.just(0.0),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


@given(PROFILES)
def test_visits_are_due_when_others_say_the_one_after_is(profile: tuple[Segment, ...]) -> None:
    """The native engine begins with a request at once, k6 when there is room for a whole one."""
    native = [int(moment) for piece in arrivals(profile, seed=None) for moment in piece]
    schedule = Schedule(profile)
    found = [schedule.due_ns(number) for number in range(len(native) - 1)]
    assert found == pytest.approx(native[1:], abs=2000, rel=1e-6)
    end = sum(each.duration_s for each in profile) * 1e9
    assert schedule.due_ns(len(native) + 5) == pytest.approx(end)


def test_the_warm_up_is_as_what_comes_first() -> None:
    profile = load_profile(make_plan(URL, rate=(Segment(duration_s=1, first=5, last=10),), warm_up_s=2))
    assert profile[0] == Segment(duration_s=2, first=5, last=5)


@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        (1212, "dial: connection refused", "refused"),
        (1213, "dial: unknown errno 99 error with msg `cannot assign requested address`", "no ports"),
        (1210, "dial tcp: socket: too many open files", "no ports"),
        (1220, "read: connection reset by peer", "reset"),
        (1050, "request timeout", "timeout"),
        (1101, "lookup: no such host", "dns"),
        (1310, "x509: unknown authority", "certificate"),
        (1000, "x509: certificate has expired or is not yet valid", "certificate"),
        (1000, "EOF", "protocol"),
        (1000, 'malformed HTTP response "\x00"', "protocol"),
        (1110, "ip is blacklisted", "not allowed"),
        (99999, "", "protocol"),
    ],
)
def test_errors_of_k6_have_the_classes_of_all_engines(code: int, text: str, name: str) -> None:
    assert not is_status(code)
    assert classify(code, text) == name


def test_a_status_is_no_error_of_the_connection() -> None:
    assert is_status(0)
    assert is_status(1404)


def test_the_log_tells_the_first_error_in_one_line() -> None:
    log = Log()
    lines = [
        {"level": "warning", "msg": "Request Failed"},
        {"level": "error", "source": "console", "msg": "the script's own"},
        {"level": "error", "msg": "TypeError: no\n\tat default (file:///load.js:7:3(4))\n\tat more", "source": "stack"},
        {"level": "error", "msg": "another"},
    ]
    content = b"\n".join(json.dumps(line).encode() for line in lines) + b"\nnot json\n[]\n"
    for at in range(0, len(content), 7):
        log.feed(content[at : at + 7])
    log.end()
    assert log.first == "TypeError: no at default (file:///load.js:7:3(4))"
    assert log.errors == 3


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_no_log_makes_the_reader_fail(chunks: list[bytes]) -> None:
    log = Log()
    for chunk in chunks:
        log.feed(chunk)
    log.end()
    assert len(log.first) <= 300
    assert "\n" not in log.first
