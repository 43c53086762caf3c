from __future__ import annotations

import csv
import re
import statistics
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import golden, results
from tests.support.payloads import PAYLOADS
from tests.support.strategies import examples, poisoned
from tests.support.strategies import results as any_result

from perfreg.model.metric import CATALOGUE
from perfreg.model.result import Result
from perfreg.model.run import Measurement, ScenarioRecord
from perfreg.report.formats.jtl import ROW_LIMIT, ROW_LIMIT_IN_ALL, render
from perfreg.stats.describe import family, single

GOLDEN = Path(__file__).parent / "golden" / "results.jtl"


@dataclass(frozen=True)
class Sample:
    """A row as Jenkins' Performance plugin keeps it."""

    at: int
    elapsed: int
    label: str
    code: str
    success: bool
    size: int


def read(text: str) -> list[Sample]:
    """By the plugin's rules: the delimiter is the first character of the header that is no letter, columns go by their
    names in any case, and numbers are whole."""
    first = text.split("\n", 1)[0]
    delimiter = next(char for char in first if not char.isalpha())
    header = [name.lower() for name in first.split(delimiter)]
    name = min(header.index("url"), header.index("label"))
    places = [header.index(each) for each in ("timestamp", "elapsed", "responsecode", "success", "bytes", "sentbytes")]
    found = []
    for line in list(csv.reader(text.splitlines(), delimiter=delimiter, strict=True))[1:]:
        assert len(line) == len(header)
        at, elapsed, code, success, size, sent = (line[place] for place in places)
        assert all(re.fullmatch(r"\d+", number) for number in (at, elapsed, size, sent))
        found.append(Sample(int(at), int(elapsed), line[name], code, success.lower() == "true", int(size) + int(sent)))
    return found


def percentile(samples: list[Sample], percent: float, *, errors: bool = True) -> int:
    """The plugin's."""
    durations = sorted(each.elapsed for each in samples if errors or each.success)
    return durations[min(len(durations) - 1, max(0, int(len(durations) * (percent / 100)) - 1))]


def throughput(samples: list[Sample]) -> float:
    """The plugin's, per second."""
    span = max(each.at + each.elapsed for each in samples) - min(each.at for each in samples)
    return 1000 * len(samples) / span


def load(
    times: list[float], *, lost: int = 0, rate: float = 50.0, name: str = "search", **record: object
) -> tuple[ScenarioRecord, tuple[Measurement, ...]]:
    """A scenario whose requests took these times, besides ``lost`` ones that failed."""
    attempts = len(times) + lost
    points = (
        *family(name, "response_time", times),
        single(name, CATALOGUE["error_rate"], 100 * lost / attempts, n=attempts),
        single(name, CATALOGUE["throughput"], rate, n=len(times)),
        single(name, CATALOGUE["response_size"], 512.4, n=len(times)),
    )
    made = ScenarioRecord(name=name, kind="api", hash="1a2b", duration_s=len(times) / rate)
    return replace(made, **record), points  # type: ignore[arg-type]


def result_of(*loads: tuple[ScenarioRecord, tuple[Measurement, ...]]) -> Result:
    points = tuple(point for _, found in loads for point in found)
    run = replace(results.RUN, scenarios=tuple(record for record, _ in loads), measurements=points)
    return replace(results.nothing(), run=run)


def slow_tail(count: int) -> list[float]:
    """Times as services have them: skewed, with a few that are very slow."""
    return [float(value) for value in np.random.default_rng(7).lognormal(3.4, 0.5, count)]


@given(any_result())
@examples
def test_the_plugin_reads_whatever_a_result_holds(result: Result) -> None:
    samples = read(render(result))
    assert len(samples) <= (ROW_LIMIT + 1) * (len(result.run.scenarios) + len(result.run.measurements))


@pytest.mark.parametrize("count", [20, 137, 412, 5000, ROW_LIMIT])
def test_count_mean_percentiles_and_throughput_are_those_that_were_measured(count: int) -> None:
    times = slow_tail(count)
    record, points = load(times, rate=40.0)
    samples = read(render(result_of((record, points))))
    p95 = next(each for each in points if each.metric == "response_time_p95")
    assert len(samples) == count
    assert statistics.fmean(each.elapsed for each in samples) == pytest.approx(statistics.fmean(times), rel=0.02)
    assert percentile(samples, 0) == round(min(times))
    assert percentile(samples, 100) == round(max(times))
    for percent, known in ((50, p95.p50), (90, p95.p90), (95, p95.p95), (99, p95.p99)):
        if percent < 99 or count >= 100:
            assert percentile(samples, percent) == round(known or 0)
    assert throughput(samples) == pytest.approx(40.0, rel=0.12 if count < 100 else 0.03)
    assert {each.size for each in samples} == {512}


