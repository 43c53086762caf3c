"""The generated GitLab pipelines in every configuration: read by gitlab-ci-local, and run where a shell is enough.

What needs containers of its own, such as a database, is only read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.e2e.gitlab_project import ONE, gitlab_ci_local, project, template
from tests.e2e.shop import SLOW
from tests.support import gitlab_packages
from tests.support.git_repository import git
from tests.support.templates import CASES

pytestmark = pytest.mark.e2e

JOBS = {"perf-reset", "perf-measure", "perf-report", "perf-baselines", "perf-gate"}

COMPONENT = """\
include:
  - component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/performance@$CI_COMMIT_SHA
"""

SERVED = """\
  - {name: users, type: api, endpoint: /, duration: 30, concurrent_users: 1}
service:
  start: python3 app.py {port}
  ready: {url: "http://127.0.0.1:{port}/"}
  env: {MOST: "FILE"}
"""

# A service that counts how many ask at once; it is slow enough for them to meet.
SERVICE = """\
import os, pathlib, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock, present, most = threading.Lock(), 0, 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        global present, most
        with lock:
            present += 1
            most = max(most, present)
            pathlib.Path(os.environ["MOST"]).write_text(str(most))
        time.sleep(0.05)
        with lock:
            present -= 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def _repository(directory: Path, name: str, target: str) -> Path:
    """A repository with the pipeline for one of the configurations."""
    path = directory / "job"
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch=main")
    case, flags = CASES[name], CASES[name].flags
    if case.config:
        (path / "perfreg.yml").write_text(case.config, "utf-8")
    text = template(path, target, *flags)
    if target == "gitlab-component":
        (path / "templates").mkdir()
        (path / "templates" / "performance.yml").write_text(text, "utf-8")
        text = COMPONENT
    (path / ".gitlab-ci.yml").write_text(text, "utf-8")
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--message", "Begin")
    return path


def _listed(path: Path) -> list[dict[str, Any]]:
    """The jobs of the pipeline. GitLab itself takes an empty list of tags; only the schema of its editor does not."""
    done = gitlab_ci_local(path, "--list-json", "--ignore-schema-paths", "#/definitions/tags/minItems")
    assert done.returncode == 0, done.stdout + done.stderr
    jobs: list[dict[str, Any]] = json.loads(done.stdout[done.stdout.index("[\n") :])
    return jobs


@pytest.mark.parametrize("target", ["gitlab", "gitlab-component"])
@pytest.mark.parametrize("name", CASES)
def test_every_configuration_is_understood(tmp_path: Path, name: str, target: str) -> None:
    names = [job["name"].partition(":")[0] for job in _listed(_repository(tmp_path, name, target))]
    deploys = target == "gitlab" and "--deploy-gate" in CASES[name].flags
    assert set(names) == (JOBS | {"perf-deploy"} if deploys else JOBS)
    scenarios = yaml.safe_load(CASES[name].config or "{}").get("test_scenarios", ["*"])
    assert names.count("perf-measure") == len(scenarios)


def test_a_report_that_gitlab_does_not_know_is_noticed(tmp_path: Path) -> None:
    path = _repository(tmp_path, "one", "gitlab")
    file = path / ".gitlab-ci.yml"
    file.write_text(file.read_text("utf-8").replace("load_performance:", "performance:"), "utf-8")
    done = gitlab_ci_local(path, "--list-json")
    assert done.returncode != 0
    assert "'performance' property is not expected to be here" in done.stdout + done.stderr


@pytest.mark.long
def test_a_regression_is_kept_and_not_deployed(tmp_path: Path) -> None:
    with project(tmp_path, "--deploy-gate", "--set", "deploy_environment=shop", config=ONE) as shop:
        (shop.checkout.path / "deploy.sh").write_text('echo "deployed to $CI_ENVIRONMENT_NAME"\n', "utf-8")
        shop.commit("Deploy")
        passed = shop.pushed()
        assert passed.code == 0, passed.log
        assert "deployed to shop" in passed.log
        shop.commit("Rank by relevance", search=SLOW)
        failed = shop.pushed()
        assert failed.code == 1, failed.log
        assert shop.verdicts == {"search": "regression"}
        assert not failed.ran("perf-deploy")
        assert len(shop.stored()) == 2


