"""GitHub Enterprise Server: its API is below a path, and its pages are elsewhere than at github.com."""

from __future__ import annotations

from tests.publish.action.test_resilience import LEG, WORSE, whole
from tests.support.runner import Runner, warnings

SERVER = "https://github.corp.example:8443"


def test_all_is_published_there(runner: Runner) -> None:
    runner.hub.prefix = "/api/v3"
    runner.leave(LEG, WORSE)
    used = runner.gather(GITHUB_SERVER_URL=SERVER)
    whole(used, "fail")
    assert warnings(used) == []
    assert {request.path.partition("/")[2].partition("/")[0] for request in runner.hub.api.requests} == {"api"}
    assert f"[summary and the artifacts of the run]({SERVER}/octo/shop/actions/runs/4711)" in runner.hub.bodies()[0]
    (run,) = runner.hub.check_runs
    assert run["details_url"] == f"{SERVER}/octo/shop/actions/runs/4711"
    assert "github.com" not in used.log + used.summary + runner.hub.bodies()[0]