def test_of_many_requests_the_rows_are_fewer_and_say_the_same() -> None:
    times = slow_tail(3 * ROW_LIMIT)
    record, points = load(times, lost=600, rate=900.0)
    samples = read(render(result_of((record, points))))
    assert len(samples) == ROW_LIMIT
    assert percentile(samples, 90) == round(float(np.percentile(times, 90)))
    assert throughput(samples) == pytest.approx(900.0, rel=0.1)
    assert sum(not each.success for each in samples) == round(ROW_LIMIT * 600 / (3 * ROW_LIMIT + 600))


def test_many_scenarios_share_the_rows_there_may_be() -> None:
    times = slow_tail(600)
    samples = read(render(result_of(*(load(times, name=f"scenario {number}") for number in range(200)))))
    assert len(samples) == ROW_LIMIT_IN_ALL
    assert percentile(samples, 90) == round(float(np.percentile(times, 90)))


@given(st.integers(1, 200), st.integers(0, 50))
def test_every_failed_request_is_a_failed_row_and_changes_no_percentile(good: int, lost: int) -> None:
    times = slow_tail(good)
    samples = read(render(result_of(load(times, lost=lost))))
    assert (len(samples), sum(not each.success for each in samples)) == (good + lost, lost)
    if len(samples) >= 20:
        assert percentile(samples, 90) == pytest.approx(float(np.percentile(times, 90)), abs=0.51)


def test_percentiles_hold_where_the_plugin_leaves_failures_out() -> None:
    times = slow_tail(900)
    samples = read(render(result_of(load(times, lost=100))))
    for percent in (50, 90, 95):
        without = percentile(samples, percent, errors=False)
        assert without == pytest.approx(percentile(samples, percent), rel=0.02, abs=1)


def test_failures_have_the_code_that_was_answered() -> None:
    record, points = load(slow_tail(90), lost=10, errors={"status 503": 6, "timeout": 4})
    codes = [each.code for each in read(render(result_of((record, points)))) if not each.success]
    assert sorted(codes) == ["503"] * 6 + ["Non HTTP response code: timeout"] * 4


def test_neither_slow_nor_failed_rows_come_all_at_once() -> None:
    samples = read(render(result_of(load(slow_tail(1000), lost=200))))
    for part in (samples[:300], samples[450:750], samples[900:]):
        assert 0.1 < sum(not each.success for each in part) / len(part) < 0.24
        assert percentile(part, 50) == pytest.approx(percentile(samples, 50), rel=0.05)
    assert [each.at for each in samples] == sorted(each.at for each in samples)


def test_a_broken_scenario_has_a_failed_row_and_nobody_elses_time() -> None:
    record = ScenarioRecord(name="import", kind="command", hash="9c0d", status="broken", duration_s=3.0)
    (sample,) = read(render(result_of((record, ()))))
    assert (sample.success, sample.elapsed, sample.label) == (False, 0, "import")
    broken, points = load(slow_tail(50), status="broken")
    assert sum(not each.success for each in read(render(result_of((broken, points))))) == 1


def test_scenarios_follow_one_another_and_are_not_taken_for_each_other() -> None:
    names = ["a/b", "a:b", "a_b", "plain"]
    samples = read(render(result_of(*(load(slow_tail(25), name=name) for name in names))))
    labels = list(dict.fromkeys(each.label for each in samples))
    assert labels == ["a/b", "a:b (2)", "a_b (3)", "plain"]
    ends = {label: max(each.at for each in samples if each.label == label) for label in labels}
    assert list(ends.values()) == sorted(ends.values())


def test_what_a_scenario_does_is_counted_once() -> None:
    every = results.every_verdict()
    counts = {each.label: 0 for each in read(render(every))}
    for each in read(render(every)):
        counts[each.label] += 1
    assert list(counts.values()) == [412, 100, 1, 1000]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_from_strangers_stay_names(payload: str) -> None:
    poison = poisoned(results.every_verdict(), payload)
    tame = poisoned(results.every_verdict(), "tame")
    text = render(poison)
    assert len(read(text)) == len(read(render(tame)))
    assert not re.search(r"##\w*\[", text)


def test_the_file_is_exactly_as_last_seen() -> None:
    record, points = load([float(40 + index * index % 37) for index in range(38)], lost=2, errors={"status 500": 2})
    golden.check(GOLDEN, render(result_of((record, points))).encode())
