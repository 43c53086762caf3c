"""Setup and teardown of the database scenario, on SQLite: always run, and honest about it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.database_scenarios import FILL, QUERY, measure_query, metrics_of, rows_of

from perfreg.errors import InputError, MeasureError


def test_a_database_in_memory_is_shared_by_setup_and_clients(tmp_path: Path) -> None:
    for url in ("sqlite://", "sqlite:///:memory:"):
        outcome = measure_query(url, "SELECT count(*) FROM users", tmp_path, setup=FILL, concurrent_users=3)

        assert outcome.status == "ok"
        assert metrics_of(outcome)["row_count"].value == 1
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
