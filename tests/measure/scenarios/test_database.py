"""The database scenario on SQLite: what every engine has in common is tested here."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.contexts import make_context
from tests.support.database_scenarios import make_spec, measure_query, metrics_of

from perfreg.errors import InputError, MeasureError
from perfreg.model.metric import CATALOGUE

FILL = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INT);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
    "INSERT INTO users SELECT i, 'u' || i, i % 50 FROM n"
)
QUERY = "SELECT * FROM users WHERE email LIKE 'u99%'"
SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def rows_of(file: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchall()


def test_every_metric_is_measured(tmp_path: Path) -> None:
    outcome = measure_query("sqlite:///shop.db", QUERY, tmp_path, setup=FILL, iterations=40)

    found = metrics_of(outcome)
    assert set(found) == {
        *("query_time_mean", "query_time_p50", "query_time_p95", "query_time_p99", "connection_time", "fetch_time"),
        *("row_count", "error_rate", "plan_shape"),
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


def test_a_database_in_memory_is_shared_by_setup_and_clients(tmp_path: Path) -> None:
    for url in ("sqlite://", "sqlite:///:memory:"):
        outcome = measure_query(url, "SELECT count(*) FROM users", tmp_path, setup=FILL, concurrent_users=3)

        assert outcome.status == "ok"
        assert metrics_of(outcome)["row_count"].value == 1
    assert list(tmp_path.iterdir()) == []


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


def test_a_value_that_is_missing_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MeasureError) as caught:
        measure_query("sqlite://", "SELECT :a, :b", tmp_path, parameters={"a": 1})

    assert "'b'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_per_cent_signs_and_colons_reach_the_engine(tmp_path: Path) -> None:
    found = metrics_of(measure_query("sqlite://", "SELECT '%s %(x)s 100%', ':name', 5 % 3", tmp_path))

    assert found["row_count"].value == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELEC 1", 'near "SELEC": syntax error'),
        ("SELECT * FROM nowhere", "no such table: nowhere"),
        ("SELECT 1; SELECT 2", "one statement at a time"),
    ],
)
@pytest.mark.parametrize("warm_up", [0, 3])
def test_wrong_sql_is_one_clear_line(query: str, said: str, warm_up: int, tmp_path: Path) -> None:
    with pytest.raises(MeasureError) as caught:
        measure_query("sqlite://", query, tmp_path, warm_up_iterations=warm_up)

    message = str(caught.value)
    assert message.startswith("test_scenarios.orders.query: ")
    assert said in message
    assert "\n" not in message


def test_a_missing_database_is_one_clear_line_and_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"^test_scenarios\.orders\.connection_string: .*does not exist"):
        measure_query("sqlite:///shop.db", "SELECT 1", tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_setup_and_teardown_run_from_files(tmp_path: Path) -> None:
    (tmp_path / "fill.sql").write_text(FILL)
    (tmp_path / "clean.sql").write_text("CREATE TABLE gone (x); DROP TABLE users;")

    outcome = measure_query(
        "sqlite:///shop.db", "SELECT count(*) FROM users", tmp_path, setup="fill.sql", teardown="clean.sql"
    )

    assert outcome.warnings == ()
    assert rows_of(tmp_path / "shop.db", "SELECT name FROM sqlite_master") == [("gone",)]


def test_a_missing_sql_file_is_said_before_anything_happens(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^test_scenarios\.orders\.teardown: .*'no\.sql' cannot be read"):
        measure_query("sqlite:///shop.db", "SELECT 1", tmp_path, setup=FILL, teardown="no.sql")

    assert list(tmp_path.iterdir()) == []


def test_the_setup_is_committed_before_the_clients_look(tmp_path: Path) -> None:
    measure_query("sqlite:///shop.db", "SELECT count(*) FROM users", tmp_path, setup=FILL)

    assert rows_of(tmp_path / "shop.db", "SELECT count(*) FROM users") == [(1000,)]


@pytest.mark.parametrize("query", ["SELECT * FROM nowhere", "SELECT 1"])
def test_the_teardown_runs_whatever_happened(query: str, tmp_path: Path) -> None:
    broken = "nowhere" in query
    setup = [*FILL.split(";"), *([] if broken else ["INSERT INTO nowhere VALUES (1)"])]

    with pytest.raises(MeasureError, match="nowhere"):
        measure_query("sqlite:///shop.db", query, tmp_path, setup=setup, teardown="DROP TABLE users")

    assert rows_of(tmp_path / "shop.db", "SELECT name FROM sqlite_master") == []


def test_a_setup_that_fails_names_its_statement(tmp_path: Path) -> None:
    with pytest.raises(MeasureError) as caught:
        measure_query("sqlite://", "SELECT 1", tmp_path, setup="SELECT 1; SELECT * FROM nowhere; SELECT 3")

    assert str(caught.value).startswith("test_scenarios.orders: setup statement 2 failed: no such table: nowhere")


def test_a_teardown_that_fails_is_a_warning(tmp_path: Path) -> None:
    outcome = measure_query("sqlite://", "SELECT 1", tmp_path, teardown="DROP TABLE nowhere")

    assert outcome.status == "ok"
    assert outcome.warnings == ("the teardown failed: teardown statement 1 failed: no such table: nowhere",)


def test_a_teardown_that_fails_is_told_with_the_first_error(tmp_path: Path) -> None:
    with pytest.raises(MeasureError) as caught:
        measure_query("sqlite://", "SELECT * FROM first", tmp_path, teardown="DROP TABLE second")

    assert "no such table: first; the teardown failed: " in str(caught.value)
    assert "no such table: second" in str(caught.value)


def test_clients_share_the_iterations(tmp_path: Path) -> None:
    seen: set[int] = set()
    context = make_context(tmp_path, progress=lambda *_: seen.add(threading.active_count()))

    outcome = measure_query(
        "sqlite:///shop.db", QUERY, context, setup=FILL, concurrent_users=4, iterations=101, warm_up_iterations=0
    )

    assert metrics_of(outcome)["query_time_mean"].n == 101
    assert max(seen) - min(seen) == 4


def test_stress_multiplies_the_clients_and_rounds_up(tmp_path: Path) -> None:
    threads: list[int] = []
    context = make_context(
        tmp_path, stress_multiplier=1.5, progress=lambda *_: threads.append(threading.active_count())
    )

    measure_query("sqlite://", "SELECT 1", context, concurrent_users=3)

    assert max(threads) - min(threads) == 5


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


def test_failed_queries_are_counted_and_never_timed(tmp_path: Path) -> None:
    # The first eight numbers are new, three of them are used up before anything is measured.
    query = "INSERT INTO log SELECT CASE WHEN count(*) < 8 THEN count(*) ELSE 0 END FROM log"
    setup = "CREATE TABLE log (id INTEGER PRIMARY KEY)"

    outcome = measure_query("sqlite:///shop.db", query, tmp_path, setup=setup, iterations=10)

    found = metrics_of(outcome)
    assert outcome.status == "broken"
    assert found["query_time_mean"].n == 5
    assert (found["error_rate"].value, found["error_rate"].n) == (50, 10)
    [(kind, count)] = outcome.errors.items()
    assert kind.startswith("IntegrityError")
    assert count == 5
    assert outcome.reasons == (
        "5 of 10 queries failed (50 %, at most 1 % may), one with: UNIQUE constraint failed: log.id",
    )


def fails_at(number: int) -> str:
    """A setup after which the insertion of this number fails, and the next one does not."""
    return (
        "CREATE TABLE log (id INTEGER PRIMARY KEY);"
        f"CREATE TRIGGER no AFTER INSERT ON log WHEN NEW.id = {number} BEGIN SELECT RAISE(FAIL, 'not this'); END"
    )


def test_few_failures_are_tolerated_and_told(tmp_path: Path) -> None:
    context = make_context(tmp_path, max_error_rate_pct=20)

    outcome = measure_query("sqlite://", "INSERT INTO log DEFAULT VALUES", context, setup=fails_at(5), iterations=5)

    assert (outcome.status, outcome.reasons) == ("ok", ())
    assert list(outcome.errors.values()) == [1]
    assert metrics_of(outcome)["error_rate"].value == 20
    assert metrics_of(outcome)["query_time_mean"].n == 4


def test_failures_while_warming_up_are_a_doubt(tmp_path: Path) -> None:
    outcome = measure_query("sqlite://", "INSERT INTO log DEFAULT VALUES", tmp_path, setup=fails_at(2))

    assert (outcome.status, outcome.errors) == ("ok", {})
    assert outcome.warnings == ("1 warm-up queries failed, one with: not this",)


def test_nothing_but_failures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"none of 5 queries succeeded: UNIQUE constraint failed: log\.id"):
        measure_query(
            "sqlite://",
            "INSERT INTO log VALUES (1)",
            tmp_path,
            setup="CREATE TABLE log (id INTEGER PRIMARY KEY)",
            iterations=5,
            warm_up_iterations=2,
        )


def test_queries_that_take_too_long_are_ended(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="the query failed: interrupted"):
        measure_query("sqlite://", SLOW, tmp_path, timeout="200 ms")


def test_what_has_no_plan_is_measured_without(tmp_path: Path) -> None:
    outcome = measure_query("sqlite://", "PRAGMA user_version", tmp_path)

    assert "plan_shape" not in metrics_of(outcome)
    assert outcome.warnings[0].startswith("no query plan: only a single SELECT")


def test_users_at_the_top_level_are_not_clients_of_a_database() -> None:
    spec = make_spec("sqlite://", "SELECT 1")

    assert spec.concurrent_users is None
    assert spec.identity()["concurrent_users"] == 1


def test_the_identity_follows_what_is_measured() -> None:
    base = make_spec("postgresql://u:p@one:5432/d", "SELECT 1")
    same = [
        make_spec("postgres://other:secret@two/e", "SELECT   1\n"),
        make_spec("postgresql://one/d", "SELECT 1", iterations=7, warm_up_iterations=1, timeout=3, concurrent_users=1),
        make_spec("postgresql+psycopg2://one/d", "SELECT 1", teardown="SELECT 2"),
    ]
    other = [
        make_spec("mysql://one/d", "SELECT 1"),
        make_spec("postgresql://one/d", "SELECT 2"),
        make_spec("postgresql://one/d", "SELECT 1", parameters={"a": 1}),
        make_spec("postgresql://one/d", "SELECT 1", setup="SELECT 3"),
        make_spec("postgresql://one/d", "SELECT 1", concurrent_users=2),
    ]

    assert all(spec.identity() == base.identity() for spec in same)
    assert len({str(spec.identity()) for spec in [base, *other]}) == 6


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": ""},
        {"query": " \n"},
        {"connection_string": "localhost/s3cret"},
        {"iterations": 0},
        {"concurrent_users": 0},
        {"warm_up_iterations": -1},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"parameters": {"a": float("inf")}},
        {"parameters": {"a": [1]}},
        {"iteration": 5},
    ],
)
def test_bad_keys_are_refused(wrong: dict[str, object]) -> None:
    keys: dict[str, Any] = {"query": "SELECT 1", "connection_string": "sqlite://", **wrong}

    with pytest.raises(ValidationError) as caught:
        make_spec(keys.pop("connection_string"), keys.pop("query"), **keys)

    assert caught.value.error_count() >= 1
    assert "s3cret" not in str(caught.value)


def test_an_interrupt_stops_the_clients_and_runs_the_teardown(tmp_path: Path) -> None:
    script = tmp_path / "interrupted.py"
    script.write_text(
        "from pathlib import Path\n"
        "from tests.support.contexts import make_context\n"
        "from tests.support.database_scenarios import measure_query\n"
        "context = make_context(Path('.'), progress=lambda share, _: print(share, flush=True))\n"
        f"measure_query('sqlite:///shop.db', {QUERY!r}, context, setup={FILL!r}, teardown='DROP TABLE users',\n"
        "    iterations=10_000_000, concurrent_users=3)\n"
    )
    path = os.pathsep.join([str(Path(__file__).parents[3]), *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if float(line) > 0.1:
            break
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)

    assert said.rstrip().endswith("KeyboardInterrupt")
    assert rows_of(tmp_path / "shop.db", "SELECT name FROM sqlite_master") == []
