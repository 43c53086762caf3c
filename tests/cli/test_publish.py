"""`perfreg publish` in a job, as far as GitHub."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import comparisons, results
from tests.support.command_line import Done, called
from tests.support.github import events
from tests.support.github.documents import BASE, HEAD
from tests.support.github.hub import ADD_COMMENT, CHECK_RUN, STATUS, TOKEN, github
from tests.support.github.hub import GitHub as Hub
from tests.support.payloads import PAYLOADS
from tests.support.strategies import poisoned

from perfreg.model.result import Gate, Result
from perfreg.publish.forges import registry
from perfreg.report.formats import json_

Publish = Callable[..., Done]

FINE = comparisons.only(comparisons.VERDICTS[2])
BETTER = comparisons.only(comparisons.VERDICTS[1])
MENDED = comparisons.only(replace(comparisons.VERDICTS[0], status="improvement", severity=None))
WORSE = comparisons.only(comparisons.VERDICTS[0], gate=Gate(status="fail", reasons=("p95 is worse",)))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(registry, "WRITE_PAUSE_S", 0.0)
    with github() as hub:
        hub.pull(42)
        yield hub


@pytest.fixture
def publish(hub: Hub, tmp_path: Path) -> Publish:
    def run(
        result: Result | None = None,
        *flags: str,
        name: str = "pull_request",
        event: dict[str, Any] | None = None,
        **variables: str,
    ) -> Done:
        env = events.environment(tmp_path, name, event or events.pull_request(), GITHUB_API_URL=hub.url, NO_PROXY="*")
        if result is not None:
            leave(tmp_path, result)
            flags = ("perf-results", *flags)
        return called("publish", *flags, cwd=tmp_path, **{**env, "GITHUB_TOKEN": TOKEN, **variables})

    return run


def leave(directory: Path, result: Result | str, leg: str = "perf-results") -> None:
    """A result, as a run leaves it behind."""
    (directory / leg).mkdir(parents=True, exist_ok=True)
    text = result if isinstance(result, str) else json_.render(result)
    (directory / leg / "result.json").write_text(text, "utf-8")


def test_a_regression_is_told_everywhere(hub: Hub, publish: Publish) -> None:
    done = publish(WORSE)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0].startswith(
        "comment: created https://github.example/octo/shop/pull/42#issuecomment-"
    )
    assert done.out.splitlines()[1:] == ["status: a check run", "labels: perf-regression"]
    body = hub.bodies()[0]
    assert "❌ **Performance gate failed**: 1 regression in 1 metric: `search.response_time_p95` +7.2 %" in body
    assert "[summary and the artifacts of the run](https://github.example/octo/shop/actions/runs/4711)" in body
    assert hub.threads[42].labels == ["perf-regression"]
    (run,) = hub.check_runs
    assert (run["name"], run["head_sha"], run["conclusion"]) == ("perfreg", HEAD, "failure")
    assert run["output"]["title"].startswith("1 regression in 1 metric: search.response_time_p95 +7.2 %")
    assert run["details_url"] == "https://github.example/octo/shop/actions/runs/4711"


def test_a_second_push_that_mends_it_clears_all_of_that(hub: Hub, publish: Publish) -> None:
    publish(WORSE)
    hub.threads[42].head = "ab" * 20
    done = publish(MENDED, event=events.pull_request(head="ab" * 20))
    assert done.out.startswith("comment: cleared ")
    (body,) = hub.bodies()
    assert body.split("\n")[1] == "✅ What was reported here is gone."
    assert hub.threads[42].labels == ["perf-improvement"]
    assert [run["conclusion"] for run in hub.check_runs] == ["failure", "success"]


@pytest.mark.parametrize("mode", ["always", "on-change", "on-regression"])
@pytest.mark.parametrize("result", [FINE, results.first_run(), results.nothing()], ids=["other", "first", "nothing"])
def test_what_is_not_compared_is_not_known_to_be_gone(hub: Hub, publish: Publish, mode: str, result: Result) -> None:
    publish(WORSE, "--comment", mode)
    for _ in range(2):
        done = publish(result, "--comment", mode)
        assert done.out.startswith("comment: updated ")
        assert hub.bodies()[0].split("\n")[1].startswith("⚠️ A regression that was reported here was not compared")
        assert hub.notes[0].minimized == ""
        assert hub.threads[42].labels == ["perf-regression"]
    assert publish(MENDED, "--comment", mode).out.startswith("comment: cleared ")
    assert hub.threads[42].labels == ["perf-improvement"]


@pytest.mark.parametrize(
    ("result", "conclusion", "state"),
    [
        (FINE, "success", "success"),
        (WORSE, "failure", "failure"),
        (results.first_run(), "neutral", "success"),
        (results.every_verdict(), "failure", "error"),
        (results.nothing(), "failure", "error"),
        (replace(results.nothing(), gate=Gate(status="pass")), "failure", "error"),
    ],
)
def test_outcomes(hub: Hub, publish: Publish, result: Result, conclusion: str, state: str) -> None:
    publish(result)
    hub.forbid(CHECK_RUN)
    done = publish(result)
    assert "status: a commit status" in done.out
    assert hub.check_runs[0]["conclusion"] == conclusion
    (commit, status) = hub.statuses[0]
    assert (commit, status["state"], status["context"]) == (HEAD, state, "perfreg")


@pytest.mark.parametrize("status", [403, 404, 422])
def test_without_a_checks_api_there_is_a_commit_status(hub: Hub, publish: Publish, status: int) -> None:
    hub.forbid(CHECK_RUN, status=status)
    assert "status: a commit status" in publish(WORSE).out
    assert len(hub.statuses) == 1


def test_what_may_not_be_written_is_a_warning_and_says_what_to_do(hub: Hub, publish: Publish) -> None:
    hub.forbid(CHECK_RUN, STATUS, ADD_COMMENT, "POST /repos/{owner}/{repo}/issues/{issue_number}/labels")
    done = publish(WORSE, event=events.pull_request(source=events.FORK))
    assert done.code == 0
    assert len(done.complaints) == 3
    assert all("warning" in line and "403" in line and "permissions" in line for line in done.complaints)
    assert sum("a fork's or Dependabot's job" in line for line in done.complaints) == 2


def test_each_key_has_its_own_of_everything(hub: Hub, publish: Publish) -> None:
    publish(WORSE, "--key", "api")
    publish(FINE, "--key", "web")
    assert hub.threads[42].labels == ["perf-regression.api"]
    assert [re.findall(r"^. \*\*[\w ]+\*\*(.*?):", body, re.MULTILINE)[0] for body in hub.bodies()] == [
        " (`api`)",
        " (`web`)",
    ]
    assert [run["name"] for run in hub.check_runs] == ["perfreg (api)", "perfreg (web)"]
    publish(WORSE, "--key", "x" * 59)
    assert all(len(label) <= 50 for label in hub.threads[42].labels)


@pytest.mark.parametrize(
    ("result", "code"), [(FINE, 0), (WORSE, 1), (results.every_verdict(), 2), (results.nothing(), 2)]
)
def test_the_gate_is_that_of_the_result_whether_it_can_be_told_or_not(
    hub: Hub, publish: Publish, result: Result, code: int
) -> None:
    assert publish(result, "--gate").code == code
    assert publish(result).code == 0
    hub.threads.clear()
    hub.forbid(CHECK_RUN, STATUS)
    assert publish(result, "--gate").code == code
    assert publish(result, "--gate", GITHUB_TOKEN="").code == code


def test_a_host_that_cannot_be_reached_is_given_up_in_time(publish: Publish) -> None:
    done = publish(WORSE, "--gate", "--timeout", "1s", GITHUB_API_URL="http://127.0.0.1:9")
    assert done.code == 1
    assert len(done.complaints) == 2
    assert "ConnectionError" in done.err


def test_without_a_token_there_is_a_warning(publish: Publish, hub: Hub) -> None:
    done = publish(WORSE, GITHUB_TOKEN="")
    assert (done.code, hub.asked) == (0, [])
    assert "nothing was published: " in done.complaints[0]
    assert "set PERFREG_TOKEN or GITHUB_TOKEN" in done.complaints[0]


def test_the_token_is_in_no_message(hub: Hub, publish: Publish) -> None:
    done = publish(WORSE, GITHUB_TOKEN=f"{TOKEN}x", PERFREG_TOKEN="")
    assert "401" in done.err
    assert TOKEN not in done.err + done.out


def test_a_dry_run_asks_nobody(hub: Hub, publish: Publish) -> None:
    done = publish(WORSE, "--dry-run")
    assert (done.code, hub.asked) == (0, [])
    assert done.out.startswith("status: fail: ")
    assert "comment (always):\n\n❌ **Performance gate failed**" in done.out


def test_what_was_done_is_left_for_later_steps(hub: Hub, publish: Publish, tmp_path: Path) -> None:
    publish(WORSE, "--output", "done.json")
    document = json.loads((tmp_path / "done.json").read_text("utf-8"))
    assert document["comment"]["id"] == hub.notes[0].id
    assert document["comment"]["deed"] == "created"
    assert document["labels"] == ["perf-regression"]
    assert document["warnings"] == []


def test_news_of_older_code_does_not_replace_that_of_newer_code(hub: Hub, publish: Publish) -> None:
    hub.threads[42].head = "ab" * 20
    done = publish(WORSE)
    assert hub.bodies() == []
    assert "the pull request has moved on to abababab" in done.err
    assert hub.check_runs[0]["head_sha"] == HEAD


def test_a_comment_about_older_code_is_folded_away(hub: Hub, publish: Publish) -> None:
    publish(WORSE)
    hub.threads[42].head = "ab" * 20
    done = publish(None, "--outdate", event=events.pull_request(head="ab" * 20))
    assert done.out.startswith("comment: outdated ")
    assert hub.notes[0].minimized == "OUTDATED"


def test_a_fork_s_results_are_published_by_a_second_workflow(hub: Hub, publish: Publish) -> None:
    hub.pull(41, source="other/shop", head="cd" * 20)
    hub.pull(43, source=events.FORK, branch="x&head=octo:main #", head=HEAD)
    done = publish(
        WORSE, name="workflow_run", event=events.workflow_run(branch="x&head=octo:main #", conclusion="failure")
    )
    assert done.err == ""
    assert [note.number for note in hub.notes] == [43]
    assert hub.check_runs[0]["head_sha"] == HEAD


def test_the_pull_request_is_that_of_the_run_and_of_nobody_else(hub: Hub, publish: Publish) -> None:
    hub.pull(43, source=events.FORK, head="ab" * 20)
    hub.pull(44, source=events.FORK, head=HEAD, state="closed")
    lying = replace(WORSE, run=replace(WORSE.run, source=replace(WORSE.run.source, pull_request="42", commit=HEAD)))
    done = publish(lying, name="workflow_run", event=events.workflow_run())
    assert hub.bodies() == []
    assert "no open pull request has 8c1f0e7b2d as its head" in done.err


def test_a_workflow_that_failed_is_never_shown_as_a_success(hub: Hub, publish: Publish) -> None:
    hub.pull(43, source=events.FORK)
    for conclusion in ("failure", "cancelled", "timed_out", ""):
        publish(FINE, name="workflow_run", event=events.workflow_run(conclusion=conclusion))
    publish(FINE, name="workflow_run", event=events.workflow_run(conclusion="success"))
    assert [run["conclusion"] for run in hub.check_runs] == ["failure"] * 4 + ["success"]


def test_an_issue_follows_a_regression_of_the_main_branch(hub: Hub, publish: Publish) -> None:
    main: dict[str, Any] = {"name": "push", "event": events.push()}
    assert publish(FINE, **main).out == "status: a check run\n"
    assert publish(WORSE, **main).out.splitlines()[1] == "issue: opened https://github.example/octo/shop/issues/43"
    issue = hub.threads[43]
    assert (issue.title, issue.labels, issue.state) == ("Performance regression on main", ["perf-regression"], "open")
    assert "search.response_time_p95" in issue.body
    assert "updated" in publish(WORSE, **main).out
    # Nothing is known of the metric here, so it is not known to be gone.
    assert "updated" in publish(FINE, **main).out
    assert "updated" in publish(results.every_verdict(), **main).out
    assert issue.state == "open"
    well = replace(comparisons.VERDICTS[0], status="unchanged", severity=None)
    also = tuple(
        replace(each, status="unchanged", severity=None) for each in results.VERDICTS if each.status == "regression"
    )
    done = publish(comparisons.only(well, *also), **main)
    assert "issue: closed https://github.example/octo/shop/issues/43" in done.out
    assert issue.state == "closed"
    assert hub.bodies() == [f"Gone as of {BASE[:12]}."]


def _gone(result: Result) -> Result:
    """The same without its regressions."""
    return comparisons.only(*(replace(each, status="unchanged", severity=None) for each in result.verdicts))


def test_a_regression_that_comes_back_reopens_its_issue(hub: Hub, publish: Publish) -> None:
    main: dict[str, Any] = {"name": "push", "event": events.push()}
    publish(WORSE, **main)
    publish(_gone(WORSE), **main)
    assert hub.threads[43].state == "closed"
    # Others who use the label, and markers of others, are left alone.
    hub.issue(44, author="mallory", body=hub.threads[43].body, labels=["perf-regression"], state="closed")
    assert "issue: reopened https://github.example/octo/shop/issues/43" in publish(WORSE, **main).out
    assert (hub.threads[43].state, hub.threads[44].state) == ("open", "closed")
    assert hub.bodies() == [f"Gone as of {BASE[:12]}.", f"Back as of {BASE[:12]}."]
    assert "issue: updated" in publish(WORSE, **main).out
    assert sorted(hub.threads) == [42, 43, 44]


def test_another_regression_is_another_issue(hub: Hub, publish: Publish) -> None:
    main: dict[str, Any] = {"name": "push", "event": events.push()}
    publish(WORSE, **main)
    publish(_gone(WORSE), **main)
    other = comparisons.only(replace(comparisons.VERDICTS[0], metric="response_time_p50"))
    assert "issue: opened https://github.example/octo/shop/issues/44" in publish(other, **main).out
    assert hub.threads[43].state == "closed"


def test_issues_that_two_jobs_opened_at_once_become_one(hub: Hub, publish: Publish) -> None:
    main: dict[str, Any] = {"name": "push", "event": events.push()}
    other = comparisons.only(replace(comparisons.VERDICTS[0], metric="response_time_p50"))
    publish(other, **main)
    twin = replace(hub.threads.pop(43), number=44)
    publish(WORSE, **main)
    hub.threads[44] = twin
    assert "issue: updated https://github.example/octo/shop/issues/43" in publish(WORSE, **main).out
    assert (hub.threads[43].state, hub.threads[44].state) == ("open", "closed")
    assert hub.bodies() == ["This goes on in #43."]
    # What only the second one was about is not forgotten.
    assert "issue: updated" in publish(_gone(WORSE), **main).out
    assert "issue: closed" in publish(_gone(other), **main).out


def test_an_accepted_regression_opens_no_issue_and_no_alarm(hub: Hub, publish: Publish) -> None:
    accepted = comparisons.only(replace(comparisons.VERDICTS[0], accepted="worth it"))
    publish(accepted, name="push", event=events.push())
    assert list(hub.threads) == [42]


def test_the_legs_of_a_matrix_share_one_comment(hub: Hub, publish: Publish, tmp_path: Path) -> None:
    leave(tmp_path, FINE, "legs/api")
    leave(tmp_path, WORSE, "legs/database")
    done = publish(None, "legs", "--gate", "--expect", "api", "--expect", "database")
    assert done.code == 1
    (body,) = hub.bodies()
    assert "(the worst of 2 results, `database`)" in body
    assert "| `api` | pass |" in body


def test_a_leg_that_is_missing_or_broken_is_no_success(hub: Hub, publish: Publish, tmp_path: Path) -> None:
    leave(tmp_path, FINE, "legs/api")
    leave(tmp_path, '{"schema": "perfreg.result/1", "x": 1}', "legs/database")
    (tmp_path / "legs" / "link").mkdir()
    (tmp_path / "legs" / "link" / "result.json").symlink_to("/etc/hostname")
    done = publish(None, "legs", "--expect", "api", "--expect", "system")
    assert done.code == 2
    (body,) = hub.bodies()
    assert "❌ **No verdict**: 2 results of this run cannot be used" in body
    assert "system has left no result" in body
    assert "legs/database/result.json" in body
    assert "| pass |" in body
    assert hub.check_runs[0]["conclusion"] == "failure"
    assert hub.threads[42].labels == []


@pytest.mark.parametrize(
    "text", ["", "{}", "[" * 100_000, '{"schema": "perfreg.result/1"}', "NaN", "\x00", '{"schema": "perfreg.result/2"}']
)
def test_a_hostile_result_is_told_and_never_green(hub: Hub, publish: Publish, tmp_path: Path, text: str) -> None:
    leave(tmp_path, text)
    done = publish(None, "perf-results", "--gate")
    assert done.code == 2
    assert hub.check_runs[0]["conclusion"] == "failure"
    assert hub.bodies()[0].split("\n")[1] == "❌ **No verdict**: 1 result of this run cannot be used"
    assert "Traceback" not in done.err


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_strangers_name_does_nothing_in_the_log(hub: Hub, publish: Publish, tmp_path: Path, payload: str) -> None:
    hub.pull(43, source=events.FORK, branch=payload)
    run = events.workflow_run(branch=payload)
    for done in (
        publish(FINE, f"--expect={payload}", f"--key={payload}", name="workflow_run", event=run),
        publish(poisoned(WORSE, payload), "--dry-run", event=events.pull_request(branch=payload, title=payload)),
    ):
        assert not [line for line in (done.out + done.err).splitlines() if line.lstrip().startswith("::")]
        assert "##[" not in done.out + done.err
        assert "##vso[" not in done.out + done.err
        assert "\x1b" not in done.out + done.err
    assert [note.number for note in hub.notes] == [43]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["event.json", "perf-results"]


def test_usage(publish: Publish, hub: Hub, tmp_path: Path) -> None:
    assert "names results, or says --outdate" in publish(None).err
    assert "--outdate" in publish(WORSE, "--outdate").err
    assert "--timeout" in publish(WORSE, "--timeout", "soon").err
    (tmp_path / "empty").mkdir()
    assert "there is no result" in publish(None, "empty").err
    assert publish(WORSE, GITHUB_EVENT_NAME="").code == 2
    assert hub.asked == []
