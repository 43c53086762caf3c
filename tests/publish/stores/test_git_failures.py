"""Failures that another attempt would not mend are told at once, in one line, with what would."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.git_scene import ENV, add, git, make_clone, make_remote

from perfreg.errors import StoreError
from perfreg.publish.stores.backoff import Backoff, TryAgain
from perfreg.publish.stores.git_branch import GitBranch
from perfreg.publish.stores.git_failure import failure


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def store(remote: Path, tmp_path: Path) -> GitBranch:
    def never(_: float) -> None:
        raise AssertionError("it was tried again")

    return GitBranch(directory=make_clone(remote, tmp_path / "clone"), env=ENV, backoff=Backoff(sleep=never))


def test_a_remote_that_is_gone(remote: Path, store: GitBranch) -> None:
    shutil.rmtree(remote)
    for action in (store.pull, lambda: store.push(add(1), "add")):
        with pytest.raises(StoreError, match=r"branch perfreg-data of origin: git fetch failed: .*git remote -v"):
            action()


def test_a_remote_that_has_no_such_name(store: GitBranch) -> None:
    with pytest.raises(StoreError, match=r"of upstream: git fetch failed: .*git remote -v"):
        replace(store, remote="upstream").pull()


def test_no_checkout(store: GitBranch, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"run perfreg inside a git checkout"):
        replace(store, directory=tmp_path).pull()


def test_no_git(store: GitBranch) -> None:
    with pytest.raises(StoreError, match="git cannot be started"):
        replace(store, env={**ENV, "PATH": "/nowhere"}).pull()


def test_a_git_that_is_too_old(store: GitBranch, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho git version 2.25.1\n")
    old.chmod(0o755)
    with pytest.raises(StoreError, match=r"git version 2\.25\.1 is too old \(install git 2\.31 or newer\)"):
        replace(store, env={**ENV, "PATH": f"{old.parent}{os.pathsep}{ENV['PATH']}"}).pull()


def test_a_hook_that_declines(remote: Path, store: GitBranch) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nprintf '\\033[31mno data here\\033[0m\\n::error::boo\\n' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(StoreError, match=r"no data here.*hook declined.*baseline\.branch") as caught:
        store.push(add(1), "add")
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_remote_that_refuses_forced_pushes(remote: Path, store: GitBranch) -> None:
    store.push(add(1), "add")
    git(remote, "config", "receive.denyNonFastForwards", "true")
    store.push(add(2), "add")
    with pytest.raises(StoreError, match=r"forced pushes, which squashing needs"):
        replace(store, squash=True).push(add(3), "add")


def test_a_branch_inside_of_another(store: GitBranch) -> None:
    store.push(add(1), "add")
    with pytest.raises(StoreError, match=r"a branch cannot lie inside of another"):
        replace(store, branch="perfreg-data/linux").push(add(2), "add")


def told(output: str, *secrets: str) -> StoreError:
    return failure("push", output, place="here", secrets=secrets)


@pytest.mark.parametrize(
    "output",
    [
        " ! [rejected]        1a2b -> data (stale info)\nerror: failed to push some refs to 'x'",
        " ! [remote rejected] 1a2b -> data (cannot lock ref 'refs/heads/data': is at 1 but expected 2)",
        "remote: error: cannot lock ref 'refs/heads/data': reference already exists\n ! [remote rejected] (failed)",
        "TF401028: The reference 'refs/heads/data' has already been updated by another client",
        "fatal: remote error: upload-pack: not our ref 1a2b",
        "fatal: unable to access 'https://h/': The requested URL returned error: 503",
        "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nfatal: early EOF",
        "fatal: the remote end hung up unexpectedly",
    ],
)
def test_what_may_pass_is_tried_again(output: str) -> None:
    assert isinstance(told(output), TryAgain)


@pytest.mark.parametrize(
    ("output", "hint"),
    [
        ("remote: Write access denied\nfatal: unable to access 'https://h/': returned error: 403", "write"),
        ("fatal: could not read Username for 'https://h': terminal prompts disabled", "contents: write"),
        ("git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.", "token or key"),
        ("remote: error: GH006: Protected branch update failed.\n ! [remote rejected] (declined)", "protection"),
        ("remote: error: GH013: Repository rule violations found for refs/heads/data.", "protection"),
        ("remote: Repository not found.\nfatal: repository 'https://h/' not found", "git remote -v"),
        ("fatal: unable to access 'https://h/': Could not resolve host: h", "network"),
        ("fatal: detected dubious ownership in repository at '/w'", "safe.directory"),
    ],
)  # fmt: skip
def test_what_stays_comes_with_a_cure(output: str, hint: str) -> None:
    error = told(output)
    assert not isinstance(error, TryAgain)
    assert hint in error.hint
    assert "\n" not in str(error)


def test_what_is_told_is_short_and_holds_no_secret() -> None:
    error = told(f"fatal: https://me:pass@host/ s3cret \x1b]0;title\x07 \u202e {'x' * 5000}\nhint: do this", "s3cret")
    assert error.message.startswith("git push failed: fatal: https://host/ ***")
    assert len(error.message) < 500
    assert not set("\x1b\x07\u202e") & set(error.message)
    assert "hint" not in error.message
