"""The database scenario against the clock, on SQLite: for a time, or by a schedule that waits for nobody."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.contexts import make_context
from tests.support.database_scenarios import make_spec, measure_query, metrics_of

from perfreg.model.run import Measurement

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT max(i) FROM n"


def stalled(tmp_path: Path, **keys: object) -> dict[str, Measurement]:
    """What two clients measure while somebody else locks the database for 0.3 s amid the load."""
    begun = threading.Event()

    def lock() -> None:
        begun.wait()
        with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None, timeout=5)) as other:
            other.execute("BEGIN EXCLUSIVE")
            time.sleep(0.3)
            other.execute("ROLLBACK")

    thread = threading.Thread(target=lock)
    thread.start()
    context = make_context(tmp_path, progress=lambda share, _: begun.set() if share > 0.1 else None)
    try:
        setup = "CREATE TABLE log (n INT)"
        outcome = measure_query("sqlite:///log.db", "SELECT * FROM log", context, setup=setup, **keys)
    finally:
        begun.set()
        thread.join()
    return metrics_of(outcome)


def test_a_stall_shows_in_full_because_times_count_from_the_schedule(tmp_path: Path) -> None:
    """Of 60 reads, those that were due within 0.3 s of standstill are late: nearly a third, and not only two."""
    found = stalled(tmp_path, rate=60, duration=1.0, concurrent_users=2)

    assert found["response_time_p99"].value > 200
    assert found["response_time_p90"].value > 100
    assert found["service_time_mean"].value < found["response_time_mean"].value
    assert found["query_time_mean"].value <= found["service_time_mean"].value
    assert found["generator_lag"].n == found["response_time_p99"].n > 40


def test_a_closed_loop_hardly_notices_the_same_stall(tmp_path: Path) -> None:
    found = stalled(tmp_path, duration=1.0, concurrent_users=2)

    assert "response_time_p99" not in found
    assert found["query_time_mean"].n > 60
    assert found["query_time_p95"].value < 100


def test_a_schedule_is_kept_in_full_and_is_the_throughput(tmp_path: Path) -> None:
    outcome = measure_query("sqlite://", "SELECT 1", tmp_path, rate=60, duration=0.5)

    found = metrics_of(outcome)
    assert found["response_time_p99"].n == found["service_time_p99"].n == 30
    assert found["throughput"].value == pytest.approx(60)
    assert {"response_time", "service_time", "query_time"} == set(outcome.samples)
    assert outcome.attempts == 30
    assert outcome.busy_s == pytest.approx(0.5)


def test_a_database_too_slow_for_the_schedule_breaks_the_run(tmp_path: Path) -> None:
    outcome = measure_query("sqlite://", SLOW, tmp_path, rate=5000, duration=0.1, concurrent_users=1)

    assert outcome.status == "broken"
    assert "the schedule was not kept: " in outcome.reasons[0]
    assert "of 500 queries were never begun, as all 1 clients still waited" in outcome.reasons[0]


def test_a_generator_that_is_late_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = threading.Event.wait

    def oversleeping(event: threading.Event, timeout: float | None = None) -> bool:
        mine = threading.current_thread().name.startswith("perfreg-client")
        return waiting(event, timeout + 0.05 if mine and timeout is not None else timeout)

    monkeypatch.setattr(threading.Event, "wait", oversleeping)

    outcome = measure_query("sqlite://", "SELECT 1", tmp_path, rate=20, duration=0.5)

    assert outcome.status == "broken"
    assert "the load generator was too slow for the schedule: 1 % of the queries were begun" in outcome.reasons[0]


def test_a_time_is_worked_through_by_every_client(tmp_path: Path) -> None:
    shares: list[float] = []
    context = make_context(tmp_path, progress=lambda share, _: shares.append(share))

    outcome = measure_query("sqlite://", "SELECT 1", context, duration=0.4, concurrent_users=3)

    found = metrics_of(outcome)
    assert outcome.status == "ok"
    assert outcome.busy_s == pytest.approx(0.4, abs=0.35)
    assert found["query_time_mean"].n == outcome.attempts > 50
    assert found["throughput"].value == pytest.approx(outcome.attempts / outcome.busy_s)
    assert found["throughput"].std_error is not None
    assert shares == sorted(shares)


def test_whoever_is_refused_does_not_ask_without_end(tmp_path: Path) -> None:
    setup = "CREATE TABLE log (id INTEGER PRIMARY KEY)"
    query = "INSERT INTO log SELECT min(count(*), 5) FROM log"

    outcome = measure_query("sqlite://", query, tmp_path, setup=setup, duration=0.4)

    assert outcome.status == "broken"
    assert outcome.attempts < 25


def test_stress_multiplies_the_rate(tmp_path: Path) -> None:
    outcome = measure_query("sqlite://", "SELECT 1", make_context(tmp_path, stress_multiplier=2), rate=50, duration=0.3)

    assert outcome.attempts == 30


def test_blocks_have_what_fits_or_what_is_due() -> None:
    spec = make_spec("sqlite://", "SELECT 1", rate=20, duration=60, concurrent_users=2)
    rare = make_spec("sqlite://", "SELECT 1", rate={"start": 0, "end": 1}, duration=60)

    assert spec.block(2.0, 20.0).duration == 2.0
    assert spec.block(2.0, 20.0).identity() == spec.identity()
    assert spec.block(0.05).duration == pytest.approx(0.15)
    assert spec.block(0.05).warm_up_iterations <= 2
    assert rare.block(0.05).duration == pytest.approx(6.0)
