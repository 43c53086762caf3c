"""The database scenario on a real PostgreSQL server."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.contexts import make_context
from tests.support.database_scenarios import measure_query, metrics_of

from perfreg.errors import MeasureError

if TYPE_CHECKING:
    from tests.support.databases import DatabaseServer

pytest_plugins = ("tests.support.databases",)
pytestmark = pytest.mark.xdist_group("postgresql")

FILL = (
    "CREATE TABLE users (id int PRIMARY KEY, email text, age int);"
    "INSERT INTO users SELECT i, 'u' || i, i % 50 FROM generate_series(1, 5000) i;"
    "ANALYZE users"
)
QUERY = "SELECT * FROM users WHERE email = 'u7'"


@pytest.fixture
def url(postgresql: DatabaseServer) -> str:
    return postgresql.new_database()


def test_every_metric_is_measured(url: str, tmp_path: Path) -> None:
    outcome = measure_query(url, "SELECT * FROM users WHERE age < 10", tmp_path, setup=FILL, iterations=40)

    found = metrics_of(outcome)
    assert set(found) == {
        *("query_time_mean", "query_time_p50", "query_time_p95", "query_time_p99", "connection_time", "fetch_time"),
        *("row_count", "error_rate", "plan_shape", "plan_cost", "throughput", "generator_cpu"),
    }
    assert (outcome.status, outcome.reasons, outcome.warnings, outcome.errors) == ("ok", (), (), {})
    assert found["row_count"].value == 1000
    assert found["query_time_mean"].n == 40
    assert found["connection_time"].value > found["query_time_p50"].value / 100
    assert found["plan_shape"].text == "Seq Scan on users"
    assert found["plan_cost"].value > 10


def test_an_index_changes_shape_and_cost(url: str, tmp_path: Path) -> None:
    before = metrics_of(measure_query(url, QUERY, tmp_path, setup=FILL))
    index = "CREATE INDEX users_email ON users (email)"
    with_index = metrics_of(measure_query(url, QUERY, tmp_path, setup=index, teardown="DROP INDEX users_email"))
    after = metrics_of(measure_query(url, QUERY, tmp_path))

    assert with_index["plan_shape"].text == "Index Scan using users_email on users"
    assert with_index["plan_shape"].value != before["plan_shape"].value
    assert with_index["plan_cost"].value < before["plan_cost"].value / 5
    assert after["plan_shape"].text == before["plan_shape"].text == "Seq Scan on users"
    assert after["plan_cost"].value == before["plan_cost"].value


@pytest.mark.parametrize(
    ("query", "rows", "plan"),
    [
        ("UPDATE users SET age = 1 WHERE id = 3", 1, "ModifyTable (Update) on users"),
        ("/* why */ WITH x AS (SELECT 1) SELECT * FROM x;", 1, "Result"),
        ("(VALUES (1), (2))", 2, "Values Scan"),
        ("DELETE FROM users WHERE id < 0 RETURNING id", 0, "ModifyTable (Delete) on users"),
    ],
)
def test_plans_of_all_kinds_of_statements(query: str, rows: int, plan: str, url: str, tmp_path: Path) -> None:
    found = metrics_of(measure_query(url, query, tmp_path, setup=FILL, iterations=2))

    assert found["row_count"].value == rows
    assert found["plan_shape"].text.startswith(plan)


def test_explaining_runs_nothing(url: str, tmp_path: Path) -> None:
    query = "INSERT INTO log VALUES (DEFAULT); DELETE FROM log WHERE false"
    setup = "CREATE TABLE log (id serial)"

    measured = measure_query(url, query, tmp_path, setup=setup, iterations=3, warm_up_iterations=0)
    counted = metrics_of(measure_query(url, "SELECT * FROM log", tmp_path))

    assert measured.warnings[0].startswith("no query plan: only a single SELECT")
    assert counted["row_count"].value == 3


def test_values_are_bound_in_the_query_and_its_plan(url: str, tmp_path: Path) -> None:
    found = metrics_of(
        measure_query(
            url,
            "SELECT id::text FROM users WHERE id = :id AND email LIKE 'u%'",
            tmp_path,
            setup=FILL,
            parameters={"id": 7},
            warm_up_iterations=10,
        )
    )

    assert found["row_count"].value == 1
    assert found["plan_shape"].text == "Index Scan using users_pkey on users"


def test_clients_query_at_the_same_time_on_sessions_of_their_own(url: str, tmp_path: Path) -> None:
    nap = "WITH n AS (SELECT clock_timestamp() AS t) INSERT INTO naps SELECT pg_backend_pid(), t, pg_sleep(0.05) FROM n"
    setup = "CREATE TABLE naps (pid int, start timestamptz, nothing text, stop timestamptz DEFAULT clock_timestamp())"

    outcome = measure_query(url, nap, tmp_path, setup=setup, concurrent_users=4)
    sessions = metrics_of(measure_query(url, "SELECT DISTINCT pid FROM naps", tmp_path))
    overlaps = metrics_of(
        measure_query(
            url, "SELECT FROM naps a, naps b WHERE a.pid < b.pid AND a.start < b.stop AND b.start < a.stop", tmp_path
        )
    )

    assert outcome.status == "ok"
    assert metrics_of(outcome)["query_time_p50"].value >= 50
    assert sessions["row_count"].value == 5  # four clients, and the session on which the query was tried
    assert overlaps["row_count"].value >= 10


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELEC 1", 'syntax error at or near "SELEC"'),
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELECT pg_sleep(60)", "canceling statement due to statement timeout"),
    ],
)
def test_wrong_or_endless_sql_is_one_clear_line(query: str, said: str, url: str, tmp_path: Path) -> None:
    with pytest.raises(MeasureError) as caught:
        measure_query(url, query, tmp_path, timeout=0.5)

    message = str(caught.value)
    assert message.startswith(f"test_scenarios.orders.query: the query failed: {said}")
    assert "\n" not in message


def test_queries_that_take_too_long_are_counted(url: str, tmp_path: Path) -> None:
    outcome = measure_query(
        url,
        "SELECT pg_sleep(CASE WHEN nextval('n') = 5 THEN 60 ELSE 0 END)",
        tmp_path,
        setup="CREATE SEQUENCE n",
        timeout=0.5,
    )

    assert outcome.errors == {"timeout": 1}
    assert metrics_of(outcome)["query_time_p99"].value < 500


def test_the_setup_may_take_longer_than_the_timeout(url: str, tmp_path: Path) -> None:
    outcome = measure_query(url, "SELECT 1", tmp_path, setup="SELECT pg_sleep(0.6)", timeout=0.3)

    assert outcome.status == "ok"


def test_a_refused_connection_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and not listening
        port = bound.getsockname()[1]
        with pytest.raises(MeasureError) as caught:
            measure_query(f"postgresql://u:s3cret@127.0.0.1:{port}/d", "SELECT 1", tmp_path)

    message = str(caught.value)
    assert message.startswith("test_scenarios.orders.connection_string: cannot connect: ")
    assert "refused" in message
    assert "s3cret" not in message
    assert "\n" not in message


def test_a_wrong_password_is_not_repeated(url: str, tmp_path: Path) -> None:
    from tests.support.databases import PASSWORD

    with pytest.raises(MeasureError) as caught:
        measure_query(url.replace(PASSWORD, "s3cret"), "SELECT 1", tmp_path)

    assert "password authentication failed" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_public_host_is_refused_before_connecting(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"connection_string: '8\.8\.8\.8' is a public address"):
        measure_query("postgresql://u:p@8.8.8.8/d", "SELECT 1", tmp_path)


def test_the_host_that_libpq_chose_is_checked(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from perfreg.measure.targets import TargetPolicy

    where = url.partition("@")[2]
    monkeypatch.setenv("PGHOST", where.partition(":")[0])
    monkeypatch.setenv("PGPORT", where.partition(":")[2].partition("/")[0])
    hostless = url.replace(where.partition("/")[0], "")

    assert measure_query(hostless, "SELECT 1", tmp_path).status == "ok"
    with pytest.raises(MeasureError, match=r"'127\.0\.0\.1' is a host of a production environment"):
        measure_query(hostless, "SELECT 1", make_context(tmp_path, targets=TargetPolicy(strict=True)))


def test_a_socket_is_local(postgresql: DatabaseServer, url: str, tmp_path: Path) -> None:
    address, _, name = url.partition("@")[2].partition("/")
    through_socket = url.replace(address, "") + f"?host={postgresql.socket}&port={address.partition(':')[2]}"

    assert name in through_socket
    assert measure_query(through_socket, "SELECT 1", tmp_path).status == "ok"


def test_too_many_clients_for_the_server_is_one_clear_line(url: str, tmp_path: Path) -> None:
    with pytest.raises(MeasureError) as caught:
        measure_query(url, "SELECT 1", tmp_path, concurrent_users=100)

    assert "too many clients" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_failing_queries_break_the_scenario(url: str, tmp_path: Path) -> None:
    outcome = measure_query(
        url,
        "INSERT INTO log SELECT least(count(*), 12) FROM log",
        tmp_path,
        setup="CREATE TABLE log (id int PRIMARY KEY)",
    )

    # Of the numbers 0 to 12, three are used up before anything is measured.
    assert outcome.status == "broken"
    assert outcome.errors == {"IntegrityError 23505": 10}
    assert metrics_of(outcome)["query_time_mean"].n == 10
    assert 'duplicate key value violates unique constraint "log_pkey"' in outcome.reasons[0]


def test_lost_connections_are_replaced(url: str, tmp_path: Path) -> None:
    # The session that gets a multiple of five ends itself.
    outcome = measure_query(
        url,
        "SELECT CASE WHEN nextval('n') % 5 = 0 THEN pg_terminate_backend(pg_backend_pid()) END",
        tmp_path,
        setup="CREATE SEQUENCE n",
        iterations=17,
    )

    # Three are used up before anything is measured: 5, 10, 15 and 20 fail.
    assert metrics_of(outcome)["query_time_mean"].n == 13
    assert outcome.errors == {"connection lost": 4}
    assert outcome.status == "broken"


def test_a_server_that_dies_in_the_warm_up_is_one_clear_line(tmp_path: Path) -> None:
    from tests.support.databases import closed_port, start_postgresql

    server = start_postgresql(closed_port())
    try:
        context = make_context(tmp_path, progress=lambda share, _: server.kill() if share > 0 else None)
        with pytest.raises(MeasureError, match="none of 0 queries succeeded: cannot connect") as caught:
            measure_query(server.url, "SELECT pg_sleep(0.1)", context, warm_up_iterations=10_000)
    finally:
        server.kill()

    assert "\n" not in str(caught.value)


def test_a_server_that_dies_ends_the_measurement(tmp_path: Path) -> None:
    from tests.support.databases import PASSWORD, closed_port, start_postgresql

    server = start_postgresql(closed_port())
    try:
        context = make_context(tmp_path, progress=lambda share, _: server.kill() if share > 0.15 else None)
        outcome = measure_query(
            server.url, "SELECT pg_sleep(0.01)", context, iterations=2000, concurrent_users=2, teardown="SELECT 1"
        )
    finally:
        server.kill()

    assert outcome.status == "broken"
    assert any("stopped after" in reason for reason in outcome.reasons)
    assert any(warning.startswith("the teardown failed: cannot connect") for warning in outcome.warnings)
    assert PASSWORD not in repr(outcome)
