"""asv's results: both versions of the format, parameters, intervals, and machines."""

from __future__ import annotations

import json

import pytest
from tests.support.histories import figures, sample

from perfreg.errors import InputError
from perfreg.histories.asv import FORMAT
from perfreg.model.run import Run


def _result(**fields: object) -> str:
    document: dict[str, object] = {"commit_hash": "a" * 40, "date": 1_700_000_000_000, "results": {"time_x": 1.0}}
    return json.dumps({**document, **fields})


def _one(**fields: object) -> Run:
    (run,) = FORMAT.read({"box/aaaaaaaa-py3.json": _result(**fields)}).runs
    return run


def test_a_file_of_results_is_a_run_at_the_date_of_its_commit() -> None:
    old, new = FORMAT.read(sample("asv")).runs
    assert (old.source.commit[0], old.started_at) == ("2", "2020-09-13T12:26:40.000+00:00")
    assert (new.source.commit[0], new.started_at) == ("1", "2023-11-14T22:13:20.000+00:00")


def test_each_choice_of_parameters_is_a_scenario() -> None:
    old, new = FORMAT.read(sample("asv")).runs
    name = "sorting.Suite.time_sort"
    assert [each for each in figures(old) if each.startswith(name)] == [
        f"{name}(10, 'a').wall_time",
        f"{name}(10, 'b').wall_time",
        f"{name}(1000, 'a').wall_time",
        f"{name}(1000, 'b').wall_time",
    ]
    found = figures(new)
    assert found[f"{name}(10, 'b').wall_time"].value == 2e-6
    assert f"{name}(1000, 'a').wall_time" not in found


def test_the_interval_and_the_samples_are_taken_over() -> None:
    old, new = FORMAT.read(sample("asv")).runs
    first, second = list(figures(new).values())[:2]
    assert (first.n, first.p50) == (10, 1e-6)
    assert first.std_error == pytest.approx(1e-7 / 2.576)
    assert (second.n, second.std_error) == (1, None)
    assert figures(old)["sorting.Suite.time_sort(10, 'a').wall_time"].std_error == pytest.approx(1e-7 / 2.576)


def test_memory_and_tracked_figures_have_units_and_directions() -> None:
    old, new = (figures(run) for run in FORMAT.read(sample("asv")).runs)
    peak = new["sorting.peakmem_sort.max_rss"]
    assert peak.value == pytest.approx(52)
    assert (peak.unit, peak.direction) == ("MB", "lower")
    assert old["sorting.mem_list.size"].unit == "B"
    assert new["sorting.track_quality.points"].direction == "none"
    assert new["sorting.track_speed.throughput"].direction == "higher"
    assert old["sorting.time_plain.wall_time"].value == 0.25


def test_what_failed_was_skipped_or_does_not_fit_is_told() -> None:
    warnings = FORMAT.read(sample("asv")).warnings
    assert "results left out because the benchmark failed or was skipped: 4" in warnings
    assert "benchmarks left out where their results do not fit their parameters: sorting.time_odd" in warnings


def test_the_version_of_a_benchmark_makes_another_series() -> None:
    columns = ["result", "params", "version"]
    runs = [_one(result_columns=columns, results={"time_x": [[1.0], [], version]}) for version in ("1", "1", "2")]
    first, same, other = (run.scenarios[0].hash for run in runs)
    assert first == same != other


def test_the_machine_and_its_environments_are_kept_apart() -> None:
    _, new = FORMAT.read(sample("asv")).runs
    found = new.environment
    assert found.key == "imported-asv-box-virtualenv-py3.12-numpy"
    assert (found.os, found.architecture, found.cpu_model) == ("Linux 6.1", "x86_64", "Example CPU @ 3.00GHz")
    assert (found.cpus, found.memory_mb, found.interpreter) == (8, 16_000, "Python 3.12")
    assert _one(env_name="py3.13").environment.key == "imported-asv-box-py3.13"
    assert _one(params={"machine": "mill"}).environment.key == "imported-asv-mill-py3"


def test_both_versions_of_the_format_make_one_series() -> None:
    old, new = FORMAT.read(sample("asv")).runs
    assert old.environment.key == new.environment.key


@pytest.mark.parametrize(
    ("ram", "expected"),
    [("16GB", 16_000), ("8.2G", 8200), ("395591812", 395_592), ("17179869184", 17_180), ("lots", 0), (7, 0), (None, 0)],
)
def test_memory_is_written_in_many_ways(ram: object, expected: int) -> None:
    assert _one(params={"ram": ram}).environment.memory_mb == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"commit_hash": "results"', "box/x.json:1: is not JSON"),
        ('["commit_hash", "results"]', "box/x.json: the document is not an object"),
        ('{"commit_hash": "", "results": []}', "box/x.json: results is not an object"),
        (_result(result_columns=["result"], results={"time_x": 1}), "box/x.json: results.time_x is not a list"),
    ],
)
def test_malformed_results_name_file_and_place(content: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        FORMAT.read({"box/x.json": content})
    assert expected in str(caught.value)


def test_many_parameters_without_results_cost_nothing() -> None:
    params = [[str(each) for each in range(1000)]] * 20
    imported = FORMAT.read({"x.json": _result(results={"time_x": {"result": [1.0], "params": params}})})
    assert imported.runs == ()
    assert any("do not fit" in each for each in imported.warnings)


def test_a_file_of_very_many_results_becomes_runs_that_can_be_stored() -> None:
    imported = FORMAT.read({"x.json": _result(results={f"time_{each}": 1.0 for each in range(9000)})})
    assert [len(run.measurements) for run in imported.runs].count(4000) == 2
    assert len({each.scenario for run in imported.runs for each in run.measurements}) == 9000
    assert len({run.id for run in imported.runs}) == 3
