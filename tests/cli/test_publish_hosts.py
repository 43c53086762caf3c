"""`perfreg publish` in jobs of GitLab, Azure DevOps and Jenkins, and where somebody says outright what it is about."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import comparisons
from tests.support.command_line import Done, called
from tests.support.fake_host import BASE, HEAD, NUMBER, TOKEN, FakeHost
from tests.support.git_repository import git
from tests.support.github.hub import github
from tests.support.hosts import HOSTS
from tests.support.rest_server import Reply

from perfreg.model.result import Gate, Result
from perfreg.publish.forges import registry
from perfreg.report.formats import json_

WORSE = comparisons.only(comparisons.VERDICTS[0], gate=Gate(status="fail", reasons=("p95 is worse",)))
MENDED = comparisons.only(replace(comparisons.VERDICTS[0], status="improvement", severity=None))

Publish = Callable[..., Done]


@pytest.fixture(params=sorted(HOSTS))
def host(request: pytest.FixtureRequest) -> Iterator[FakeHost]:
    with HOSTS[request.param]() as host:
        yield host


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    def run(result: Result, *flags: str, env: dict[str, str]) -> Done:
        (tmp_path / "perf-results").mkdir(exist_ok=True)
        (tmp_path / "perf-results" / "result.json").write_text(json_.render(result), "utf-8")
        return called("publish", "perf-results", *flags, cwd=tmp_path, NO_PROXY="*", **env)

    return run


def test_it_finds_out_where_it_is(host: FakeHost, publish: Publish, tmp_path: Path) -> None:
    done = publish(WORSE, "--gate", "--output", "done.json", env=host.environment())
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("comment: created https://")
    assert "status: a " in done.out
    assert TOKEN not in done.out
    assert "❌ **Performance gate failed**" in host.bodies()[0]
    assert [commit for commit, _, _ in host.standings] == [HEAD]
    told = json.loads((tmp_path / "done.json").read_text("utf-8"))
    assert told["comment"]["deed"] == "created"
    assert publish(MENDED, env=host.environment()).out.startswith("comment: cleared https://")
    assert len(host.bodies()) == 1


def test_without_a_token_the_verdict_stands(host: FakeHost, publish: Publish) -> None:
    env = {name: value for name, value in host.environment().items() if value != TOKEN}
    done = publish(WORSE, "--gate", env={**env, "CI_JOB_TOKEN": TOKEN})
    assert done.code == 1
    assert "warning: nothing was published: " in done.err
    assert "there is no token" in done.err
    assert done.err.count("\n") == 1
    assert publish(MENDED, "--gate", env=env).code == 0
    assert host.asked == []


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 500])
def test_what_is_refused_changes_no_verdict(host: FakeHost, publish: Publish, status: int) -> None:
    names = host.operations
    for operation in (names.list_comments, names.pull_request, names.status):
        host.fail(operation, *[Reply.json({"message": "no"}, status)] * 50)
    done = publish(WORSE, "--gate", "--timeout", "1s", env=host.environment())
    assert done.code == 1
    assert "warning" in done.err
    assert TOKEN not in done.err
    assert host.bodies() == []


def test_jenkins_at_github(publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "WRITE_PAUSE_S", 0.0)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    env = {
        "JENKINS_URL": "https://ci.example/",
        "JOB_NAME": "shop/PR-42",
        "BUILD_URL": "https://ci.example/job/shop/7/",
        "CHANGE_ID": str(NUMBER),
        "CHANGE_URL": f"https://github.com/octo/shop/pull/{NUMBER}",
        "GIT_COMMIT": HEAD,
    }
    with github() as hub:
        hub.pull(NUMBER)
        done = publish(WORSE, env={**env, "PERFREG_FORGE_URL": hub.url, "GITHUB_TOKEN": "ghs_2yQ0ForTestsOnly"})
        assert (done.code, done.err) == (0, "")
        assert "[summary and the artifacts of the run](https://ci.example/job/shop/7/)" in hub.bodies()[0]
        assert hub.check_runs[0]["head_sha"] == HEAD


def test_somebody_says_what_it_is_about(publish: Publish) -> None:
    with HOSTS["gitlab"]() as host:
        flags = ("--forge", "gitlab", "--forge-url", host.url, "--repository", "7", "--pull-request", str(NUMBER))
        done = publish(WORSE, *flags, "--commit", HEAD, env={"GITLAB_TOKEN": TOKEN})
        assert (done.code, done.err) == (0, "")
        assert len(host.bodies()) == 1
        done = publish(WORSE, *flags, "--commit", BASE, env={"GITLAB_TOKEN": TOKEN})
        assert "has moved on" in done.err


def test_where_nothing_is_known_one_line_says_what_to_do(publish: Publish) -> None:
    done = publish(WORSE, env={"PERFREG_TOKEN": TOKEN})
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "--forge" in done.err
