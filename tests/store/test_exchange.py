from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.store.exchange import (
    QUARANTINE,
    Corrupt,
    Line,
    Shards,
    add,
    canonical,
    is_shard,
    read,
    shards_of,
    union,
    without,
)

ids = st.sampled_from(
    ["019aaaac-2600-7ab5-a2d9-dfd54b5ca846", "019bbbbc-2600-7ab5-a2d9-dfd54b5ca846", "ffffffff-ffff-7ab5-a2d9-1", "x"]
)
records = st.builds(
    lambda id_, kind, v, extra: canonical({"id": id_, "kind": kind, "v": v, "data": extra}),
    ids,
    st.sampled_from(["run", "event", "from-the-future"]),
    st.integers(1, 3),
    st.text(max_size=5),
)
garbage = st.one_of(st.text(max_size=20), st.just("{}"), st.just("[1]"), st.just('{"id":1,"kind":"run","v":1}'))
texts = st.lists(st.one_of(records, garbage), max_size=6).map("\n".join)
stores: st.SearchStrategy[Shards] = st.dictionaries(
    st.sampled_from(["2026-01.jsonl", "2026-02.jsonl", "unknown.jsonl", QUARANTINE]), texts, max_size=3
)


@given(stores)
def test_union_is_idempotent(a: Shards) -> None:
    assert union(union(a), a) == union(a) == union(a, a)


@given(stores, stores)
def test_union_is_commutative(a: Shards, b: Shards) -> None:
    assert union(a, b) == union(b, a)


@given(stores, stores, stores)
def test_union_is_associative(a: Shards, b: Shards, c: Shards) -> None:
    assert union(union(a, b), c) == union(a, union(b, c)) == union(a, b, c)


@given(stores, stores)
def test_union_loses_no_record_and_no_other_line(a: Shards, b: Shards) -> None:
    merged = union(a, b)
    kept = {line.text for line in read(merged)}
    for store in (a, b):
        for line in read(store):
            if isinstance(line, Line):
                assert line.text in kept
            else:
                assert line.text.strip() in merged[QUARANTINE].split("\n")
    assert not any(isinstance(line, Corrupt) for line in read(merged))
    assert all(is_shard(name) for name in merged)


@given(stores, stores)
def test_adding_to_some_shards_is_the_union(a: Shards, b: Shards) -> None:
    assert union(add(a, b)) == union(a, b)


@given(stores)
def test_taking_records_out_takes_nothing_else(a: Shards) -> None:
    assert without(a, ()) == union(a)
    ids = {line.id for line in read(a) if isinstance(line, Line)}
    kept = without(a, ids)
    assert set(kept) <= {QUARANTINE}
    assert kept.get(QUARANTINE) == union(a).get(QUARANTINE)


def test_records_go_to_the_month_of_their_id() -> None:
    record = canonical({"id": "019aaaac-2600-7ab5-a2d9-dfd54b5ca846", "kind": "run", "v": 1})
    assert shards_of([record]) == {"2025-11.jsonl": record + "\n"}


def test_spaces_and_key_order_do_not_make_another_record() -> None:
    record = {"v": 1, "kind": "run", "id": "x", "data": {"b": 1, "a": 2}}
    spaced = {"unknown.jsonl": json.dumps(record, indent=None) + "\n"}
    assert union(spaced, shards_of([canonical(record)])) == shards_of([canonical(record)])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("7", "not an object"),
        ('{"kind":"run","v":1}', "no id"),
        ('{"id":"x","kind":"run"}', "no version"),
        ('{"id":"x","kind":"run","v":true}', "no version"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_corrupt_lines_are_named_and_never_stop_the_rest(text: str, problem: str) -> None:
    good = canonical({"id": "x", "kind": "run", "v": 1})
    first, second = read({"2026-01.jsonl": f"{text}\n{good}\n"}, "store/")
    assert isinstance(first, Corrupt)
    assert first.where == "store/2026-01.jsonl:1"
    assert problem in first.problem
    assert isinstance(second, Line)


def test_unknown_kinds_and_versions_are_kept_as_they_are() -> None:
    future = canonical({"id": "x", "kind": "oracle", "v": 99, "data": {"answer": 42}})
    assert shards_of([future]) == {"unknown.jsonl": future + "\n"}


@pytest.mark.parametrize("name", ["../evil.jsonl", "2026-01.jsonl/x", "README.md", "2026-1.jsonl"])
def test_other_files_are_no_shards(name: str) -> None:
    assert not is_shard(name)
