"""Transactions, loops and losses of the database scenario on a real PostgreSQL server."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.contexts import make_context
from tests.support.database_scenarios import measure_query, metrics_of
from tests.support.frozen_proxy import frozen_proxy

from perfreg.errors import MeasureError

if TYPE_CHECKING:
    from tests.support.databases import DatabaseServer

pytest_plugins = ("tests.support.databases",)
pytestmark = pytest.mark.xdist_group("postgresql")

ACCOUNTS = (
    "CREATE TABLE accounts (id int PRIMARY KEY, n int);"
    "INSERT INTO accounts SELECT i, 0 FROM generate_series(1, 1000) i; ANALYZE accounts"
)
TRANSFER = """\
-- name: debit
UPDATE accounts SET n = n - :amount WHERE id = :a;
-- name: credit
UPDATE accounts SET n = n + :amount WHERE id = :b;
-- name: prove
SELECT sum(n)::int, $tag$ :no; $tag$, ':no' /* :nor this; /* ; */ */ FROM accounts;
"""


@pytest.fixture
def url(postgresql: DatabaseServer) -> str:
    return postgresql.new_database()


def values_of(url: str, *queries: str) -> list[object]:
    from tests.support.databases import run_sql

    return [rows[0][0] for rows in run_sql(url, *queries)]


def test_a_transaction_is_whole_and_every_plan_is_stored(url: str, tmp_path: Path) -> None:
    (tmp_path / "transfer.sql").write_text(TRANSFER)
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n3,4\n")

    outcome = measure_query(
        url,
        "",
        tmp_path,
        transaction="transfer.sql",
        setup=ACCOUNTS,
        data="rows.csv",
        parameters={"amount": 5},
        concurrent_users=3,
        iterations=30,
    )

    found = metrics_of(outcome)
    assert (outcome.status, outcome.reasons, outcome.errors) == ("ok", (), {})
    assert found["debit_plan_shape"].text.startswith("ModifyTable (Update) on accounts\n  Index Scan using accounts_p")
    assert found["prove_plan_shape"].text == "Aggregate\n  Seq Scan on accounts"
    assert found["prove_plan_cost"].value > found["debit_plan_cost"].value > 0
    assert found["commit_response_time_p95"].n == 30
    assert found["row_count"].value == 3
    # One was tried, each client has warmed up with two, and thirty were measured.
    assert values_of(url, "SELECT sum(n) FROM accounts", "SELECT sum(n) FROM accounts WHERE n > 0") == [0, 5 * 37]


@pytest.mark.parametrize(("prepared", "count"), [(True, 3), (False, 0)])
def test_statements_are_prepared_on_the_server_or_never(prepared: bool, count: int, url: str, tmp_path: Path) -> None:
    """Three statements are ready: the begin, the look at the others, and the commit."""
    look = (
        "INSERT INTO seen SELECT count(*) FROM pg_prepared_statements"
        " WHERE NOT from_sql AND (statement IN ('BEGIN', 'COMMIT') OR statement LIKE 'INSERT%')"
    )

    measure_query(url, "", tmp_path, transaction=look, setup="CREATE TABLE seen (n int)", prepared=prepared)

    assert values_of(url, "SELECT max(n) FROM seen") == [count]


def test_what_is_rolled_back_stays_prepared(url: str, tmp_path: Path) -> None:
    """psycopg would forget its prepared statements after every rollback, and have the server forget them.

    Sequences are not rolled back, so one tells how often the server has made a plan for the same prepared statement.
    """
    transaction = [
        "UPDATE accounts SET n = 1 WHERE id = 1",
        "SELECT setval('s', greatest(1, (SELECT max(generic_plans + custom_plans) FROM pg_prepared_statements)))",
    ]
    setup = [*ACCOUNTS.split(";"), "CREATE SEQUENCE s"]

    outcome = measure_query(url, "", tmp_path, transaction=transaction, setup=setup, rollback=True, prepared=True)

    assert (outcome.status, outcome.errors) == ("ok", {})
    assert metrics_of(outcome)["rollback_response_time_mean"].n == 20
    assert values_of(url, "SELECT sum(n) FROM accounts") == [0]
    assert int(str(values_of(url, "SELECT last_value FROM s")[0])) >= 10


def test_a_stall_counts_from_the_schedule(url: str, tmp_path: Path) -> None:
    from tests.support.databases import run_sql

    begun = threading.Event()

    def stall() -> None:
        begun.wait()
        run_sql(url, "SELECT pg_advisory_lock(7), pg_sleep(0.3)")

    thread = threading.Thread(target=stall)
    thread.start()
    context = make_context(tmp_path, progress=lambda share, _: begun.set() if share > 0.1 else None)
    transaction = "SELECT pg_advisory_xact_lock_shared(7)"
    try:
        found = metrics_of(
            measure_query(url, "", context, transaction=transaction, rate=40, duration=1.0, concurrent_users=2)
        )
    finally:
        begun.set()
        thread.join()

    assert found["response_time_p99"].value > 200
    assert found["response_time_p90"].value > 100
    assert found["service_time_mean"].value < found["response_time_mean"].value


def test_deadlocks_are_told_from_other_failures(url: str, tmp_path: Path) -> None:
    name = url.rpartition("/")[2]
    setup = [*ACCOUNTS.split(";"), f"ALTER DATABASE {name} SET deadlock_timeout = '20 ms'"]
    transaction = [
        "UPDATE accounts SET n = n + 1 WHERE id = :a",
        "SELECT pg_sleep(0.03)",
        "UPDATE accounts SET n = n + 1 WHERE id = :b",
    ]
    data = [{"a": 1, "b": 2}, {"a": 2, "b": 1}]

    outcome = measure_query(
        url, "", tmp_path, transaction=transaction, setup=setup, data=data, concurrent_users=4, warm_up_iterations=0
    )

    assert outcome.status == "broken"
    assert outcome.errors.keys() == {"deadlock"}
    assert "one with: statement_3: deadlock detected" in outcome.reasons[0]


def test_conflicts_are_told_from_other_failures(url: str, tmp_path: Path) -> None:
    transaction = (
        "BEGIN ISOLATION LEVEL SERIALIZABLE; UPDATE accounts SET n = (SELECT sum(n) FROM accounts) WHERE id = :id;"
        "SELECT pg_sleep(0.02)"
    )
    data = [{"id": 1}, {"id": 2}]

    outcome = measure_query(
        url, "", tmp_path, transaction=transaction, setup=ACCOUNTS, data=data, concurrent_users=4, iterations=30
    )

    assert outcome.errors.keys() == {"serialization"}


def test_a_server_that_hangs_ends_the_measurement(
    postgresql: DatabaseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.databases import PASSWORD

    monkeypatch.setattr("perfreg.measure.database.watchdog._GRACE_S", 0.2)
    address = postgresql.url.partition("@")[2].partition("/")[0]
    host, _, port = address.partition(":")
    with frozen_proxy((host, int(port))) as proxy:
        through = postgresql.url.replace(address, f"127.0.0.1:{proxy.port}")
        context = make_context(tmp_path, progress=lambda share, _: proxy.freeze() if share > 0.1 else None)
        began = time.monotonic()
        outcome = measure_query(through, "SELECT 1", context, duration=60, concurrent_users=3, timeout=0.3)
        took = time.monotonic() - began

    assert outcome.status == "broken"
    assert outcome.errors == {"timeout": 3}
    assert any(reason.startswith("stopped after") and "cannot connect" in reason for reason in outcome.reasons)
    assert PASSWORD not in repr(outcome)
    assert took < 50


def test_a_wrong_statement_of_a_file_is_found(url: str, tmp_path: Path) -> None:
    (tmp_path / "t.sql").write_text("SELECT 1;\n\n-- name: second\nSELEC 2;")

    with pytest.raises(MeasureError) as caught:
        measure_query(url, "", tmp_path, transaction="t.sql")

    assert str(caught.value).startswith("test_scenarios.orders.transaction: t.sql:4: the transaction failed: second: ")
