"""Files in Bencher Metric Format, with and without the list that dates them."""

from __future__ import annotations

import json

import pytest
from tests.support.histories import figures, sample

from perfreg.errors import InputError
from perfreg.histories.bencher import FORMAT


def test_the_list_tells_commits_and_dates() -> None:
    imported = FORMAT.read(sample("bencher"))
    assert [(run.source.commit[0], run.source.branch, run.started_at[:19]) for run in imported.runs] == [
        ("1", "main", "2023-11-14T22:13:20"),
        ("2", "main", "2023-11-15T00:00:00"),
    ]
    assert not any("date" in each for each in imported.warnings)


def test_without_the_list_files_are_taken_in_natural_order() -> None:
    files = {path: content for path, content in sample("bencher").items() if path != "runs.json"}
    imported = FORMAT.read(files)
    assert [len(run.measurements) for run in imported.runs] == [4, 1]  # results-2 before results-10
    assert imported.runs[0].started_at < imported.runs[1].started_at < "2000-01-02"
    assert "entries without a date, taken in the order they stand in: 2" in imported.warnings


def test_known_measures_have_unit_and_direction_and_others_say_that_they_have_none() -> None:
    imported = FORMAT.read(sample("bencher"))
    found = figures(imported.runs[0])
    latency = found["Cart::checkout.latency"]
    assert (latency.value, latency.unit, latency.direction, latency.std) == (88.5, "ns", "lower", 1.5)
    assert found["Cart::checkout.throughput"].direction == "higher"
    assert (found["Bundle.file_size"].unit, found["Bundle.file_size"].direction) == ("B", "lower")
    assert found["Bundle.cache_score"].direction == "none"
    assert any(each.endswith("better direction: cache_score") for each in imported.warnings)


def test_bounds_that_do_not_enclose_the_value_say_nothing() -> None:
    assert figures(FORMAT.read(sample("bencher")).runs[1])["Cart::checkout.latency"].std is None


def test_a_list_that_names_what_is_not_there_is_told() -> None:
    files = dict(sample("bencher"))
    del files["results-10.json"]
    assert "files that runs.json names and that are not there: results-10.json" in FORMAT.read(files).warnings


def test_results_without_a_number_and_other_files_are_counted() -> None:
    files = {
        "a.json": json.dumps({"x": {"latency": {"value": None}}}),
        "package.json": '{"name": "shop"}',
        "b.js": "1;2",
    }
    imported = FORMAT.read(files)
    assert imported.runs == ()
    assert "results left out because they have no finite value: 1" in imported.warnings
    assert "files left out because they hold no results: 2" in imported.warnings


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.json": '{"x": {'}, "a.json:1: is not JSON"),
        ({"runs.json": "[]"}, "runs.json: the document is not an object"),
    ],
)
def test_malformed_files_are_named_with_the_place(files: dict[str, str], expected: str) -> None:
    with pytest.raises(InputError) as caught:
        FORMAT.read(files)
    assert expected in str(caught.value)
