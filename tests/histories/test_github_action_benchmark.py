"""`data.js` of github-action-benchmark: its tools, units, ranges, and what is wrong with it."""

from __future__ import annotations

import json

import pytest
from tests.support.histories import data_js, figures, sample

from perfreg.errors import InputError
from perfreg.histories.github_action_benchmark import FORMAT
from perfreg.model.run import Measurement


def _only(unit: str, *, tool: str = "customSmallerIsBetter", **bench: object) -> Measurement:
    (run,) = FORMAT.read(data_js({"name": "x", "unit": unit, **bench}, tool=tool)).runs
    (found,) = run.measurements
    return found


def test_each_entry_of_a_suite_is_a_run_in_order_of_time() -> None:
    runs = FORMAT.read(sample("github-action-benchmark")).runs
    assert [(run.source.commit[0], run.started_at[:19]) for run in runs] == [
        ("1", "2023-11-14T22:13:20"),
        ("1", "2023-11-14T22:13:21"),
        ("1", "2023-11-14T22:13:22"),
        ("2", "2023-11-14T22:15:00"),
        ("3", "2023-11-14T22:16:40"),
    ]


def test_go_benchmarks_have_all_their_figures_once() -> None:
    old, _, _, new, _ = FORMAT.read(sample("github-action-benchmark")).runs
    found = figures(old)
    assert found["BenchmarkParse.wall_time"].value == pytest.approx(1.25e-6)
    assert found["BenchmarkParse.allocated_size"].value == 48
    assert found["BenchmarkParse.allocations"].nature == "exact"
    assert found["BenchmarkCopy.throughput"].value == pytest.approx(2048)
    assert len(found) == 5
    assert {name: each.value for name, each in figures(new).items()} == {
        "BenchmarkParse.wall_time": pytest.approx(1.3e-6),
        "BenchmarkParse.allocated_size": 48,
        "BenchmarkParse.allocations": 3,
    }


def test_the_old_and_the_new_form_of_a_go_result_are_one_series() -> None:
    old, _, _, new, _ = FORMAT.read(sample("github-action-benchmark")).runs
    assert {"BenchmarkParse"} == {each.name for each in new.scenarios} <= {each.name for each in old.scenarios}
    assert new.scenarios[0].hash == old.scenarios[0].hash


def test_a_suite_with_a_name_of_its_own_is_in_the_names_of_scenarios() -> None:
    names = {each.name for run in FORMAT.read(sample("github-action-benchmark")).runs for each in run.scenarios}
    assert {"BenchmarkParse", "Python: bench.py::test_sort", "Sizes: app.js"} <= names


def test_an_entry_of_a_pull_request_is_kept_and_not_trusted() -> None:
    imported = FORMAT.read(sample("github-action-benchmark"))
    assert [(run.source.pull_request, run.trust) for run in imported.runs][-2:] == [("", "established"), ("17", "none")]
    assert "entries of pull requests, which are kept but never become a baseline: 1" in imported.warnings


def test_the_spread_of_pytest_is_of_times_and_becomes_one_of_rates() -> None:
    found = _only("iter/sec", tool="pytest", value=200, range="stddev: 0.0005", extra="mean: 5 msec\nrounds: 25")
    assert (found.direction, found.n) == ("higher", 25)
    assert found.std == pytest.approx(20)  # 0.5 ms are a tenth of the mean of 5 ms
    assert found.std_error == pytest.approx(20 / 5)


def test_the_margin_of_benchmark_js_is_of_the_mean() -> None:
    found = _only("ops/sec", tool="benchmarkjs", value=1000, range="±1.96%", extra="90 samples")
    assert (found.std, found.n) == (None, 90)
    assert found.std_error == pytest.approx(10)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("± 5", 5e-9), ("+/- 1,250", 1.25e-6), ("±10%", 1e-7), ("3.5", 3.5e-9), ("1e2", 1e-7)],
)
def test_a_range_is_a_standard_deviation(written: str, expected: float) -> None:
    assert _only("ns/iter", tool="cargo", value=1000, range=written).std == pytest.approx(expected)


@pytest.mark.parametrize("written", ["", "wide", "± ", "1.2.3", "5 to 7", None, 7, "±" * 1000])
def test_another_range_says_nothing(written: object) -> None:
    assert _only("ns/iter", tool="cargo", value=1000, range=written).std is None


def test_the_unit_of_the_spread_of_catch2_is_lost() -> None:
    assert _only("us", tool="catch2", value=7.6, range="± 373", extra="100 samples\n4 iterations").std is None


@pytest.mark.parametrize(
    ("tool", "direction"), [("customBiggerIsBetter", "higher"), ("customSmallerIsBetter", "lower")]
)
def test_a_custom_tool_states_the_direction(tool: str, direction: str) -> None:
    assert _only("points", tool=tool, value=1).direction == direction


