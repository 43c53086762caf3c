"""Transactions of the database scenario, on SQLite: from files, with values, rolled back, and wrong ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.contexts import make_context
from tests.support.database_scenarios import FILL, measure_query, metrics_of, rows_of

from perfreg.errors import InputError, MeasureError, PerfregError

ACCOUNTS = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, n INT); INSERT INTO accounts VALUES (1, 0), (2, 0)"
TRANSFER = """\
-- name: debit
UPDATE accounts SET n = n - 1 WHERE id = 1;

/* the semicolon in 'x;y' is none */
-- name: credit
UPDATE accounts SET n = n + 1 WHERE id = 2;
SELECT id, 'x;y' FROM accounts;
"""


def test_every_metric_of_a_transaction_is_measured(tmp_path: Path) -> None:
    (tmp_path / "transfer.sql").write_text(TRANSFER)

    outcome = measure_query("sqlite:///a.db", "", tmp_path, transaction="transfer.sql", setup=ACCOUNTS)

    found = metrics_of(outcome)
    parts = ("begin", "debit", "credit", "statement_3", "commit")
    assert set(found) == {
        *(f"response_time_{take}" for take in ("mean", "p50", "p90", "p95", "p99", "max")),
        *(f"{part}_response_time_{take}" for part in parts for take in ("mean", "p50", "p95")),
        *(f"{part}_plan_shape" for part in ("debit", "credit", "statement_3")),
        *("connection_time", "throughput", "row_count", "error_rate"),
    }
    assert (outcome.status, outcome.reasons, outcome.warnings, outcome.errors) == ("ok", (), (), {})
    assert found["response_time_p95"].n == found["debit_response_time_p95"].n == 20
    assert found["response_time_mean"].direction == "lower"
    assert found["debit_response_time_p95"].direction == "none"
    assert sum(found[f"{part}_response_time_mean"].value for part in parts) < found["response_time_mean"].value
    assert found["row_count"].value == 4
    assert found["statement_3_plan_shape"].text == "SCAN accounts"
    assert found["credit_plan_shape"].nature == "exact"
    assert set(outcome.samples) == {"response_time", *(f"{part}_response_time" for part in parts)}
    assert outcome.samples["response_time"].n == 20
    assert rows_of(tmp_path / "a.db", "SELECT n FROM accounts") == [(-23,), (23,)]


def test_a_transaction_that_fails_midway_leaves_nothing(tmp_path: Path) -> None:
    outcome = measure_query(
        "sqlite:///a.db",
        "",
        make_context(tmp_path, max_error_rate_pct=80),
        transaction=["UPDATE accounts SET n = n - 1 WHERE id = 1", "INSERT INTO once SELECT n / 10 FROM accounts"],
        setup=[*ACCOUNTS.split(";"), "CREATE TABLE once (n INT CHECK (n > -1))"],
        iterations=20,
    )

    # Three are used up before anything is measured; what would make -10 of it fails, and is undone.
    assert outcome.status == "ok"
    [(kind, count)] = outcome.errors.items()
    assert kind.startswith("IntegrityError")
    assert count == 14
    assert rows_of(tmp_path / "a.db", "SELECT n FROM accounts WHERE id = 1") == [(-9,)]
    assert metrics_of(outcome)["response_time_p50"].n == 6


@pytest.mark.parametrize("how", [{"transaction": TRANSFER}, {"query": "UPDATE accounts SET n = n + 1"}])
def test_what_is_rolled_back_leaves_the_database_as_it_was(how: dict[str, str], tmp_path: Path) -> None:
    outcome = measure_query("sqlite:///a.db", how.pop("query", ""), tmp_path, setup=ACCOUNTS, rollback=True, **how)

    assert outcome.status == "ok"
    assert metrics_of(outcome)["row_count"].value in (2, 4)
    assert rows_of(tmp_path / "a.db", "SELECT n FROM accounts") == [(0,), (0,)]


def test_a_script_may_begin_and_end_in_its_own_words(tmp_path: Path) -> None:
    own = f"-- take the lock at once\nBEGIN IMMEDIATE;{TRANSFER}; SAVEPOINT s; ROLLBACK TO s; /* all */ COMMIT"
    measured = measure_query("sqlite:///a.db", "", tmp_path, transaction=own, setup=ACCOUNTS)
    undone = measure_query("sqlite:///a.db", "", tmp_path, transaction=f"{TRANSFER}; rollback", iterations=5)

    assert metrics_of(measured)["commit_response_time_mean"].n == 20
    assert metrics_of(undone)["rollback_response_time_mean"].n == 5
    assert rows_of(tmp_path / "a.db", "SELECT n FROM accounts") == [(-23,), (23,)]


def test_every_passage_takes_one_row_and_values_are_never_part_of_the_sql(tmp_path: Path) -> None:
    evil = "'); DROP TABLE log; --"
    rows = [{"id": 1, "what": evil}, {"id": 2, "what": ":id"}, {"id": 3, "what": None}]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    setup = "CREATE TABLE log (id, what, constant, quoted)"
    transaction = "INSERT INTO log VALUES (:id, :what, :constant, ':no :value'); -- :nor this\nSELECT :id"
    keys = {"transaction": transaction, "parameters": {"constant": 1.5}, "warm_up_iterations": 0, "iterations": 6}

    for data in ("rows.json", rows):
        outcome = measure_query("sqlite:///a.db", "", tmp_path, data=data, setup=setup, teardown="", **keys)

        assert outcome.status == "ok"
        assert rows_of(tmp_path / "a.db", "SELECT * FROM log ORDER BY id") == [
            *[(1, evil, 1.5, ":no :value")] * 2,
            *[(2, ":id", 1.5, ":no :value")] * 2,
            *[(3, None, 1.5, ":no :value")] * 2,
        ]
        (tmp_path / "a.db").unlink()


def test_rows_come_in_an_order_that_the_seed_repeats_and_are_used_up_before_they_come_again(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id\n" + "".join(f"{number}\n" for number in range(30)))
    orders = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        measure_query(
            f"sqlite:///{name}.db",
            "INSERT INTO log (id) VALUES (:id)",
            make_context(tmp_path, seed=seed),
            data="rows.csv",
            setup="CREATE TABLE log (id INTEGER UNIQUE)",
            iterations=25,
            warm_up_iterations=4,
        )
        orders.append(rows_of(tmp_path / f"{name}.db", "SELECT id FROM log ORDER BY rowid"))

    assert len(orders[0]) == 30  # one was tried, four warmed up
    assert orders[0] == orders[1] != orders[2]


def test_rows_may_find_different_numbers_of_rows(tmp_path: Path) -> None:
    keys = {"setup": FILL, "data": [{"n": 5}, {"n": 9}]}
    varied = measure_query("sqlite://", "SELECT * FROM users LIMIT :n", tmp_path, **keys)
    same = measure_query("sqlite://", "SELECT * FROM users WHERE id = :n", tmp_path, **keys)

    assert varied.warnings == ()
    assert "row_count" not in metrics_of(varied)
    assert metrics_of(same)["row_count"].value == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "transaction: the transaction has no statements"),
        ("BEGIN; COMMIT", "transaction: the transaction has no statements"),
        ("SELECT 1;\n\ncommit;\nSELECT 2", "transaction: t.sql:3: COMMIT amid the transaction"),
        ("SELECT 1;\n-- x\nBEGIN;\nSELECT 2", "transaction: t.sql:3: BEGIN amid the transaction"),
        ("-- name: a\nSELECT 1;\n-- name: a\nSELECT 2", "transaction: t.sql:4: the name 'a' is taken"),
        ("-- name: commit\nSELECT 1", "transaction: t.sql:2: the name 'commit' is taken"),
        ("SELECT 1;\nSELECT 'x", "transaction: t.sql:2: a quoted text that begins with ' never ends"),
        ("DELIMITER //\nSELECT 1//", "transaction: t.sql:1: DELIMITER is a command of the mysql client"),
        ("SELECT 1;\n" * 101, "transaction: the transaction has 101 statements, and 100 are the most"),
        ("SELECT 1;\n\nSELEC 2", "transaction: t.sql:3: the transaction failed: statement_2: near"),
        (
            "SELECT 1;\nSELECT * FROM nowhere",
            "transaction: t.sql:2: the transaction failed: statement_2: no such table",
        ),
    ],
)
def test_a_wrong_file_is_one_clear_line_that_says_where(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "t.sql").write_text(text)

    with pytest.raises(PerfregError) as caught:
        measure_query("sqlite://", "", tmp_path, transaction="t.sql")

    assert str(caught.value).startswith(f"test_scenarios.orders.{said}")
    assert "\n" not in str(caught.value)


def test_a_file_that_commits_is_not_rolled_back(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 1: the transaction commits, and is to be rolled back"):
        measure_query("sqlite://", "", tmp_path, transaction="SELECT 1; COMMIT", rollback=True)


def test_a_row_without_a_value_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"transaction: line 2: there is no value for 'b' in row \d of the data"):
        measure_query("sqlite://", "", tmp_path, transaction="SELECT :a;\nSELECT :b", data=[{"a": 1, "b": 1}, {"a": 1}])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("none.csv", None, "cannot be read"),
        ("rows.csv", "a,b\n1\n", "has not as many values"),
        ("rows.json", "{}", "is no list of objects"),
        ("rows.json", '[{"a": [1]}]', "'a' in row 1 of .* is neither a text nor a number"),
    ],
)
def test_wrong_rows_are_one_clear_line(name: str, text: str | None, said: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)

    with pytest.raises(InputError, match=rf"^test_scenarios\.orders\.data: .*{said}"):
        measure_query("sqlite://", "SELECT :a", tmp_path, data=name)


def test_statements_are_ready_before_they_are_asked_for_or_never(tmp_path: Path) -> None:
    for prepared in (True, False):
        assert measure_query("sqlite://", "SELECT 1", tmp_path, prepared=prepared).warnings == ()
