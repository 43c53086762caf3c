from __future__ import annotations

import json
import multiprocessing
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.runs import HERE, facts_of, history_of, make_run, measurement

from perfreg.analysis.judge import keys_of
from perfreg.errors import StoreError
from perfreg.model.event import Event
from perfreg.model.run import Run
from perfreg.store.codec import encode_event, encode_run
from perfreg.store.exchange import Shards, canonical, shards_of, union
from perfreg.store.series import load_series
from perfreg.store.sqlite import SqliteStore

EVENT = Event(id="0190000000000000-event", kind="accept", at="2026-01-02", who="ann", reason="planned", metrics="s.*")


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "deep" / "store.sqlite3")


def some_runs(count: int = 3) -> list[Run]:
    return [make_run({"s.wall_time": 1.0 + number / 8, "s.max_rss": 5.0}) for number in range(count)]


def exchange(*runs: Run) -> Shards:
    return shards_of([encode_run(run) for run in runs])


def test_records_come_back_as_they_were(store: SqliteStore) -> None:
    runs = some_runs()
    store.add(*reversed(runs), EVENT)
    assert store.runs() == tuple(runs)
    assert store.events() == (EVENT,)
    assert store.facts() == tuple(facts_of(run) for run in runs)


def test_adding_twice_changes_nothing(store: SqliteStore) -> None:
    (run,) = some_runs(1)
    store.add(run)
    before = store.shards()
    store.add(run)
    assert (store.shards(), store.runs()) == (before, (run,))


def test_figures_keep_six_digits_and_exact_ones_all(store: SqliteStore) -> None:
    exact = 1234567890123456.0
    store.add(make_run([measurement("s.wall_time", 1.23456789), measurement("s.plan_shape", exact, text="SCAN t")]))
    (run,) = store.runs()
    assert [point.value for point in run.measurements] == [1.23457, exact]
    assert run.measurements[1].text == "SCAN t"
    assert encode_run(run) == store.shards()["unknown.jsonl"].strip()


def test_series_are_what_the_analysis_expects(store: SqliteStore) -> None:
    runs = [
        make_run({"s.wall_time": 1.0}, environment=replace(HERE, key="elsewhere")),
        make_run({"s.wall_time": 2.0, "t.wall_time": 3.0}, hash_="old"),
        make_run({"s.wall_time": 1.5}, trust="none"),
        make_run({"s.wall_time": 1.25}),
        make_run({"s.wall_time": 9.0}, status="broken"),
        make_run({"s.wall_time": 1.5}),
    ]
    store.add(*runs)
    head = make_run({"s.wall_time": 7.0, "t.wall_time": 8.0, "u.wall_time": 9.0})
    trusted = {run.id for run in runs if run.status == "ok" and run.trust != "none"}
    found = load_series(store, keys_of(head), trusted=trusted, start=lambda _: "", limit=10)
    assert found == history_of(head, runs)
    newest = load_series(store, keys_of(head), trusted=trusted, start=lambda _: "", limit=1)
    assert [point.value for point in newest[keys_of(head)[0]].points] == [1.5]
    later = load_series(store, keys_of(head), trusted=trusted, start=lambda _: "2030", limit=10)
    assert not any(series.points for series in later.values())


def test_merging_what_others_wrote(store: SqliteStore) -> None:
    runs = some_runs()
    store.add(runs[0])
    merged = store.merge(exchange(*runs))
    assert (merged.runs, merged.problems) == (2, ())
    assert store.runs() == tuple(runs)
    assert store.merge(exchange(*runs)).runs == 0
    assert store.shards() == union(exchange(*runs))


def test_only_own_records_that_concern_others_are_pending_until_they_are_pushed(store: SqliteStore) -> None:
    mine, other = some_runs(2)
    store.add(mine, make_run({"s.wall_time": 1.0}, trust="none"), EVENT)
    store.merge(exchange(other))
    pushed = store.pending()
    assert pushed == union(exchange(mine), shards_of([encode_event(EVENT)]))
    store.settle(pushed)
    assert store.pending() == {}


def test_bad_lines_are_named_left_out_and_stop_nothing(store: SqliteStore) -> None:
    good, *bad = some_runs(4)
    texts = [
        encode_run(good),
        "{",
        encode_run(bad[0]).replace('"ok"', '"splendid"', 1),
        encode_run(bad[1]).replace('"duration_s":1.0', '"duration_s":NaN'),
        canonical({"id": bad[2].id, "kind": "run", "v": 1, "data": []}),
        canonical({"id": "x", "kind": "run", "v": 99, "data": {}}),
        canonical({"id": "y", "kind": "oracle", "v": 1}),
        encode_event(EVENT),
    ]
    merged = store.merge({"2026-01.jsonl": "\n".join(texts)}, "branch/")
    assert (merged.runs, merged.events, merged.foreign) == (1, 1, 2)
    assert [problem.partition(": ")[0] for problem in merged.problems] == [
        f"branch/2026-01.jsonl:{number}" for number in (2, 3, 4, 5)
    ]
    assert store.runs() == (good,)
    assert {"x", "y"} <= {json.loads(line)["id"] for line in store.shards()["unknown.jsonl"].splitlines()}


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_runs_with_one_id_the_first_in_the_order_of_text_counts(store: SqliteStore, order: int) -> None:
    (run,) = some_runs(1)
    twin = make_run({"s.wall_time": 9.0, "s.max_rss": 9.0})
    twin = replace(twin, id=run.id, started_at=run.started_at)
    first = min(run, twin, key=encode_run)
    for each in (run, twin)[::order]:
        store.merge(exchange(each))
    assert store.runs() == (first,)
    assert len(store.shards()["unknown.jsonl"].splitlines()) == 2
    found = load_series(store, keys_of(run), trusted={run.id}, start=lambda _: "", limit=10)
    assert [series.points[0].value for series in found.values()] == [point.value for point in first.measurements]


def test_a_false_line_with_the_id_of_a_run_changes_nothing(store: SqliteStore) -> None:
    (run,) = some_runs(1)
    store.add(run)
    false = [
        canonical({"id": run.id, "kind": "run", "v": 1, "data": {}}),
        canonical({"id": run.id, "kind": "event", "v": 1, "data": {}}),
        canonical({"id": run.id, "kind": "a", "v": 1}),
    ]
    merged = store.merge(shards_of(false))
    assert (merged.runs, merged.foreign, len(merged.problems)) == (0, 1, 2)
    assert store.runs() == (run,)
    assert store.events() == ()


def test_a_record_that_cannot_be_stored_is_an_error_and_not_lost_in_silence(store: SqliteStore) -> None:
    long = make_run([measurement("s.plan_shape", 1.0, text="x" * 5_000_000)])
    with pytest.raises(StoreError, match="too long"):
        store.add(long)
    assert store.runs() == ()


def test_removed_runs_are_gone_from_everywhere(store: SqliteStore) -> None:
    keep, drop = some_runs(2)
    store.add(keep, drop)
    store.remove([drop.id])
    assert store.runs() == (keep,)
    assert [facts.id for facts in store.facts()] == [keep.id]
    found = load_series(store, keys_of(keep), trusted={keep.id, drop.id}, start=lambda _: "", limit=10)
    assert all(len(series.points) == 1 for series in found.values())
    assert store.merge(exchange(keep, drop)).runs == 1


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    path.write_bytes(b"this is not a database, and somebody may want it " * 50)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="cannot be used"):
        SqliteStore(path).open()
    assert path.read_bytes() == before


def test_a_store_of_another_version_is_left_alone(store: SqliteStore) -> None:
    store.open()
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="another version"):
        store.runs()


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
