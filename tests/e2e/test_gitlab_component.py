"""The CI/CD component in a project of its own, on a server, which another project includes with inputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from tests.e2e.gitlab_project import ONE, Project, gitlab_ci_local, project, template
from tests.e2e.shop import CONFIGURATION, SLOW
from tests.support.git_http import TOKEN, basic, git_server
from tests.support.git_repository import git, make_checkout

pytestmark = pytest.mark.e2e

VERSION = "1.0.0"

PIPELINE = f"""\
include:
  - component: $CI_SERVER_FQDN/octo/performance/performance@{VERSION}
    inputs:
      stage: performance
      scenarios: [search, order]
      baseline: git
      package: perfreg
      tags: [quiet]
stages: [build, performance]
build:
  stage: build
  script: [echo built]
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server that has the component, with a version, as octo/performance."""
    checkout = make_checkout(tmp_path / "component")
    (checkout.path / "perfreg.yml").write_text(ONE, "utf-8")
    (checkout.path / "templates").mkdir()
    text = template(checkout.path, "gitlab-component", "--baseline", "package")
    (checkout.path / "templates" / "performance.yml").write_text(text, "utf-8")
    checkout.commit("Measure performance")
    git(checkout.path, "tag", VERSION)
    git(checkout.path, "push", "--quiet", "origin", "main", VERSION)
    group = checkout.remote.parent / "octo"
    group.mkdir()
    (group / "performance.git").symlink_to(checkout.remote)
    with git_server(checkout.remote) as running:
        parts = urlsplit(running.url)
        yield f"{parts.scheme}://{parts.netloc}"


@pytest.fixture
def shop(tmp_path: Path, server: str) -> Iterator[Project]:
    """A project on the same server whose pipeline includes the component."""
    with project(tmp_path, config=CONFIGURATION, pipeline=PIPELINE) as made:
        # This remote tells gitlab-ci-local which GitLab the project is at; jobs push to the other one.
        git(made.checkout.path, "remote", "add", "gcl-origin", f"{server}/octo/shop.git")
        settings = f'[http "{server}/"]\n\textraHeader = Authorization: {basic(TOKEN)}\n'
        (made.checkout.path.parent / ".gitconfig").write_text(settings, "utf-8")
        yield made


@pytest.mark.long
def test_a_good_commit_passes_and_a_slower_merge_request_fails(shop: Project) -> None:
    passed = shop.pushed()
    assert passed.code == 0, passed.log
    assert passed.ran("build")
    assert not passed.ran("perf-reset")
    assert shop.verdicts == {"search": "no_baseline", "order": "no_baseline"}
    assert len(shop.stored()) == 2, passed.log
    git(shop.checkout.path, "checkout", "--quiet", "-b", "feature")
    shop.commit("Slow the search down", search=SLOW)
    failed = shop.requested()
    assert failed.code == 1, failed.log
    assert shop.verdicts == {"search": "regression", "order": "unchanged"}
    assert [note for note in shop.hub.notes if "search" in note.body]
    assert len(shop.stored()) == 2


def _including(shop: Project, **inputs: str | bool | list[str]) -> None:
    document = yaml.safe_load(PIPELINE)
    document["include"][0]["inputs"].update(inputs)
    (shop.checkout.path / ".gitlab-ci.yml").write_text(yaml.safe_dump(document), "utf-8")


def test_inputs_reach_the_jobs_as_variables(shop: Project) -> None:
    _including(shop, test_duration="5", concurrent_users="7", fail_on_regression=False, scenarios=["a b", "c*"])
    done = gitlab_ci_local(shop.checkout.path, "--preview")
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = yaml.safe_load(done.stdout[done.stdout.index("---\n") :])
    measure = jobs["perf-measure"]
    assert (measure["stage"], measure["tags"]) == ("performance", ["quiet"])
    assert measure["parallel"] == {"matrix": [{"PERF_SCENARIO": ["a b", "c*"]}]}
    wanted = {
        "PERF_TEST_DURATION": "5", "PERF_CONCURRENT_USERS": "7", "PERFREG_FAIL_ON_REGRESSION": "false",
        "PERFREG_BASELINE__STORE": "git", "PERF_PACKAGE": "perfreg", "PERF_CONFIG": "perfreg.yml",
    }  # fmt: skip
    assert wanted.items() <= measure["variables"].items()


def test_what_is_no_choice_is_refused(shop: Project) -> None:
    _including(shop, baseline="cellar")
    done = gitlab_ci_local(shop.checkout.path, "--preview")
    assert done.returncode != 0
    assert "cellar" in done.stdout + done.stderr
