from __future__ import annotations

import json
import multiprocessing
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.runs import make_run

from perfreg.errors import StoreError
from perfreg.store.codec import decode, encode
from perfreg.store.sqlite import SqliteStore


def test_runs_come_back_as_they_were(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "deep" / "store.sqlite3")
    runs = [make_run({"s.wall_time": value}) for value in (1.0, 1.5)]
    for run in reversed(runs):
        store.add(run)
    assert store.runs() == tuple(runs)


def test_adding_twice_changes_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    run = make_run({"s.wall_time": 1.0})
    store.add(run)
    store.add(run)
    assert store.runs() == (run,)


def test_trusted_runs_are_the_newest_sound_ones_in_order(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    good = [make_run({"s.wall_time": value}) for value in (1.0, 2.0, 3.0)]
    for run in (*good, make_run({"s.wall_time": 9.0}, trust="none"), make_run({"s.wall_time": 9.0}, status="broken")):
        store.add(run)
    assert store.trusted(2) == tuple(good[1:])


def test_the_record_is_canonical_json() -> None:
    text = encode(make_run({"s.wall_time": 1.0}))
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"id": 7}', encode(make_run({"s.wall_time": 1.0})).replace('"n":100', '"n":"many"')]
)
def test_what_is_not_a_run_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match=r"runs\.jsonl:3: not a run"):
        decode(text, "runs.jsonl:3")


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    path.write_bytes(b"this is not a database, and somebody may want it " * 50)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="cannot be used"):
        SqliteStore(path).open()
    assert path.read_bytes() == before


def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    SqliteStore(path).open()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer perfreg"):
        SqliteStore(path).runs()


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used") as caught:
        SqliteStore(tmp_path / "file" / "store.sqlite3").open()
    assert "\n" not in str(caught.value)


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_many, args=(path, worker)) for worker in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert len(SqliteStore(path).runs()) == 40


def _add_many(path: Path, worker: int) -> None:
    store = SqliteStore(path)
    for number in range(10):
        run = make_run({"s.wall_time": float(number)})
        store.add(replace(run, id=f"{worker:04d}-{number:04d}"))