def test_jmh_tells_the_direction_by_its_unit() -> None:
    assert _only("ops/ms", tool="jmh", value=2).direction == "higher"
    assert _only("ops/ms", tool="jmh", value=2).value == 2000
    assert _only("ns/op", tool="jmh", value=2).direction == "lower"


def test_a_unit_that_tells_nothing_has_no_direction_and_says_so() -> None:
    imported = FORMAT.read(data_js({"name": "x", "unit": "widgets", "value": 1}, tool="go"))
    assert imported.runs[0].measurements[0].direction == "none"
    assert "widgets" in "".join(imported.warnings)


def test_figures_of_one_name_are_numbered_and_none_is_lost() -> None:
    (run,) = (
        run for run in FORMAT.read(sample("github-action-benchmark")).runs if run.scenarios[0].name[:5] == "Sizes"
    )
    assert {name: each.value for name, each in figures(run).items()} == {
        "Sizes: app.js.size": 162_500,
        "Sizes: app.js (2).size": 170_000,
        "Sizes: score.points": 12,
    }


def test_results_without_a_number_are_counted() -> None:
    values = ("null", None, float("nan"), float("inf"), 10**500, "", True, [1], "1_000")
    imported = FORMAT.read(data_js(*({"name": "x", "unit": "", "value": each} for each in values), {"value": 1}))
    assert imported.runs == ()
    assert "results left out because they have no name or no finite value: 10" in imported.warnings


def test_without_a_date_the_commit_tells_it_and_without_one_the_order_does() -> None:
    document = {
        "lastUpdate": 1,
        "entries": {
            "Benchmark": [
                {"commit": {"timestamp": "2023-11-14T22:13:20Z"}, "tool": "go", "benches": [{"name": "a", "value": 1}]},
                {"commit": {}, "tool": "go", "benches": [{"name": "b", "value": 1}]},
                {"tool": "go", "benches": [{"name": "c", "value": 1}]},
            ]
        },
    }
    imported = FORMAT.read({"history.json": json.dumps(document)})
    assert [(run.scenarios[0].name, run.started_at[:23]) for run in imported.runs] == [
        ("a", "2023-11-14T22:13:20.000"),
        ("b", "2023-11-14T22:13:20.001"),
        ("c", "2023-11-14T22:13:20.002"),
    ]
    assert "entries without a date, taken in the order they stand in: 2" in imported.warnings


def test_what_is_no_commit_is_no_commit() -> None:
    files = {"data.js": data_js({"name": "x", "value": 1})["data.js"].replace("a" * 40, "--upload-pack=evil")}
    assert FORMAT.read(files).runs[0].source.commit == ""


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("window.BENCHMARK_DATA = {\n]", "data.js:2: is not JSON"),
        ("window.BENCHMARK_DATA = ", "data.js:1: is not JSON"),
        ("window.BENCHMARK_DATA = alert(1)", "data.js:1: is not JSON"),
        ('window.BENCHMARK_DATA = {"entries": {}};\nalert(1)', "data.js:2: goes on behind the end"),
        ("window.BENCHMARK_DATA = []", "data.js: the document is not an object"),
        ("window.BENCHMARK_DATA = {}", "data.js: entries is not an object"),
        ('window.BENCHMARK_DATA = {"entries": {"S": 1}}', "data.js: entries.S is not a list"),
        ('window.BENCHMARK_DATA = {"entries": {"S": [1]}}', "data.js: entries.S[0] is not an object"),
        ('window.BENCHMARK_DATA = {"entries": {"S": [{}]}}', "data.js: entries.S[0].benches is not a list"),
        ('window.BENCHMARK_DATA = {"entries": {"S": [{"benches": [[]]}]}}', "entries.S[0].benches[0] is not an object"),
        ("window.BENCHMARK_DATA = " + "[" * 100_000, "data.js: is nested too deeply"),
    ],
)
def test_malformed_data_names_file_and_place(content: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        FORMAT.read({"data.js": content})
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_semicolon_a_mark_of_byte_order_and_no_spaces_are_fine() -> None:
    content = data_js({"name": "x", "value": 1})["data.js"].replace(" = ", "=", 1)
    assert FORMAT.read({"data.js": f"\ufeff\n{content};\n"}).runs == FORMAT.read({"data.js": content}).runs


def test_other_files_are_counted_and_suites_in_several_files_named() -> None:
    one = data_js({"name": "x", "value": 1}, suite="Mine")["data.js"]
    imported = FORMAT.read({"a/data.js": one, "b/data.js": one, "index.js": "alert(1)"})
    assert len(imported.runs) == 1
    assert "files left out because they hold no benchmark data: 1" in imported.warnings
    assert "suites that stand in several files and become one: Mine" in imported.warnings
