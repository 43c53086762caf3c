"""The database scenario on SQLite: what is measured, which every engine has in common."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.support.contexts import make_context
from tests.support.database_scenarios import FILL, QUERY, measure_query, metrics_of, rows_of

from perfreg.model.metric import CATALOGUE


def test_every_metric_is_measured(tmp_path: Path) -> None:
    outcome = measure_query("sqlite:///shop.db", QUERY, tmp_path, setup=FILL, iterations=40)

    found = metrics_of(outcome)
    assert set(found) == {
        *("query_time_mean", "query_time_p50", "query_time_p95", "query_time_p99", "connection_time", "fetch_time"),
        *("row_count", "error_rate", "plan_shape", "throughput"),
    }
    assert outcome.status == "ok"
    assert (outcome.reasons, outcome.warnings, outcome.errors) == ((), (), {})
    assert {each.scenario for each in outcome.measurements} == {"orders"}
    assert all(each.unit == CATALOGUE[each.metric].unit for each in outcome.measurements)
    assert found["query_time_mean"].n == 40
    assert found["query_time_mean"].value > 0
    assert found["fetch_time"].value > 0
    assert found["connection_time"].n == 10
    assert found["row_count"].value == 11
    assert (found["error_rate"].value, found["error_rate"].n) == (0, 40)
    assert found["plan_shape"].text == "SCAN users"


def test_times_are_those_of_the_query(tmp_path: Path) -> None:
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT max(i) FROM n"

    short = metrics_of(measure_query("sqlite://", count.format(100), tmp_path, iterations=5))
    long = metrics_of(measure_query("sqlite://", count.format(300_000), tmp_path, iterations=5))

    assert long["query_time_p50"].value > 5 * short["query_time_p50"].value


def test_an_index_changes_the_shape_of_the_plan(tmp_path: Path) -> None:
    query = "SELECT * FROM users WHERE email = 'u7'"
    index = "CREATE INDEX users_email ON users (email)"

    before = metrics_of(measure_query("sqlite:///shop.db", query, tmp_path, setup=FILL))["plan_shape"]
    with_index = metrics_of(measure_query("sqlite:///shop.db", query, tmp_path, setup=index))["plan_shape"]
    dropped = "DROP INDEX users_email"
    after = metrics_of(measure_query("sqlite:///shop.db", query, tmp_path, setup=dropped))["plan_shape"]

    assert with_index.text == "SEARCH users USING INDEX users_email (email=?)"
    assert with_index.value != before.value
    assert (after.value, after.text) == (before.value, "SCAN users")


def test_values_are_bound(tmp_path: Path) -> None:
    found = metrics_of(
        measure_query(
            "sqlite://",
            "SELECT * FROM users WHERE age = :age AND email LIKE :start || '%'",
            tmp_path,
            setup=FILL,
            parameters={"age": 7, "start": "u9"},
        )
    )

    assert found["row_count"].value == 2
    assert found["plan_shape"].text == "SCAN users"


def test_per_cent_signs_and_colons_reach_the_engine(tmp_path: Path) -> None:
    found = metrics_of(measure_query("sqlite://", "SELECT '%s %(x)s 100%', ':name', 5 % 3", tmp_path))

    assert found["row_count"].value == 1


def count_clients() -> int:
    return sum(thread.name.startswith("perfreg-client") for thread in threading.enumerate())


def test_clients_share_the_iterations(tmp_path: Path) -> None:
    seen: set[int] = set()
    context = make_context(tmp_path, progress=lambda *_: seen.add(count_clients()))

    outcome = measure_query(
        "sqlite:///shop.db", QUERY, context, setup=FILL, concurrent_users=4, iterations=101, warm_up_iterations=0
    )

    assert metrics_of(outcome)["query_time_mean"].n == 101
    assert max(seen) == 4


def test_stress_multiplies_the_clients_and_rounds_up(tmp_path: Path) -> None:
    threads: list[int] = []
    context = make_context(tmp_path, stress_multiplier=1.5, progress=lambda *_: threads.append(count_clients()))

    measure_query("sqlite://", "SELECT 1", context, concurrent_users=3)

    assert max(threads) == 5


def test_progress_goes_from_nothing_to_everything(tmp_path: Path) -> None:
    shares: list[float] = []
    context = make_context(tmp_path, progress=lambda share, _: shares.append(share))

    measure_query("sqlite://", "SELECT 1", context)

    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_writes_are_measured_by_the_rows_they_change(tmp_path: Path) -> None:
    outcome = measure_query(
        "sqlite:///shop.db",
        "UPDATE users SET age = age + 1 WHERE id <= 3",
        tmp_path,
        setup=FILL,
        iterations=7,
        warm_up_iterations=2,
    )

    found = metrics_of(outcome)
    assert found["row_count"].value == 3
    assert "fetch_time" not in found
    # One execution to try the query, two to warm up, seven measured; each is committed.
    assert rows_of(tmp_path / "shop.db", "SELECT age FROM users WHERE id = 1") == [(11,)]


def test_without_warm_up_nothing_runs_but_what_is_measured(tmp_path: Path) -> None:
    measure_query(
        "sqlite:///shop.db",
        "INSERT INTO log DEFAULT VALUES",
        tmp_path,
        setup="CREATE TABLE log (id INTEGER PRIMARY KEY)",
        iterations=1,
        warm_up_iterations=0,
    )

    assert rows_of(tmp_path / "shop.db", "SELECT count(*) FROM log") == [(1,)]


def test_a_row_count_that_varies_is_a_doubt(tmp_path: Path) -> None:
    outcome = measure_query(
        "sqlite://",
        "INSERT INTO log SELECT 1 FROM log RETURNING *",
        tmp_path,
        setup="CREATE TABLE log (x); INSERT INTO log VALUES (1)",
        iterations=3,
        warm_up_iterations=0,
    )

    assert outcome.warnings == ("the row count varied between 1 and 4; the most common one is reported",)


def test_what_has_no_plan_is_measured_without(tmp_path: Path) -> None:
    outcome = measure_query("sqlite://", "PRAGMA user_version", tmp_path)

    assert "plan_shape" not in metrics_of(outcome)
    assert outcome.warnings[0].startswith("no query plan: only a single SELECT")
