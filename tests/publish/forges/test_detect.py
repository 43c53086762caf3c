"""Where a job's code lives, and what the job is about, as the variables of CI systems tell it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.fake_host import BASE, HEAD
from tests.support.git_repository import git
from tests.support.payloads import PAYLOADS

from perfreg.errors import ForgeError
from perfreg.publish.forges.detect import detect, needs_clone
from perfreg.publish.forges.kind import Site
from perfreg.publish.forges.origin import Origin, parse
from perfreg.publish.forges.registry import FORGES, forge_here
from perfreg.publish.forges.surroundings import Surroundings, look

GITHUB = {
    "GITHUB_REPOSITORY": "octo/shop",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_SHA": HEAD,
    "GITHUB_REF": "refs/heads/x",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_PROJECT_ID": "7",
    "CI_PROJECT_PATH": "octo/shop",
    "CI_PIPELINE_SOURCE": "push",
    "CI_PIPELINE_URL": "https://gitlab.example/octo/shop/-/pipelines/1",
    "CI_COMMIT_SHA": HEAD,
    "CI_COMMIT_BRANCH": "feature",
    "CI_DEFAULT_BRANCH": "main",
}
GITLAB_REQUEST = {
    **{name: value for name, value in GITLAB.items() if name != "CI_COMMIT_BRANCH"},
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_IID": "42",
    "CI_MERGE_REQUEST_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature",
}
AZURE = {
    "TF_BUILD": "True",
    "BUILD_REPOSITORY_PROVIDER": "TfsGit",
    "BUILD_REPOSITORY_ID": "1234",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/octo/",
    "SYSTEM_TEAMPROJECT": "The Shop",
    "BUILD_BUILDID": "9",
    "BUILD_SOURCEVERSION": BASE,
    "BUILD_SOURCEBRANCH": "refs/pull/42/merge",
    "SYSTEM_PULLREQUEST_PULLREQUESTID": "42",
    "SYSTEM_PULLREQUEST_SOURCECOMMITID": HEAD,
    "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/feature",
}
JENKINS = {
    "JENKINS_URL": "https://ci.example/",
    "JOB_NAME": "shop/feature",
    "BUILD_URL": "https://ci.example/job/shop/7/",
    "GIT_COMMIT": HEAD,
    "BRANCH_NAME": "feature",
}


def found(env: dict[str, str], around: Surroundings | None = None) -> Site:
    return detect(env, FORGES, around or Surroundings())


def told(site: Site) -> tuple[str, str, str]:
    return site.forge, site.home.api, site.home.repository


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        (GITHUB, ("github", "https://api.github.com", "octo/shop")),
        (
            {**GITHUB, "GITHUB_API_URL": "https://x.example/api/v3/"},
            ("github", "https://x.example/api/v3", "octo/shop"),
        ),
        (
            {**GITHUB, "GITEA_ACTIONS": "true", "GITHUB_SERVER_URL": "https://git.example"},
            ("gitea", "https://git.example/api/v1", "octo/shop"),
        ),
        (
            {**GITHUB, "FORGEJO_ACTIONS": "true", "GITHUB_API_URL": "https://c.example/api/v1"},
            ("gitea", "https://c.example/api/v1", "octo/shop"),
        ),
        ({**GITHUB, "GITHUB_API_URL": "https://c.example/api/v1"}, ("gitea", "https://c.example/api/v1", "octo/shop")),
        (GITLAB, ("gitlab", "https://gitlab.example/api/v4", "7")),
        (GITLAB_REQUEST, ("gitlab", "https://gitlab.example/api/v4", "7")),
        ({"GITLAB_CI": "true", "CI_PROJECT_PATH": "a/b/c"}, ("gitlab", "https://gitlab.com/api/v4", "a/b/c")),
        (AZURE, ("azure", "https://dev.azure.com/octo", "The Shop/1234")),
        (
            {**AZURE, "BUILD_REPOSITORY_PROVIDER": "GitHub", "BUILD_REPOSITORY_URI": "https://github.com/octo/shop"},
            ("github", "https://api.github.com", "octo/shop"),
        ),
        (
            {
                **AZURE,
                "BUILD_REPOSITORY_PROVIDER": "Bitbucket",
                "BUILD_REPOSITORY_URI": "https://bitbucket.org/o/s.git",
            },
            ("bitbucket", "https://api.bitbucket.org/2.0", "o/s"),
        ),
    ],
)
def test_each_ci_system(env: dict[str, str], expected: tuple[str, str, str]) -> None:
    assert told(found(env)) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://github.com/octo/shop.git", ("github", "https://api.github.com", "octo/shop")),
        ("git@github.com:octo/shop.git", ("github", "https://api.github.com", "octo/shop")),
        ("ssh://git@ssh.github.com:443/octo/shop.git", ("github", "https://api.github.com", "octo/shop")),
        ("https://github.acme.example/octo/shop", ("github", "https://github.acme.example/api/v3", "octo/shop")),
        ("https://user:secret@gitlab.com/a/b/c.git", ("gitlab", "https://gitlab.com/api/v4", "a/b/c")),
        ("git@gitlab.acme.example:a/b.git", ("gitlab", "https://gitlab.acme.example/api/v4", "a/b")),
        ("https://gitlab.acme.example:8443/a/b", ("gitlab", "https://gitlab.acme.example:8443/api/v4", "a/b")),
        ("https://bitbucket.org/octo/shop.git", ("bitbucket", "https://api.bitbucket.org/2.0", "octo/shop")),
        ("https://codeberg.org/octo/shop.git", ("gitea", "https://codeberg.org/api/v1", "octo/shop")),
        ("https://gitea.acme.example/octo/shop.git", ("gitea", "https://gitea.acme.example/api/v1", "octo/shop")),
        ("https://octo@dev.azure.com/octo/The%20Shop/_git/s", ("azure", "https://dev.azure.com/octo", "The Shop/s")),
        ("git@ssh.dev.azure.com:v3/octo/Shop/s", ("azure", "https://dev.azure.com/octo", "Shop/s")),
    ],
)
def test_jenkins_with_the_address_that_was_cloned(address: str, expected: tuple[str, str, str]) -> None:
    site = found({**JENKINS, "GIT_URL": address})
    assert told(site) == expected
    assert "secret" not in repr(site)
    assert (site.occasion.commit, site.occasion.branch, site.occasion.has_pull_request) == (HEAD, "feature", False)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("https://github.com/octo/shop/pull/42", ("github", "https://api.github.com", "octo/shop")),
        ("https://git.example/octo/shop/pull/42", ("github", "https://git.example/api/v3", "octo/shop")),
        ("https://git.example/a/b/c/-/merge_requests/42", ("gitlab", "https://git.example/api/v4", "a/b/c")),
        ("https://git.example/a/b/merge_requests/42", ("gitlab", "https://git.example/api/v4", "a/b")),
        ("https://git.example/octo/shop/pulls/42", ("gitea", "https://git.example/api/v1", "octo/shop")),
        (
            "https://bitbucket.org/octo/shop/pull-requests/42",
            ("bitbucket", "https://api.bitbucket.org/2.0", "octo/shop"),
        ),
    ],
)
def test_jenkins_with_the_page_of_a_change(page: str, expected: tuple[str, str, str]) -> None:
    change = {"CHANGE_ID": "42", "CHANGE_URL": page, "CHANGE_BRANCH": "topic", "CHANGE_TARGET": "main"}
    env = {**JENKINS, **change, "BRANCH_NAME": "PR-42", "GIT_URL": "https://elsewhere.example/x/y"}
    site = found(env)
    assert told(site) == expected
    assert (site.occasion.number, site.occasion.branch, site.occasion.is_main) == (42, "topic", False)
    assert site.occasion.url == "https://ci.example/job/shop/7/"
    merged = found(env, Surroundings(head=BASE, merged="ab" * 20))
    assert merged.occasion.commit == "ab" * 20


def test_bitbucket_data_center_is_refused_in_words() -> None:
    page = "https://git.example/projects/K/repos/r/pull-requests/7"
    for env in ({"CHANGE_ID": "7", "CHANGE_URL": page}, {"GIT_URL": "https://bitbucket.acme.example/scm/k/r.git"}):
        with pytest.raises(ForgeError, match="Data Center is not supported"):
            found({**JENKINS, **env})


def test_the_main_branch() -> None:
    assert found({**GITLAB, "CI_COMMIT_BRANCH": "main"}).occasion.is_main
    assert not found(GITLAB).occasion.is_main
    assert not found({**GITLAB_REQUEST, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "main"}).occasion.is_main
    main = {**JENKINS, "GIT_URL": "https://github.com/o/s", "BRANCH_NAME": "main", "BRANCH_IS_PRIMARY": "true"}
    assert found(main).occasion.is_main
    assert not found({**main, "TAG_NAME": "v1"}).occasion.is_main
    assert not found({**main, "CHANGE_ID": "7"}).occasion.is_main


def test_gitlab_is_about_what_was_pushed_and_not_about_the_merge() -> None:
    env = {**GITLAB_REQUEST, "CI_COMMIT_SHA": BASE, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD}
    assert found(env).occasion.commit == HEAD
    assert found({**env, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": ""}).occasion.commit == BASE


def test_a_fork_s_merge_request_is_one_of_the_project_it_goes_to() -> None:
    fork = {"CI_PROJECT_ID": "99", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "99"}
    site = found({**GITLAB_REQUEST, **fork})
    assert (site.home.repository, site.occasion.is_foreign) == ("7", True)


@pytest.mark.parametrize(
    ("listed", "number"),
    [
        ("octo/shop!5", 5),
        ("", 0),
        ("other/shop!5", 0),
        ("octo/shop!5,octo/shop!6", 0),
        ("other/x!1,octo/shop!6", 6),
        ("!", 0),
    ],
)
def test_a_branch_with_one_merge_request_is_about_that(listed: str, number: int) -> None:
    assert found({**GITLAB, "CI_OPEN_MERGE_REQUESTS": listed}).occasion.number == number


def test_azure_is_about_what_was_pushed_and_not_about_the_merge() -> None:
    occasion = found(AZURE).occasion
    assert (occasion.number, occasion.commit, occasion.branch) == (42, HEAD, "feature")
    assert occasion.url == "https://dev.azure.com/octo/The%20Shop/_build/results?buildId=9"


@pytest.mark.parametrize("env", [{}, {"CI": "true"}, JENKINS, {**JENKINS, "GIT_URL": "https://git.example/o/s"}])
def test_what_cannot_be_known_is_one_clear_line(env: dict[str, str]) -> None:
    with pytest.raises(ForgeError, match="cannot be known") as caught:
        found(env)
    assert "\n" not in str(caught.value)
    assert "--forge" in str(caught.value)


SAID = {"PERFREG_FORGE": "gitlab", "PERFREG_REPOSITORY": "a/b", "PERFREG_PULL_REQUEST": "7", "PERFREG_COMMIT": BASE}


def test_what_is_said_outright_goes_first() -> None:
    for env in ({}, JENKINS, GITHUB, AZURE):
        site = found({**env, **SAID})
        assert told(site) == ("gitlab", "https://gitlab.com/api/v4", "a/b")
        assert (site.occasion.number, site.occasion.commit, site.occasion.is_main) == (7, BASE, False)
    site = found({**SAID, "PERFREG_FORGE_URL": "https://git.example/api/v4/"})
    assert site.home.api == "https://git.example/api/v4"
    unnamed = {**JENKINS, "GIT_URL": "https://git.example/o/s.git", "PERFREG_FORGE": "gitea"}
    assert told(found(unnamed)) == ("gitea", "https://git.example/api/v1", "o/s")


def test_a_number_of_a_mirror_is_none_of_the_other_host() -> None:
    env = {**GITLAB_REQUEST, "PERFREG_FORGE": "github", "PERFREG_REPOSITORY": "octo/shop"}
    assert found(env).occasion.number == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PERFREG_FORGE", "sourceforge"),
        ("PERFREG_PULL_REQUEST", "x"),
        ("PERFREG_COMMIT", "HEAD"),
        ("PERFREG_FORGE", "$(x)"),
    ],
)
def test_what_is_said_wrongly_is_an_error(name: str, value: str) -> None:
    with pytest.raises(ForgeError, match=name):
        found({**GITHUB, name: value})


@pytest.mark.parametrize("name", PAYLOADS)
def test_names_that_strangers_choose_stay_names(name: str) -> None:
    assert found({**GITLAB_REQUEST, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": name}).occasion.number == 42
    assert found({**AZURE, "SYSTEM_PULLREQUEST_SOURCEBRANCH": f"refs/heads/{name}"}).occasion.branch == name
    for odd in ("CI_MERGE_REQUEST_IID", "CI_COMMIT_SHA", "CI_PIPELINE_URL"):
        occasion = found({**GITLAB_REQUEST, odd: name}).occasion
        assert name != occasion.commit
        assert not set(occasion.url) & set(" ()[]<>`\n\"'|\\")


@pytest.mark.parametrize(
    "text",
    ["", "x", "/srv/git/shop.git", "file:///srv/shop", "https:///x", "https://h/", "https://h/../x", "h:", "-x:y z\n"],
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert parse(text) is None


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    seen = parse(text)
    assert seen is None or (seen.host and seen.path and "@" not in seen.server)


def test_a_page_in_a_comment_has_no_markup() -> None:
    odd = {**JENKINS, "GIT_URL": "https://github.com/o/s", "BUILD_URL": "https://ci.example/job/a](https://evil) x/"}
    assert found(odd).occasion.url == ""


def repository(path: Path, origin: str) -> Path:
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch=main")
    git(path, "remote", "add", "origin", origin)
    return path


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("git@github.com:octo/shop.git", "https://github.com/octo/shop"),
        ("https://x:secret@gitlab.com/a/b.git", "https://gitlab.com/a/b"),
        ("https://gitlab.evil.example/a/b.git", ""),
        ("/srv/git/shop", ""),
    ],
)
def test_a_clone_names_only_hosts_that_everybody_knows(tmp_path: Path, origin: str, expected: str) -> None:
    assert look(repository(tmp_path / "shop", origin), {}).origin == expected


def test_a_clone_tells_what_jenkins_has_merged(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop", "https://github.com/o/s")
    git(shop, "commit", "--quiet", "--allow-empty", "--message", "first")
    git(shop, "checkout", "--quiet", "-b", "topic")
    git(shop, "commit", "--quiet", "--allow-empty", "--message", "change")
    topic = git(shop, "rev-parse", "HEAD")
    git(shop, "checkout", "--quiet", "main")
    git(shop, "commit", "--quiet", "--allow-empty", "--message", "meanwhile")
    seen = look(shop, {})
    assert (seen.head, seen.merged) == (git(shop, "rev-parse", "HEAD"), "")
    git(shop, "merge", "--quiet", "--message", f"Merge commit '{topic}' into HEAD", topic)
    assert look(shop, {}).merged == topic
    # Whoever only says so has merged nothing.
    git(shop, "commit", "--quiet", "--allow-empty", "--message", f"Merge commit '{BASE}' into HEAD")
    assert look(shop, {}).merged == ""


def test_where_there_is_no_clone_nothing_is_known(tmp_path: Path) -> None:
    assert look(tmp_path, {"GIT_DIR": str(tmp_path / "x")}) == Surroundings()
    with pytest.raises(ForgeError, match="cannot be known"):
        forge_here(dict(JENKINS), tmp_path)


@pytest.mark.parametrize(
    ("env", "needed"), [(GITHUB, False), (GITLAB, False), (JENKINS, True), (SAID, True), ({}, False)]
)
def test_the_clone_is_only_asked_where_something_is_open(env: dict[str, Any], needed: bool) -> None:
    assert needs_clone(env) is needed


def test_a_host_of_one_s_own_says_what_it_is() -> None:
    assert Origin(host="git.hub.example", server="https://git.hub.example", path="o/s").is_named("github") is False
    assert Origin(host="my-gitlab.example", server="https://my-gitlab.example", path="o/s").is_named("gitlab") is True