@pytest.mark.long
def test_a_schedule_is_held_against_the_packages_that_pushes_have_left(tmp_path: Path) -> None:
    """There is no token but that of the jobs, so nothing is posted either."""
    with gitlab_packages.gitlab() as registry:
        known = {"CI_API_V4_URL": registry.url, "CI_PROJECT_ID": str(gitlab_packages.PROJECT), "PERFREG_TOKEN": ""}
        flags = ("--baseline", "package", "--schedule", "30 2 * * *")
        with project(tmp_path, *flags, config=ONE, variables=known) as shop:
            for source, expected in (("push", {"no_baseline"}), ("schedule", {"unchanged", "improvement"})):
                pipeline = registry.pipeline()
                done = shop.pipeline(source, CI_PIPELINE_ID=str(pipeline.id), CI_JOB_TOKEN=pipeline.token)
                assert done.code == 0, done.log
                assert shop.verdicts["search"] in expected, done.log
                assert [each.pipeline for each in registry.packages][-1:] == [pipeline]
            assert len(registry.packages) == 2
            assert shop.stored() == []
            assert shop.hub.notes == []


@pytest.mark.long
def test_the_form_sets_users_and_duration_and_whether_a_regression_fails(tmp_path: Path) -> None:
    most = tmp_path / "most"
    with project(tmp_path, config=ONE + SERVED.replace("FILE", str(most))) as shop:
        (shop.checkout.path / "app.py").write_text(SERVICE, "utf-8")
        shop.commit("Serve")
        form = {"PERF_TEST_DURATION": "1", "PERF_CONCURRENT_USERS": "3", "PERFREG_FAIL_ON_REGRESSION": "false"}
        first = shop.pipeline("web", **form)
        assert first.code == 0, first.log
        assert most.read_text("utf-8") == "3"
        (users,) = (each for each in shop.result["run"]["scenarios"] if each["name"] == "users")
        assert users["duration_s"] < 15
        shop.commit("Rank by relevance", search=SLOW)
        second = shop.pipeline("web", **form)
        assert second.code == 0, second.log
        assert shop.verdicts == {"search": "regression"}


@pytest.mark.long
def test_a_commit_that_says_so_starts_the_baselines_anew(tmp_path: Path) -> None:
    with project(tmp_path, config=ONE) as shop:
        assert not shop.pushed().ran("perf-reset")
        shop.commit("Rank by relevance [update-baselines]", search=SLOW)
        done = shop.pushed()
        assert done.code == 0, done.log
        assert done.ran("perf-reset")
        assert shop.verdicts["search"] != "regression"
        assert [event["kind"] for event in shop.stored("event")] == ["reset"]
        shop.commit("Say why")
        later = shop.pushed()
        assert later.code == 0, later.log
        assert shop.verdicts["search"] in {"unchanged", "improvement"}, "compared with what was measured since"


@pytest.mark.long
def test_an_overlay_has_baselines_of_its_own(tmp_path: Path) -> None:
    overlays = "environments: {staging: {min_baseline_samples: 4}}\n"
    with project(tmp_path, "--environment", "staging", config=ONE + overlays) as shop:
        done = shop.pipeline("api", ESTABLISH_BASELINES="true")
        assert done.code == 0, done.log
        assert done.ran("perf-reset")
        assert [run["environment"]["name"] for run in shop.stored()] == ["staging"]
        other = shop.pipeline("web", PERFREG_ENVIRONMENT="")
        assert other.code == 0, other.log
        assert shop.verdicts["search"] in {"no_baseline", "environment_mismatch"}
