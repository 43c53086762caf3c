"""Lasting changes in a real store, with the commits of a real repository."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from tests.support.command_line import called, environment
from tests.support.git_repository import Checkout, make_checkout
from tests.support.runs import make_run

from perfreg.app.past import Past, look_back
from perfreg.app.shifting import new_shifts
from perfreg.model.run import Run, Source
from perfreg.store.sqlite import SqliteStore

NOW = datetime.now(timezone.utc)
CALM = [100.0, 100.7, 99.1, 100.2, 99.6, 100.9, 99.3, 100.4, 98.9, 100.1] * 3
SLOWER = [106.1, 106.9, 105.5, 106.4, 105.9, 106.6]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return make_checkout(tmp_path)


@pytest.fixture
def store(checkout: Checkout) -> SqliteStore:
    opened = SqliteStore(checkout.path / ".perfreg" / "perfreg.sqlite3")
    opened.open()
    return opened


def fill(store: SqliteStore, checkout: Checkout, figures: list[float]) -> list[Run]:
    """A run of each of as many commits of the base branch, an hour apart."""
    runs = []
    for number, figure in enumerate(figures):
        commit = checkout.commit(f"Change {number}")
        source = Source(commit=commit, branch="main", base_branch="main")
        values = {"search.response_time_mean": figure, "search.throughput": 50 + number % 3}
        at = (NOW - timedelta(hours=len(figures) - number)).isoformat(timespec="milliseconds")
        runs.append(replace(make_run(values, source=source, trust="automatic"), started_at=at))
        store.add(runs[-1])
    return runs


def past_of(store: SqliteStore, checkout: Checkout, run: Run) -> Past:
    return look_back(store, run.source, checkout.path, environment(), NOW)


def test_the_run_that_makes_a_step_certain_tells_it_once_with_its_commits(
    store: SqliteStore, checkout: Checkout
) -> None:
    runs = fill(store, checkout, CALM + SLOWER)
    told = {
        index: found
        for index, run in enumerate(runs)
        if (found := new_shifts(past_of(store, checkout, run), run, checkout.path, environment()))
    }
    ((index, (shift,)),) = told.items()
    assert index > len(CALM)
    assert (shift.scenario, shift.metric, shift.worse) == ("search", "response_time_mean", True)
    assert shift.change_pct == pytest.approx(6, abs=1)
    assert shift.last_good == runs[len(CALM) - 1].source.commit
    assert shift.first_bad == runs[len(CALM)].source.commit
    assert [commit.split(" ", 1)[1] for commit in shift.commits] == [f"Change {len(CALM)}"]


def test_what_a_verdict_has_shown_is_not_told_again(store: SqliteStore, checkout: Checkout) -> None:
    runs = fill(store, checkout, CALM)
    for figure in SLOWER:
        run = replace(
            make_run({"search.response_time_mean": figure}, source=runs[-1].source, trust="automatic"),
            started_at=NOW.isoformat(timespec="milliseconds"),
            regressed=("search.response_time_mean",),
        )
        store.add(run)
        assert new_shifts(past_of(store, checkout, run), run, checkout.path, environment()) == ()


@pytest.mark.parametrize("changes", [{"trust": "none"}, {"status": "broken"}])
def test_only_runs_of_the_base_branch_look_for_changes(
    store: SqliteStore, checkout: Checkout, changes: dict[str, str]
) -> None:
    run = replace(fill(store, checkout, CALM + SLOWER)[-1], **changes)  # type: ignore[arg-type]  # two literals
    assert new_shifts(past_of(store, checkout, run), run, checkout.path, environment()) == ()


def test_history_shows_lasting_changes_and_their_commits(store: SqliteStore, checkout: Checkout) -> None:
    fill(store, checkout, CALM + SLOWER)
    (checkout.path / "perfreg.yml").write_text("test_scenarios:\n  - {name: search, type: command, run: 'true'}\n")
    done = called("history", "--all-environments", cwd=checkout.path)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("search.response_time_mean"))
    assert "(p = " in lines[at]
    assert lines[at + 1].startswith("  +6.")
    assert "(worse) since" in lines[at + 1]
    assert lines[at + 2].endswith(f"Change {len(CALM)}")
    assert lines[at + 3].startswith("search.throughput")
