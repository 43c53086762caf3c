"""Runs that are built from other tools' entries: their ids, names and environments."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from pydantic import TypeAdapter
from tests.support.histories import NAMES, data_js, sample

from perfreg.config.base import Name
from perfreg.histories import building
from perfreg.histories.registry import HISTORY_FORMATS
from perfreg.model.run import Environment
from perfreg.store.codec import decode_run, encode_run
from perfreg.store.exchange import Line, read, shards_of, union

HERE = Environment(key="0123456789abcdef", os="Linux", architecture="x86_64", cpu_model="C", cpus=2, memory_mb=8000)


@pytest.mark.parametrize("name", NAMES)
def test_importing_twice_changes_nothing(name: str) -> None:
    once = HISTORY_FORMATS[name].read(sample(name)).runs
    again = HISTORY_FORMATS[name].read(dict(reversed(list(sample(name).items())))).runs
    store = shards_of(map(encode_run, once))
    assert once == again
    assert union(store, shards_of(map(encode_run, again))) == store


@pytest.mark.parametrize("name", NAMES)
def test_runs_survive_the_store(name: str) -> None:
    runs = HISTORY_FORMATS[name].read(sample(name)).runs
    lines = list(read(shards_of(map(encode_run, runs))))
    assert [decode_run(line).id for line in lines if isinstance(line, Line)] == [run.id for run in runs]


@pytest.mark.parametrize("name", NAMES)
def test_ids_tell_the_time_and_sort_by_it(name: str) -> None:
    runs = HISTORY_FORMATS[name].read(sample(name)).runs
    assert [run.started_at for run in runs] == sorted(run.started_at for run in runs)
    assert all(uuid.UUID(run.id).version == 7 for run in runs)


def test_a_different_figure_is_a_different_run() -> None:
    read_ = HISTORY_FORMATS["github-action-benchmark"].read
    one, two, three = (read_(data_js({"name": name, "value": at})).runs for name, at in (("x", 1), ("x", 2), ("y", 1)))
    assert len({one[0].id, two[0].id, three[0].id}) == 3


def test_a_run_moved_to_another_environment_is_another_run_of_the_same_time() -> None:
    (run, *_) = HISTORY_FORMATS["asv"].read(sample("asv")).runs
    moved = building.in_environment(run, HERE)
    assert moved == replace(run, id=moved.id, environment=HERE)
    assert moved.id != run.id
    assert moved.id[:13] == run.id[:13]
    assert building.in_environment(run, HERE) == moved


@pytest.mark.parametrize("name", NAMES)
def test_no_environment_passes_for_one_that_was_seen(name: str) -> None:
    for run in HISTORY_FORMATS[name].read(sample(name)).runs:
        assert run.environment.key.startswith(f"imported-{name}")


def test_foreign_names_become_names_as_a_configuration_has_them() -> None:
    names = ("\x1b[31mred\x1b[0m", "a\nb", "\u202ertl", " x ", "n" * 300, "n" * 299 + "m", "\ud800", "\u00a0")
    (run,) = (
        HISTORY_FORMATS["github-action-benchmark"].read(data_js(*({"name": name, "value": 1} for name in names))).runs
    )
    found = [each.name for each in run.scenarios]
    assert all(TypeAdapter(Name).validate_python(name) for name in found)
    assert len(set(found)) == len(found) == len(names) - 2  # nothing is left of the last two


def test_repeated_names_that_look_numbered_stay_apart() -> None:
    names = ("x", "x (2)", "x", "x", "x (2)")
    (run,) = (
        HISTORY_FORMATS["github-action-benchmark"]
        .read(data_js(*({"name": name, "value": at} for at, name in enumerate(names))))
        .runs
    )
    assert [(each.scenario, each.value) for each in run.measurements] == [
        ("x", 0),
        ("x (2)", 1),
        ("x (3)", 2),
        ("x (4)", 3),
        ("x (2) (2)", 4),
    ]
