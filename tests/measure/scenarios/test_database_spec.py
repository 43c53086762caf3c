"""The keys of the database scenario."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.database_scenarios import make_spec


def test_users_at_the_top_level_are_not_clients_of_a_database() -> None:
    spec = make_spec("sqlite://", "SELECT 1")

    assert spec.concurrent_users is None
    assert spec.identity()["concurrent_users"] == 1


def test_the_identity_follows_what_is_measured() -> None:
    base = make_spec("postgresql://u:p@one:5432/d", "SELECT 1")
    same = [
        make_spec("postgres://other:secret@two/e", "SELECT   1\n"),
        make_spec("postgresql://one/d", "SELECT 1", iterations=7, warm_up_iterations=1, timeout=3, concurrent_users=1),
        make_spec("postgresql://one/d", "SELECT 1", duration=5),
        make_spec("postgresql+psycopg2://one/d", "SELECT 1", teardown="SELECT 2"),
    ]
    assert base.identity().keys() == {
        *("name", "type", "dialect", "query", "parameters", "setup", "concurrent_users"),
    }
    other = [
        make_spec("mysql://one/d", "SELECT 1"),
        make_spec("postgresql://one/d", "SELECT 2"),
        make_spec("postgresql://one/d", "SELECT 1", parameters={"a": 1}),
        make_spec("postgresql://one/d", "SELECT 1", setup="SELECT 3"),
        make_spec("postgresql://one/d", "SELECT 1", concurrent_users=2),
        make_spec("postgresql://one/d", "", transaction="SELECT 1"),
        make_spec("postgresql://one/d", "SELECT 1", rollback=True),
        make_spec("postgresql://one/d", "SELECT 1", prepared=False),
        make_spec("postgresql://one/d", "SELECT 1", data=[{"a": 1}]),
        make_spec("postgresql://one/d", "SELECT 1", rate=5, duration=1, concurrent_users=1),
    ]

    assert all(spec.identity() == base.identity() for spec in same)
    assert len({str(spec.identity()) for spec in [base, *other]}) == 11


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
        {"transaction": "SELECT 1"},
        {"query": "", "transaction": [" "]},
        {"duration": 1, "iterations": 5},
        {"rate": 5},
        {"rate": 0, "duration": 1},
        {"rate": [], "duration": 1},
        {"arrivals": "rarely"},
        {"data": [{"a": [1]}]},
    ],
)
def test_bad_keys_are_refused(wrong: dict[str, object]) -> None:
    keys: dict[str, Any] = {"query": "SELECT 1", "connection_string": "sqlite://", **wrong}

    with pytest.raises(ValidationError) as caught:
        make_spec(keys.pop("connection_string"), keys.pop("query"), **keys)

    assert caught.value.error_count() >= 1
    assert "s3cret" not in str(caught.value)


def test_a_schedule_has_ten_clients_unless_told() -> None:
    assert make_spec("sqlite://", "SELECT 1", rate=5, duration=1).clients == 10
    assert make_spec("sqlite://", "SELECT 1", rate=5, duration=1, concurrent_users=2).clients == 2
    assert make_spec("sqlite://", "SELECT 1", duration=1).clients == 1


def test_a_block_of_a_time_is_as_many_executions_as_fit() -> None:
    block = make_spec("sqlite://", "SELECT 1", duration=60).block(0.5, 200.0)

    assert block.duration is None
    assert block.iterations + block.warm_up_iterations == 100
