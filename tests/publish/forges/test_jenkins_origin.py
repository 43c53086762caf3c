"""Publishing from a scripted pipeline of Jenkins, as the step of the library does: only the clone knows the address."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.git_repository import git

from perfreg.errors import ForgeError
from perfreg.publish.forges.registry import forge_here

BUILD = {
    "JENKINS_URL": "https://ci.example/",
    "JOB_NAME": "shop/main",
    "BUILD_URL": "https://ci.example/job/shop/job/main/7/",
    "BRANCH_NAME": "main",
    "BRANCH_IS_PRIMARY": "true",
}
CHANGE = {
    **{name: value for name, value in BUILD.items() if name != "BRANCH_IS_PRIMARY"},
    "BRANCH_NAME": "PR-42",
    "CHANGE_ID": "42",
    "CHANGE_BRANCH": "topic",
    "CHANGE_TARGET": "main",
}


def clone(directory: Path, origin: str) -> str:
    """A repository that came from there; its commit."""
    git(directory, "init", "--quiet", "--initial-branch=main")
    git(directory, "remote", "add", "origin", origin)
    git(directory, "commit", "--quiet", "--allow-empty", "--message", "first")
    return git(directory, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://github.com/octo/shop.git", ("github", "https://api.github.com", "octo/shop")),
        ("git@github.com:octo/shop.git", ("github", "https://api.github.com", "octo/shop")),
        ("https://jenkins:secret@gitlab.com/a/b/c.git", ("gitlab", "https://gitlab.com/api/v4", "a/b/c")),
        ("git@gitlab.com:a/b/c.git", ("gitlab", "https://gitlab.com/api/v4", "a/b/c")),
        ("https://bitbucket.org/octo/shop.git", ("bitbucket", "https://api.bitbucket.org/2.0", "octo/shop")),
        ("ssh://git@bitbucket.org/octo/shop.git", ("bitbucket", "https://api.bitbucket.org/2.0", "octo/shop")),
    ],
)
def test_the_clone_tells_where_the_code_lives(origin: str, expected: tuple[str, str, str], tmp_path: Path) -> None:
    commit = clone(tmp_path, origin)
    for env, number, branch in ((BUILD, 0, "main"), (CHANGE, 42, "topic")):
        here = forge_here(env, tmp_path)
        assert (here.name, here.site.home.api, here.site.home.repository) == expected
        assert (here.occasion.commit, here.occasion.number, here.occasion.branch) == (commit, number, branch)
        assert here.occasion.is_main is (env is BUILD)
        assert "secret" not in repr(here)


def test_a_host_of_one_s_own_has_to_be_told_by_who_runs_the_build(tmp_path: Path) -> None:
    clone(tmp_path, "https://git.example/octo/shop.git")
    with pytest.raises(ForgeError, match="cannot be known"):
        forge_here(BUILD, tmp_path)
    here = forge_here({**BUILD, "GIT_URL": "https://git.example/octo/shop.git", "PERFREG_FORGE": "gitlab"}, tmp_path)
    assert (here.name, here.site.home.api) == ("gitlab", "https://git.example/api/v4")
