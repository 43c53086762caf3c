"""Queries of the database scenario that fail, on SQLite: refused at first, counted later, never timed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.contexts import make_context
from tests.support.database_scenarios import measure_query, metrics_of

from perfreg.errors import MeasureError

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def test_a_value_that_is_missing_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MeasureError) as caught:
        measure_query("sqlite://", "SELECT :a, :b", tmp_path, parameters={"a": 1})

    assert "'b'" in str(caught.value)
    assert "\n" not in str(caught.value)


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
