"""The parts of the load benchmark read what engines print, and say what their tables claim."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import accuracy
import claims
import engines
import known_server
import pytest
import quantiles
import rate
import readings
import run
import scene
import sensitivity
import soak
from hypothesis import given
from hypothesis import strategies as st

from perfreg.measure.port import free_port

WRK = """Running 2s test @ http://127.0.0.1:8099/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    33.13ms   58.40ms 356.02ms   87.91%
    Req/Sec     1.19k     2.14k    7.88k    88.00%
  Latency Distribution
     50%   71.00us
     75%   42.00ms
     90%  106.45ms
     99%    1.21s
  4320 requests in 3.38s, 818.44KB read
{more}Requests/sec:   1276.95
Transfer/sec:    241.92KB
"""
AB = """Concurrency Level:      8
Time taken for tests:   2.060 seconds
Complete requests:      1417
Failed requests:        2
{more}Requests per second:    687.90 [#/sec] (mean)
Time per request:       11.630 [ms] (mean)

Percentage of the requests served within a certain time (ms)
  50%      3
  66%      5
  99%    192
 100%    248 (longest request)
"""


def test_wrk_is_read() -> None:
    found = readings.wrk(WRK.format(more=""))
    assert found == readings.Reading(requests=4320, rate=1276.95, p50_us=71.0, p99_us=1.21e6)
    more = "  Socket errors: connect 1, read 2, write 0, timeout 4\n  Non-2xx or 3xx responses: 10\n"
    assert readings.wrk(WRK.format(more=more)).failures == 17


def test_ab_is_read() -> None:
    found = readings.ab(AB.format(more=""))
    assert found == readings.Reading(requests=1417, rate=687.9, p50_us=3e3, p99_us=192e3, failures=2)
    assert readings.ab(AB.format(more="Non-2xx responses:      5\n")).failures == 7


def test_autocannon_is_read() -> None:
    said = {"requests": {"total": 446}, "duration": 2.0, "latency": {"p50": 19, "p99": 332}, "non2xx": 1, "errors": 2}
    found = readings.autocannon(json.dumps(said))
    assert found == readings.Reading(requests=446, rate=223, p50_us=19e3, p99_us=332e3, failures=3)


def test_k6_is_read() -> None:
    metrics = {
        "http_req_duration": {"med": 0.25, "p(99)": 1.5},
        "http_reqs": {"count": 100, "rate": 50.5},
        "http_req_failed": {"passes": 3, "fails": 97, "value": 0.03},
    }
    found = readings.k6(json.dumps({"metrics": metrics}))
    assert found == readings.Reading(requests=100, rate=50.5, p50_us=250.0, p99_us=1500.0, failures=3)


def test_clients_end_with_a_line_of_json() -> None:
    said = {"requests": 5, "rate": 2.5, "p50_us": 1.0, "p99_us": 2.0, "failures": 0, "cpu_s": 0.1, "more": 1}
    found = readings.client("a warning of a library\n" + json.dumps(said) + "\n")
    assert found == readings.Reading(requests=5, rate=2.5, p50_us=1.0, p99_us=2.0, cpu_s=0.1)


@pytest.mark.parametrize(
    "read",
    [readings.wrk, readings.ab, readings.autocannon, readings.k6, readings.client],
    ids=lambda read: read.__name__,
)
@given(output=st.one_of(st.text(), st.recursive(st.none() | st.integers(), st.lists).map(json.dumps)))
def test_what_is_no_output_of_an_engine_is_said_to_be_unreadable(read, output: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(readings.UnreadableError):
        read(output)


def outcome(requests_s: float, cpu_us: float = 10.0, p50_us: float = 70.0) -> engines.Outcome:
    reading = readings.Reading(requests=round(requests_s), rate=requests_s, p50_us=p50_us, p99_us=2 * p50_us)
    return engines.Outcome(reading=reading, cpu_s=1e-6 * cpu_us * requests_s)


def rounds(ours: engines.Outcome, wrk: engines.Outcome, locust: engines.Outcome | None) -> rate.Rounds:
    return {
        (name, many): [each, each]
        for name, each in (("perfreg", ours), ("wrk", wrk), ("locust", locust))
        for many in rate.MANY
    }


def test_targets_of_rate_are_of_ratios() -> None:
    good = rounds(outcome(90_000, 11.0), outcome(100_000, 10.0), outcome(10_000))
    alone: rate.Rounds = {("perfreg", 1): [outcome(1, p50_us=79)], ("wrk", 1): [outcome(1, p50_us=70)]}
    found = list(rate.claims(good, good, alone, [100, 100], [170, 150]))
    assert all(each.met for each in found), found
    slow = rounds(outcome(70_000, 14.0), outcome(100_000, 10.0), outcome(10_000))
    assert [each.met for each in rate.claims(slow, slow, alone, [100, 100], [170, 140])] == [
        *([False, False, False, True] * 2), True, False,
    ]  # fmt: skip
    late: rate.Rounds = {**alone, ("perfreg", 1): [outcome(1, p50_us=81)]}
    assert [each.met for each in rate.claims(good, good, late, [100], [170])][-2] is False


def test_a_rival_that_fails_or_is_missing_makes_no_target_met() -> None:
    found = rounds(outcome(90_000), outcome(100_000), None)
    locust = [each for each in rate.claims(found, found, {}, [], []) if "Locust" in each.claim]
    assert [(each.met, each.measured) for each in locust] == [(False, "not measured: a program is missing")] * 2
    assert rate.row("locust", found) == ["locust", *(["failed", "", ""] * 2)]
    assert rate.row("perfreg", found)[1:3] == ["90,000 (0.90)", "10.0"]


def test_every_engine_has_every_place_in_turn() -> None:
    here = engines.engines(sys.executable)
    firsts = [rate.turned(here, number)[0].name for number in range(len(here))]
    assert sorted(firsts) == sorted(each.name for each in here)


def test_a_stall_is_what_the_schedule_implies() -> None:
    stall = (1_000_000_000, 1_200_000_000)
    moments = [0, 997_000_000, 999_000_000, 1_000_000_000, 1_150_000_000, 1_200_000_000]
    found = accuracy.implied(moments, [stall], 2.0)
    assert found == pytest.approx([2.0, 2.0, 201.0, 202.0, 52.0, 2.0])


def test_accuracy_is_held_against_the_truth() -> None:
    def finding(name: str, factor: float, p99: float = 180e3) -> accuracy.Finding:
        was = {"p50_us": 2000.0, "p99_us": 180e3, "p999_us": 200e3}
        return accuracy.Finding(name=name, said={"p50_us": factor * 2000, "p99_us": p99, "p999_us": 200e3}, was=was)

    steady = [finding("perfreg, closed loop", 1.02), finding("perfreg, open loop", 1.02)]
    stalled = [finding("perfreg, closed loop", 1.02, 2300.0), finding("perfreg, open loop", 1.02)]
    assert all(each.met for each in accuracy.claims(steady, stalled))
    wrong = [finding("perfreg, closed loop", 1.02, 90e3), finding("perfreg, open loop", 1.04, 160e3)]
    assert [each.met for each in accuracy.claims(steady, wrong)] == [True, True, False, False, True, False]


def test_who_does_not_see_the_change_misses_the_target() -> None:
    wrk = [(outcome(4756), outcome(4023))]
    assert sensitivity.claim({"perfreg": [(outcome(4579), outcome(3882))], "wrk": wrk}).met
    assert not sensitivity.claim({"perfreg": [(outcome(1776), outcome(1767))], "wrk": wrk}).met
    assert sensitivity.row("wrk", wrk)[:4] == ["wrk", "4,756", "4,023", "-15.4 %"]


def test_quantiles_of_histograms_are_within_a_thousandth() -> None:
    found = quantiles.part(40_000)
    assert [each.met for each in found.claims] == [True], found.text


def test_memory_that_grows_is_seen() -> None:
    flat = [(float(second), 60.0 + 0.01 * (second % 7)) for second in range(100)]
    assert soak.flat("flat", flat).met
    assert not soak.flat("leak", [(at, mb + 0.2 * at) for at, mb in flat]).met
    assert not soak.flat("nothing", flat[:1]).met


def test_the_section_has_the_targets_first() -> None:
    part = claims.Part(
        text="### Rate\n\ntext",
        claims=(claims.Claim(claim="fast", measured="0.90", met=True), claims.not_measured("b")),
    )
    text = run.section([part])
    lines = text.splitlines()
    assert lines[0] == "## Load"
    assert "| fast | 0.90 | met |" in lines
    assert "| b | not measured: a program is missing | **missed** |" in lines
    assert "make bench-load" in lines[-1]


def test_parts_are_kept_for_another_time(tmp_path: Path) -> None:
    part = claims.Part(text="text", claims=(claims.not_measured("b"),))
    file = tmp_path / "parts.json"
    assert run.kept(file) == run.kept(None) == {}
    file.write_text(json.dumps({"rate": asdict(part)}), encoding="utf-8")
    assert run.kept(file) == {"rate": part}


def test_without_nginx_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["run.py"])
    assert run.main() == 2
    assert "nginx is missing: apt-get install nginx" in capsys.readouterr().err


def test_time_that_others_took_is_a_share() -> None:
    before = scene.seconds_of("cpu  100 0 0 100 0 0 0 0 0 0")
    after = scene.seconds_of("cpu  150 0 0 140 0 0 0 10 0 0")
    assert scene.stolen_pct(before, after) == pytest.approx(10.0)


@contextmanager
def known(*arguments: str) -> Iterator[str]:
    """A server that knows what it does."""
    port = free_port()
    command = [sys.executable, "-S", known_server.__file__, str(port), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        try:
            url = f"http://127.0.0.1:{port}/"
            _wait(url)
            yield url
        finally:
            process.kill()


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - a server of ours
        found: bytes = answer.read()
    return found


def _wait(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            _get(url + "report")
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.02)
        else:
            return


@pytest.mark.skipif(sys.platform != "linux", reason="epoll")
def test_the_server_that_knows_what_it_does_says_so() -> None:
    with known("delay", "20000", "50", "300") as url:
        until = time.monotonic() + 60
        report: dict[str, Any] = {"times_ns": [], "stalls_ns": []}
        while not report["stalls_ns"]:
            began = time.perf_counter()
            assert json.loads(_get(url))["ok"] is True
            assert time.perf_counter() - began >= 0.02
            assert time.monotonic() < until
            found = json.loads(_get(url + "report"))
            report = {key: report[key] + found[key] for key in report}
    assert all(each >= 20_000_000 for each in report["times_ns"])
    assert all(end - start >= 50_000_000 for start, end in report["stalls_ns"])


@pytest.mark.skipif(sys.platform != "linux", reason="epoll")
def test_work_is_done_one_after_the_other() -> None:
    with known("work", "30000") as url:
        began = time.perf_counter()
        threads = [threading.Thread(target=_get, args=(url,)) for _ in range(3)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert time.perf_counter() - began >= 0.09
        assert len(json.loads(_get(url + "report"))["times_ns"]) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="epoll")
@pytest.mark.parametrize("name", ["perfreg", "httpx"])
def test_clients_load_a_server(name: str) -> None:
    engine = next(each for each in engines.engines(sys.executable) if each.name == name)
    with known("work", "100") as url:
        found = engines.run(engine, engines.Load(url=url, connections=2, seconds=0.5), frozenset({0, 1}))
    assert found.reading.rate > 0
    assert found.cpu_us > 0
    assert found.reading.p50_us >= 100
