"""Files that pytest-benchmark has stored."""

from __future__ import annotations

import json

import pytest
from tests.support.histories import figures, sample

from perfreg.errors import InputError
from perfreg.histories.pytest_benchmark import FORMAT
from perfreg.model.run import Run


def _one(**fields: object) -> Run:
    stats = {"median": 1.0}
    document: dict[str, object] = {"machine_info": {}, "benchmarks": [{"fullname": "t", "stats": stats}]}
    (run,) = FORMAT.read({"0001_x.json": json.dumps({**document, **fields})}).runs
    return run


def test_a_file_is_a_run() -> None:
    first, second = FORMAT.read(sample("pytest-benchmark")).runs
    assert (first.source.commit[0], first.source.branch) == ("1", "main")
    assert first.started_at == "2023-11-14T22:13:20.123+00:00"
    assert second.started_at == "2023-11-15T22:13:20.000+00:00"
    assert first.tool_version == "pytest-benchmark 5.1.0"


def test_the_median_is_compared_and_its_statistics_are_taken_over() -> None:
    found = figures(FORMAT.read(sample("pytest-benchmark")).runs[0])
    sort = found["tests/test_sort.py::test_sort[10].wall_time"]
    assert (sort.value, sort.p50, sort.unit, sort.n) == (0.002, 0.002, "s", 100)
    assert (sort.mean, sort.std, sort.min, sort.max) == (0.0021, 0.0005, 0.001, 0.004)
    assert sort.std_error == pytest.approx(0.93 * 0.0004 / 10)
    assert found["tests/test_sort.py::test_once.wall_time"].std_error is None


def test_uncommitted_changes_are_kept_and_not_trusted() -> None:
    imported = FORMAT.read(sample("pytest-benchmark"))
    assert [(run.source.dirty, run.source.branch, run.trust) for run in imported.runs] == [
        (False, "main", "established"),
        (True, "", "none"),
    ]
    assert "runs with uncommitted changes, which are kept but never become a baseline: 1" in imported.warnings
    assert "benchmarks left out because they have no name or no median: 1" in imported.warnings


def test_the_machine_is_told_by_what_decides_speed() -> None:
    first, second = FORMAT.read(sample("pytest-benchmark")).runs
    assert first.environment.key == "imported-pytest-benchmark-Linux-x86_64-Example-CPU-4-CPython-3.12"
    assert second.environment.key == first.environment.key  # another host and patch release
    assert (first.environment.cpus, first.environment.interpreter) == (4, "CPython 3.12.4")
    assert _one(machine_info={"cpu": {"brand_raw": "Other CPU"}}).environment.key != first.environment.key
    assert _one().environment.key == "imported-pytest-benchmark"


@pytest.mark.parametrize("commit", ["unversioned", "unknown", None, 7, "HEAD"])
def test_what_is_no_commit_is_no_commit(commit: object) -> None:
    assert _one(commit_info={"id": commit}).source.commit == ""


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"machine_info": {}, "benchmarks": [', "0001.json:1: is not JSON"),
        ('{"machine_info": {}, "benchmarks": {}}', "0001.json: benchmarks is not a list"),
        ('{"machine_info": {}, "benchmarks": [{}, 1]}', "0001.json: benchmarks[1] is not an object"),
    ],
)
def test_malformed_files_are_named_with_the_place(content: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        FORMAT.read({"0001.json": content})
    assert expected in str(caught.value)
