from __future__ import annotations

from collections.abc import Mapping

from tests.support.runs import facts_of, history_of, make_run

from perfreg.analysis.missing import find_missing
from perfreg.model.history import Series, SeriesKey
from perfreg.model.run import Run

BOTH = {"api.response_time_p50": 1.0, "api.throughput": 2.0, "db.query_time_p50": 3.0}


def series_of(*runs: Run) -> Mapping[SeriesKey, Series]:
    """All series that ``runs`` have, as a store would list them."""
    return {key: each for run in runs for key, each in history_of(run, runs).items()}


def past(*values: Mapping[str, float]) -> tuple[Run, ...]:
    runs = tuple(make_run(each) for each in values)
    assert all(facts_of(run).trust == "established" for run in runs)
    return runs


def test_a_metric_that_every_run_had_is_missed() -> None:
    runs = past(BOTH, BOTH)
    lost = find_missing(series_of(*runs).values(), make_run({"api.response_time_p50": 1.0}), {"api", "db"})
    assert lost.metrics == ("api.throughput",)
    assert lost.scenarios == ()


def test_a_metric_that_comes_and_goes_is_not_missed() -> None:
    runs = past(BOTH, {"api.response_time_p50": 1.0, "db.query_time_p50": 3.0}, BOTH)
    lost = find_missing(series_of(*runs).values(), make_run({"api.response_time_p50": 1.0}), {"api", "db"})
    assert lost.metrics == ()


def test_a_scenario_that_was_not_chosen_is_nobodys_loss_and_a_removed_one_is_told() -> None:
    runs = past(BOTH, BOTH)
    run = make_run({"api.response_time_p50": 1.0, "api.throughput": 2.0})
    assert find_missing(series_of(*runs).values(), run, {"api", "db"}).scenarios == ()
    assert find_missing(series_of(*runs).values(), run, {"api"}).scenarios == ("db",)


def test_what_earlier_runs_no_longer_had_is_told_once() -> None:
    runs = past(BOTH, {"api.response_time_p50": 1.0, "api.throughput": 2.0})
    run = make_run({"api.response_time_p50": 1.0, "api.throughput": 2.0})
    assert find_missing(series_of(*runs).values(), run, {"api"}).scenarios == ()


def test_broken_and_redefined_scenarios_and_other_machines_miss_nothing() -> None:
    runs = past(BOTH, BOTH)
    broken = make_run({"api.response_time_p50": 1.0}, status="broken")
    redefined = make_run({"api.response_time_p50": 1.0}, hash_="new")
    assert find_missing(series_of(*runs).values(), broken, {"api", "db"}).metrics == ()
    assert find_missing(series_of(*runs).values(), redefined, {"api", "db"}).metrics == ()
    assert find_missing((), redefined, {"api"}).metrics == ()
