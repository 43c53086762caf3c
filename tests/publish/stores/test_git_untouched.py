"""The user's checkout stays as it is, to the byte, in whatever state it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.git_scene import BRANCH, ENV, add, git, make_clone, make_remote, state, stored

from perfreg.publish.stores.git_branch import GitBranch


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


def full(remote: Path, directory: Path) -> Path:
    return make_clone(remote, directory)


def shallow(remote: Path, directory: Path) -> Path:
    return make_clone(remote, directory, "--depth=1")


def single_branch(remote: Path, directory: Path) -> Path:
    return make_clone(remote, directory, "--single-branch", "--no-tags")


def partial(remote: Path, directory: Path) -> Path:
    git(remote, "config", "uploadpack.allowFilter", "true")
    return make_clone(remote, directory, "--filter=blob:none")


def dirty(remote: Path, directory: Path) -> Path:
    clone = make_clone(remote, directory)
    (clone / "code.py").write_text("stashed\n")
    git(clone, "stash")
    (clone / "staged.py").write_text("staged\n")
    git(clone, "add", "staged.py")
    (clone / "code.py").write_text("changed\n")
    (clone / "untracked.py").write_text("untracked\n")
    (clone / "records").mkdir()
    (clone / "records" / "2026-11.jsonl").write_text("the user's own\n")
    return clone


def detached(remote: Path, directory: Path) -> Path:
    clone = make_clone(remote, directory)
    git(clone, "checkout", "--quiet", "--detach", "HEAD~1")
    return clone


def merging(remote: Path, directory: Path) -> Path:
    clone = make_clone(remote, directory)
    git(clone, "checkout", "--quiet", "-b", "other", "HEAD~1")
    (clone / "code.py").write_text("print('conflict')\n")
    git(clone, "commit", "--quiet", "--all", "-m", "other")
    with pytest.raises(subprocess.CalledProcessError):
        git(clone, "merge", "origin/main")
    assert (clone / ".git" / "MERGE_HEAD").exists()
    return clone


def subdirectory(remote: Path, directory: Path) -> Path:
    clone = make_clone(remote, directory)
    git(clone, "remote", "set-url", "origin", "../remote.git")  # relative to the top, not to where we are
    (clone / "deep" / "down").mkdir(parents=True)
    return clone / "deep" / "down"


def linked_worktree(remote: Path, directory: Path) -> Path:
    clone = make_clone(remote, directory)
    git(clone, "worktree", "add", "--quiet", str(directory / "linked"))
    return clone / "linked"


@pytest.mark.parametrize(
    "prepare",
    [full, shallow, single_branch, partial, dirty, detached, merging, subdirectory, linked_worktree],
)
def test_any_checkout_serves_and_none_is_touched(
    remote: Path, tmp_path: Path, prepare: Callable[[Path, Path], Path]
) -> None:
    other = GitBranch(directory=make_clone(remote, tmp_path / "other"), env=ENV)
    directory = prepare(remote, tmp_path / "clone")
    before = state(tmp_path / "clone")
    store = GitBranch(directory=directory, env=ENV)
    assert store.pull() == {}
    store.push(add(1), "add run 1")
    other.push(add(2), "add run 2")
    store.push(add(3), "add run 3")
    assert store.pull() == stored(1, 2, 3)
    assert state(tmp_path / "clone") == before


def test_the_variables_of_a_hook_do_not_lead_astray(remote: Path, tmp_path: Path) -> None:
    clone, elsewhere = make_clone(remote, tmp_path / "clone"), make_clone(remote, tmp_path / "elsewhere")
    before = state(clone), state(elsewhere)
    env = {
        **ENV,
        "GIT_DIR": str(elsewhere / ".git"),
        "GIT_WORK_TREE": str(elsewhere),
        "GIT_INDEX_FILE": str(elsewhere / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(elsewhere / ".git" / "objects"),
        "GIT_COMMON_DIR": str(elsewhere / ".git"),
        "GIT_QUARANTINE_PATH": str(elsewhere),
        "GIT_SHALLOW_FILE": str(elsewhere / "shallow"),
        "GIT_NAMESPACE": "else",
        "GIT_COMMITTER_NAME": "Nobody",
        "GIT_PREFIX": "deep/",
        "GIT_TRACE": str(tmp_path / "trace"),
    }
    store = GitBranch(directory=clone, env=env)
    store.push(add(1), "add run 1")
    assert store.pull() == stored(1)
    assert (state(clone), state(elsewhere)) == before
    assert git(remote, "log", "-1", "--format=%cn", BRANCH) == "perfreg[bot]"
    assert not (tmp_path / "trace").exists()


def test_a_hook_of_the_checkout_can_push(remote: Path, tmp_path: Path) -> None:
    clone = make_clone(remote, tmp_path / "clone")
    script = tmp_path / "push.py"
    script.write_text(
        "import os\nfrom pathlib import Path\n"
        "from perfreg.publish.stores.git_branch import GitBranch\n"
        "from tests.support.git_scene import add\n"
        "assert 'GIT_INDEX_FILE' in os.environ\n"
        "GitBranch(directory=Path.cwd(), env=os.environ).push(add(1), 'add run 1')\n"
    )
    hook = clone / ".git" / "hooks" / "pre-commit"
    root = Path(__file__).parents[3]
    hook.write_text(f"#!/bin/sh\nPYTHONPATH='{root}' exec '{sys.executable}' '{script}'\n")
    hook.chmod(0o755)
    (clone / "code.py").write_text("print('new')\n")
    git(clone, "commit", "--quiet", "--all", "-m", "with a hook")
    assert git(clone, "status", "--porcelain") == ""
    assert GitBranch(directory=clone, env=ENV).pull() == stored(1)


@pytest.mark.parametrize("by", ["configuration", "environment"])
def test_the_ssh_command_of_the_checkout_is_used(remote: Path, tmp_path: Path, by: str) -> None:
    ssh, used = tmp_path / "ssh", tmp_path / "used"
    ssh.write_text(f'#!/bin/sh\necho "$1" >> \'{used}\'\neval "$2"\n')
    ssh.chmod(0o755)
    clone = make_clone(remote, tmp_path / "clone")
    git(clone, "remote", "set-url", "origin", f"ssh://code.example{remote}")
    git(clone, "config", "ssh.variant", "simple")
    env = {**ENV, "GIT_SSH_COMMAND": str(ssh)}
    if by == "configuration":
        git(clone, "config", "core.sshCommand", str(ssh))
        env = dict(ENV)
    store = GitBranch(directory=clone, env=env, token="unused")
    store.push(add(1), "add run 1")
    assert store.pull() == stored(1)
    assert set(used.read_text().split()) == {"code.example"}


def test_settings_of_people_do_not_disturb(remote: Path, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-push").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-push").chmod(0o755)
    settings = {
        "core.hooksPath": str(hooks),
        "push.gpgSign": "true",
        "commit.gpgSign": "true",
        "push.followTags": "true",
        "fetch.prune": "true",
        "fetch.recurseSubmodules": "true",
        "core.autocrlf": "true",
        "init.templateDir": str(hooks),
        "color.ui": "always",
    }
    config = tmp_path / "gitconfig"
    for key, value in settings.items():
        git(tmp_path, "config", "--file", str(config), key, value)
    env = {**ENV, "GIT_CONFIG_GLOBAL": str(config)}
    store = GitBranch(directory=make_clone(remote, tmp_path / "clone"), env=env)
    store.push(add(1), "add run 1")
    store.push(add(2), "add run 2")
    assert store.pull() == stored(1, 2)
