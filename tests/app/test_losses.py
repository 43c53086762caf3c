"""What the baseline has and a run has not, in a real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from tests.support.command_line import environment
from tests.support.runs import make_run

from perfreg.app.losses import missing, missing_metrics, missing_scenarios
from perfreg.app.past import look_back
from perfreg.store.sqlite import SqliteStore


def test_a_metric_that_the_baseline_has_is_missed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    store.open()
    runs = [make_run({"search.response_time_mean": 1.0, "search.throughput": 2.0}) for _ in range(4)]
    store.add(*runs)
    head = replace(runs[-1], measurements=runs[-1].measurements[:1])
    past = look_back(store, head.source, tmp_path, environment(), datetime.now(timezone.utc))
    lost = missing(past, head, {"search"})
    assert missing_metrics(lost) == ("missing: search.throughput (in the baseline, and not measured now)",)
    assert missing_scenarios(lost) == ()
    assert missing_scenarios(missing(past, head, set())) == (
        "the baseline has scenarios that are no longer configured: search",
    )
    assert missing_metrics(missing(past, runs[-1], {"search"})) == ()
