"""Lasting changes of the series of a store."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.support.runs import facts_of, history_of, make_run

from perfreg.analysis.shifts import find_shifts
from perfreg.model.result import Shift
from perfreg.model.run import Run, Source

METRICS = ("response_time_mean", "response_time_p50", "response_time_p95", "response_time_p99", "throughput")
SCENARIOS = ("a", "b", "c", "d", "e")


def runs_with(changes: dict[str, float], *, quiet: int = 40, changed: int = 8) -> list[Run]:
    """Runs in which every metric of the scenarios in ``changes`` becomes so many times slower for good."""
    rng = np.random.default_rng(11)
    runs = []
    for number in range(quiet + changed):
        values = {}
        for scenario in SCENARIOS:
            slower = changes.get(scenario, 1.0) if number >= quiet else 1.0
            for metric in METRICS:
                factor = slower * float(np.exp(0.01 * rng.standard_normal()))
                values[f"{scenario}.{metric}"] = 100 / factor if metric == "throughput" else 100 * factor
        runs.append(make_run(values, source=Source(commit=f"{number:040x}"), trust="automatic"))
    return runs


def shifts_in(runs: list[Run]) -> list[Shift]:
    facts = {run.id: facts_of(run) for run in runs}
    series = history_of(runs[-1], [replace(run, regressed=()) for run in runs])
    directions = {each.metric: each.direction for each in runs[-1].measurements}
    told = [replace(each, direction=directions[each.key.metric]) for each in series.values()]
    return [shift for shifts in find_shifts(told, facts).values() for shift in shifts]


def test_a_step_of_one_scenario_is_seen_in_its_metrics_and_placed_between_two_commits() -> None:
    runs = runs_with({"b": 1.08})
    found = shifts_in(runs)
    assert {each.scenario for each in found} == {"b"}
    assert len({each.metric for each in found}) >= 4
    for each in found:
        assert each.worse
        assert abs(each.change_pct) == pytest.approx(8, abs=2.5)
        assert (each.change_pct < 0) == (each.metric == "throughput")
        places = [int(each.last_good, 16), int(each.first_bad, 16)]
        assert places[1] == places[0] + 1
        assert abs(places[1] - 40) <= 1


def test_quiet_series_have_no_shifts() -> None:
    assert shifts_in(runs_with({})) == []


def test_an_improvement_is_not_for_the_worse() -> None:
    assert {each.worse for each in shifts_in(runs_with({"c": 0.9}))} == {False}


def test_what_verdicts_have_shown_and_what_only_informs_is_left_out() -> None:
    runs = runs_with({"b": 1.08})
    told = [replace(run, regressed=tuple(f"b.{metric}" for metric in METRICS)) for run in runs[40:]]
    assert shifts_in([*runs[:40], *told]) == []
    informative = [
        replace(run, measurements=tuple(replace(each, direction="none") for each in run.measurements)) for run in runs
    ]
    assert shifts_in(informative) == []
