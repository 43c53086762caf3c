"""The workflows that `perfreg-templates` makes of the project's configuration, for all targets and choices.

What they install by pip themselves is this work tree, which is installed already: pip notes what it was asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.e2e.shop import SLOW, Shop
from tests.support.github import events
from tests.support.github.events import FORK

from perfreg import __version__
from perfreg.cli import templates

pytestmark = pytest.mark.e2e

Generate = Callable[..., str]

_PYTHON = """\
#!/bin/sh
[ "$1 $2" = "-m pip" ] || exec '{python}' "$@"
echo "$@" >> '{asked}'
"""


@pytest.fixture
def generate(shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Generate:
    """Print the workflow for a target, in the project."""

    def call(*arguments: str) -> str:
        monkeypatch.chdir(shop.checkout)
        assert templates.main(arguments) == 0
        return capsys.readouterr().out

    return call


@pytest.fixture
def asked(shop: Shop, tmp_path: Path) -> Path:
    """What pip is asked for in the jobs of the project, in whose PATH this work tree's commands are."""
    place, file = tmp_path / "bin", tmp_path / "asked"
    place.mkdir()
    (place / "python").write_text(_PYTHON.format(python=sys.executable, asked=file), "utf-8")
    (place / "python").chmod(0o755)
    (place / "perfreg").symlink_to(Path(sys.executable).with_name("perfreg"))
    path = f"{place}:{shop.act.env['PATH']}"
    shop.act = replace(shop.act, env={**shop.act.env, "PATH": path})
    return file


def test_the_pipeline_stores_what_it_measures_and_tells_a_pull_request(shop: Shop, generate: Generate) -> None:
    made = generate("github")
    run = shop.pushed(made, shop.main)
    assert run.code == 0, run.log
    assert shop.stored() == 1, run.log

    shop.branch("feature")
    shop.commit("Sort twice", order=SLOW)
    run = shop.requested(made, 42, shop.request(42, "feature"))
    assert run.jobs["Report"] == "failure", run.log
    (note,) = shop.hub.api.notes
    assert "order.wall_time" in note.body
    assert shop.stored() == 1


def test_the_pair_for_forks_gates_without_rights_and_tells_with_them(
    shop: Shop, generate: Generate, asked: Path
) -> None:
    shop.branch("feature")
    shop.commit("Help", search=SLOW)
    run = shop.requested(generate("github-fork-measure"), 42, shop.request(42, "feature", source=FORK))
    measured = shop.last_run
    assert run.jobs["Gate"] == "failure", run.log
    assert shop.hub.api.notes == []
    assert len(shop.hub.names(measured)) == 2

    run = shop.completed(generate("github-fork-publish"), 42, measured, conclusion="failure")
    assert run.jobs == {"Publish": "success"}, run.log
    assert asked.read_text().split()[-1] == f"perfreg[github]=={__version__}"
    (note,) = shop.hub.api.notes
    assert "search.wall_time" in note.body, run.log
    assert "order.wall_time" in note.body
    assert shop.hub.api.threads[42].labels == ["perf-regression"]


@pytest.mark.long
def test_nothing_is_deployed_behind_a_gate_that_failed(shop: Shop, generate: Generate) -> None:
    deployed = shop.directory / "deployed"
    (shop.checkout / "release.sh").write_text(f"git rev-parse HEAD >> '{deployed}'\n")
    made = generate("github", "--deploy-gate", "--set", "deploy_script=./release.sh")
    good = shop.commit("Release")
    run = shop.pushed(made, good)
    assert (run.code, run.jobs["Deploy"]) == (0, "success"), run.log
    assert deployed.read_text().split() == [good]

    run = shop.pushed(made, shop.commit("Sort twice", order=SLOW), before=good)
    assert run.jobs["Report"] == "failure", run.log
    assert "Deploy" not in run.jobs, run.log
    assert deployed.read_text().split() == [good]


@pytest.mark.long
def test_the_history_may_be_artifacts_of_the_main_branch(shop: Shop, generate: Generate) -> None:
    made = generate("github", "--baseline", "artifact")
    good = shop.main
    run = shop.pushed(made, good)
    assert run.code == 0, run.log
    assert "perfreg-baseline" in shop.hub.names(shop.last_run)

    run = shop.pushed(made, shop.commit("Sort twice", order=SLOW), before=good)
    assert run.jobs["Report"] == "failure", run.log
    assert "order.wall_time" in run.summary("Report")
    assert shop.stored() == 0, "there is no branch"


@pytest.mark.long
def test_a_form_says_what_fails_and_whether_baselines_start_anew(shop: Shop, generate: Generate, asked: Path) -> None:
    made = generate("github")
    run = shop.pushed(made, shop.main)
    assert run.code == 0, run.log
    shop.commit("Sort twice", order=SLOW)
    run = shop.dispatched(made, fail_on_regression="false", test_duration="1", concurrent_users="1")
    assert run.code == 0, run.log
    assert "Start baselines anew" not in run.jobs
    assert "order.wall_time" in run.summary("Report")
    assert "regression" in run.summary("Report")

    run = shop.dispatched(made, fail_on_regression="true", establish_baselines="true")
    assert run.jobs["Start baselines anew"] == "success", run.log
    assert asked.read_text().split()[-1] == f"perfreg=={__version__}"
    assert run.code == 0, run.log
    assert "no baseline" in run.summary("Report")


@pytest.mark.long
def test_the_nightly_run_stores_with_its_environment_and_opens_an_issue(shop: Shop, generate: Generate) -> None:
    with (shop.checkout / "perfreg.yml").open("a") as config:
        config.write("environments: {nightly: {min_baseline_samples: 7}}\n")
    made = generate("github-scheduled", "--schedule", "30 2 * * *", "--environment", "nightly")
    event = {"schedule": "30 2 * * *", "repository": events.push()["repository"]}
    good = shop.commit("Measure at night")
    run = shop.run(made, "schedule", event, commit=good, ref="refs/heads/main")
    assert run.code == 0, run.log
    assert (shop.stored(), shop.hub.api.threads) == (1, {}), run.log

    slow = shop.commit("Sort twice", order=SLOW)
    run = shop.run(made, "schedule", event, commit=slow, ref="refs/heads/main")
    assert run.jobs["Report"] == "failure", run.log
    (issue,) = shop.hub.api.threads.values()
    assert "order.wall_time" in issue.body
