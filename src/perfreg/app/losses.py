"""What the baseline has and a run has not."""

from __future__ import annotations

from collections.abc import Collection

from perfreg.analysis.missing import RUNS, Missing, find_missing
from perfreg.app.past import Past
from perfreg.model.run import Run
from perfreg.store.series import list_keys, load_series


def missing(past: Past, run: Run, configured: Collection[str]) -> Missing:
    """What the trusted runs before ``run`` measured in its environment, and neither it nor the configuration has."""
    hashes = {record.name: record.hash for record in run.scenarios}
    keys = [
        key
        for key in list_keys(past.store)
        if key.environment == run.environment.key
        and (hashes.get(key.scenario) == key.scenario_hash or key.scenario not in configured)
    ]
    series = load_series(past.store, keys, trusted=past.line.ids(), start=past.line.start, limit=RUNS)
    return find_missing(series.values(), run, configured)


def missing_metrics(lost: Missing) -> tuple[str, ...]:
    """What the gate says of metrics that are no longer measured."""
    if not lost.metrics:
        return ()
    return (f"missing: {', '.join(lost.metrics)} (in the baseline, and not measured now)",)


def missing_scenarios(lost: Missing) -> tuple[str, ...]:
    """A note about scenarios that were taken out of the configuration."""
    if not lost.scenarios:
        return ()
    return (f"the baseline has scenarios that are no longer configured: {', '.join(lost.scenarios)}",)
