"""The database scenario on a real MariaDB server."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.database_scenarios import measure_query, metrics_of

from perfreg.errors import MeasureError

if TYPE_CHECKING:
    from tests.support.databases import DatabaseServer

pytest_plugins = ("tests.support.databases",)
pytestmark = pytest.mark.xdist_group("mariadb")

FILL = (
    "CREATE TABLE users (id int PRIMARY KEY, email varchar(40), age int);"
    "INSERT INTO users SELECT seq, concat('u', seq), seq % 50 FROM seq_1_to_5000;"
    "ANALYZE TABLE users"
)
QUERY = "SELECT * FROM users WHERE email = 'u7'"


@pytest.fixture
def url(mariadb: DatabaseServer) -> str:
    """Without TLS: for every connection PyMySQL would read all certificates of the machine."""
    return mariadb.new_database() + "?ssl_disabled=true"


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_every_metric_is_measured(scheme: str, mariadb: DatabaseServer, tmp_path: Path) -> None:
    url = mariadb.new_database().replace("mysql", scheme)

    outcome = measure_query(url, "SELECT * FROM users WHERE age < 10", tmp_path, setup=FILL, iterations=40)

    found = metrics_of(outcome)
    assert set(found) - {"plan_cost"} == {  # servers before 11 give no cost
        *("query_time_mean", "query_time_p50", "query_time_p95", "query_time_p99", "connection_time", "fetch_time"),
        *("row_count", "error_rate", "plan_shape", "throughput", "generator_cpu"),
    }
    assert (outcome.status, outcome.reasons, outcome.warnings, outcome.errors) == ("ok", (), (), {})
    assert found["row_count"].value == 1000
    assert found["query_time_mean"].n == 40
    assert "table users: ALL" in found["plan_shape"].text


def test_an_index_changes_the_shape_of_the_plan(url: str, tmp_path: Path) -> None:
    before = metrics_of(measure_query(url, QUERY, tmp_path, setup=FILL))["plan_shape"]
    index = "CREATE INDEX users_email ON users (email)"
    dropped = "DROP INDEX users_email ON users"
    with_index = metrics_of(measure_query(url, QUERY, tmp_path, setup=index, teardown=dropped))["plan_shape"]
    after = metrics_of(measure_query(url, QUERY, tmp_path))["plan_shape"]

    assert "table users: ref, key users_email" in with_index.text
    assert with_index.value != before.value
    assert (after.value, after.text) == (before.value, before.text)


def test_values_are_bound_and_per_cent_signs_survive(url: str, tmp_path: Path) -> None:
    bound = metrics_of(
        measure_query(
            url,
            "SELECT * FROM users WHERE id < :id AND email LIKE 'u%'",
            tmp_path,
            setup=FILL,
            parameters={"id": 8},
        )
    )
    written = metrics_of(measure_query(url, "SELECT * FROM users WHERE email LIKE 'u4%1'", tmp_path))

    assert bound["row_count"].value == 7
    assert "table users: range, key PRIMARY" in bound["plan_shape"].text
    assert written["row_count"].value == 111


def test_clients_have_sessions_of_their_own(url: str, tmp_path: Path) -> None:
    outcome = measure_query(
        url,
        "INSERT INTO log VALUES (CONNECTION_ID())",
        tmp_path,
        setup="CREATE TABLE log (id int)",
        concurrent_users=5,
    )
    sessions = metrics_of(measure_query(url, "SELECT DISTINCT id FROM log", tmp_path))

    assert metrics_of(outcome)["row_count"].value == 1
    assert sessions["row_count"].value == 6  # five clients, and the session on which the query was tried


def test_stored_programs_are_set_up_from_a_list(url: str, tmp_path: Path) -> None:
    outcome = measure_query(
        url,
        "CALL answer()",
        tmp_path,
        setup=["CREATE PROCEDURE answer() BEGIN DECLARE a INT DEFAULT 42; SELECT a; END"],
        teardown=["DROP PROCEDURE answer"],
    )

    assert metrics_of(outcome)["row_count"].value == 1
    assert [warning.partition(":")[0] for warning in outcome.warnings] == ["no query plan"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELEC 1", "You have an error in your SQL syntax"),
        ("SELECT * FROM nowhere", "doesn't exist"),
        ("SELECT sleep(60) FROM seq_1_to_10", "max_statement_time exceeded"),
    ],
)
def test_wrong_or_endless_sql_is_one_clear_line(query: str, said: str, url: str, tmp_path: Path) -> None:
    with pytest.raises(MeasureError) as caught:
        measure_query(url, query, tmp_path, timeout=0.5)

    message = str(caught.value)
    assert message.startswith("test_scenarios.orders.query: the query failed: ")
    assert said in message
    assert "\n" not in message


def test_queries_that_take_too_long_are_counted(url: str, tmp_path: Path) -> None:
    outcome = measure_query(
        url, "SELECT sleep(IF(nextval(n) = 5, 60, 0))", tmp_path, setup="CREATE SEQUENCE n", timeout=0.5
    )

    assert outcome.errors == {"timeout": 1}
    assert metrics_of(outcome)["query_time_p99"].value < 500


def test_the_setup_may_take_longer_than_the_timeout(url: str, tmp_path: Path) -> None:
    outcome = measure_query(url, "SELECT 1", tmp_path, setup="SELECT sleep(1.6)", timeout=0.3)

    assert outcome.status == "ok"


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        port = mute.getsockname()[1]
        with pytest.raises(MeasureError, match=r"connection_string: cannot connect: .*timed out"):
            measure_query(f"mysql://u:s3cret@127.0.0.1:{port}/d", "SELECT 1", tmp_path, timeout=0.2)


def test_a_refused_connection_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and not listening
        port = bound.getsockname()[1]
        with pytest.raises(MeasureError) as caught:
            measure_query(f"mysql://u:s3cret@127.0.0.1:{port}/d", "SELECT 1", tmp_path)

    message = str(caught.value)
    assert message.startswith("test_scenarios.orders.connection_string: cannot connect: ")
    assert "refused" in message
    assert "s3cret" not in message
    assert "\n" not in message


def test_a_wrong_password_is_not_repeated(url: str, tmp_path: Path) -> None:
    from tests.support.databases import PASSWORD

    with pytest.raises(MeasureError, match="Access denied") as caught:
        measure_query(url.replace(PASSWORD, "s3cret"), "SELECT 1", tmp_path)

    assert "s3cret" not in str(caught.value)


def test_a_socket_is_local(mariadb: DatabaseServer, url: str, tmp_path: Path) -> None:
    credentials, _, rest = url.partition("@")
    through_socket = f"{credentials}@/{rest.partition('/')[2]}&unix_socket={mariadb.socket}"

    assert measure_query(through_socket, "SELECT 1", tmp_path).status == "ok"


def test_failing_queries_break_the_scenario(url: str, tmp_path: Path) -> None:
    outcome = measure_query(
        url,
        "INSERT INTO log SELECT least(count(*), 12) FROM log",
        tmp_path,
        setup="CREATE TABLE log (id int PRIMARY KEY)",
    )

    # Of the numbers 0 to 12, three are used up before anything is measured.
    assert outcome.status == "broken"
    assert outcome.errors == {"IntegrityError 1062": 10}
    assert metrics_of(outcome)["query_time_mean"].n == 10
    assert "Duplicate entry '12' for key 'PRIMARY'" in outcome.reasons[0]


def test_lost_connections_are_replaced(url: str, tmp_path: Path) -> None:
    setup = [
        "CREATE SEQUENCE n",
        "CREATE PROCEDURE work() BEGIN IF nextval(n) % 5 = 0 THEN KILL CONNECTION_ID(); END IF; SELECT 1; END",
    ]

    outcome = measure_query(url, "CALL work()", tmp_path, setup=setup, iterations=17)

    # Three are used up before anything is measured: 5, 10, 15 and 20 fail.
    assert metrics_of(outcome)["query_time_mean"].n == 13
    assert sum(outcome.errors.values()) == 4
    assert outcome.status == "broken"


def test_a_transaction_is_whole_and_every_plan_is_stored(url: str, tmp_path: Path) -> None:
    from tests.support.databases import run_sql

    (tmp_path / "transfer.sql").write_text(
        "# as MySQL writes comments; \n-- name: debit\nUPDATE users SET age = age - :n WHERE id = :id;\n"
        "-- name: find\nSELECT 1--1, 'it\\'s;', `email` FROM users WHERE age < 0 FOR UPDATE;\n"
    )
    keys = {"transaction": "transfer.sql", "data": [{"id": 7}, {"id": 8}], "parameters": {"n": 100}}

    outcome = measure_query(url, "", tmp_path, setup=FILL, rollback=True, prepared=True, **keys)

    found = metrics_of(outcome)
    assert (outcome.status, outcome.reasons, outcome.errors) == ("ok", (), {})
    assert outcome.warnings == ("statements are not prepared on the server: pymysql does not do that",)
    assert "table users: range, key PRIMARY" in found["debit_plan_shape"].text
    assert "table users: ALL" in found["find_plan_shape"].text
    assert found["rollback_response_time_p95"].n == 20
    assert found["row_count"].value == 2
    [[(lowest,)]] = run_sql(url.partition("?")[0], "SELECT min(age) FROM users")
    assert lowest == 0


def test_deadlocks_are_told_from_other_failures(url: str, tmp_path: Path) -> None:
    transaction = [
        "UPDATE users SET age = 1 WHERE id = :a",
        "SELECT sleep(0.03)",
        "UPDATE users SET age = 1 WHERE id = :b",
    ]
    data = [{"a": 1, "b": 2}, {"a": 2, "b": 1}]

    outcome = measure_query(
        url, "", tmp_path, transaction=transaction, setup=FILL, data=data, concurrent_users=4, warm_up_iterations=0
    )

    assert outcome.status == "broken"
    assert outcome.errors.keys() == {"deadlock"}


def test_a_schedule_is_the_throughput(url: str, tmp_path: Path) -> None:
    outcome = measure_query(url, QUERY, tmp_path, setup=FILL, rate=40, duration=0.5)

    found = metrics_of(outcome)
    assert found["response_time_p99"].n == 20
    assert found["throughput"].value == pytest.approx(40)
    assert found["service_time_mean"].value <= found["response_time_mean"].value
