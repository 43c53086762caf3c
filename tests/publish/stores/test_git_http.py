"""Remotes over HTTP: the token reaches the server, and nobody else."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.support.git_http import TOKEN, GitServer, basic, git_server
from tests.support.git_scene import BRANCH, ENV, add, commits, git, make_clone, make_remote, stored

from perfreg.errors import StoreError
from perfreg.publish.stores.backoff import Backoff
from perfreg.publish.stores.git_branch import GitBranch


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def server(remote: Path) -> Iterator[GitServer]:
    with git_server(remote) as running:
        yield running


@pytest.fixture
def clone(remote: Path, server: GitServer, tmp_path: Path) -> Path:
    """A clone as actions/checkout leaves it with ``persist-credentials: false``."""
    directory = make_clone(remote, tmp_path / "clone", "--depth=1")
    git(directory, "remote", "set-url", "origin", server.url)
    return directory


@pytest.fixture
def store(clone: Path) -> GitBranch:
    return GitBranch(directory=clone, env=ENV, token=TOKEN, backoff=Backoff(first_s=0.05))


class Witness:
    """Looks at every git process and its private repository while the server is being asked."""

    def __init__(self, *secrets: str) -> None:
        self.secrets = secrets
        self.commands: list[str] = []
        self.leaks: list[str] = []

    def look(self) -> None:
        for process in psutil.Process().children(recursive=True):
            try:
                command, env = " ".join(process.cmdline()), process.environ()
            except psutil.Error:
                continue
            self.commands.append(command)
            for path in Path(env.get("GIT_DIR", "/nowhere")).rglob("*"):
                if path.is_file() and any(secret.encode() in path.read_bytes() for secret in self.secrets):
                    self.leaks.append(str(path))
        self.leaks.extend(command for command in self.commands if any(secret in command for secret in self.secrets))


def test_the_token_travels_in_the_environment_alone(server: GitServer, store: GitBranch, remote: Path) -> None:
    witness = Witness(TOKEN, basic(TOKEN).removeprefix("basic "))
    server.before = witness.look
    store.push(add(1), "add run 1")
    assert store.pull() == stored(1)
    assert commits(remote) == 1
    assert all(sent == [basic(TOKEN)] for sent in server.authorizations)
    assert any("push" in command for command in witness.commands)
    assert any("remote-http" in command for command in witness.commands)
    assert witness.leaks == []
    assert TOKEN not in repr(store)


def test_the_token_is_in_no_error(server: GitServer, store: GitBranch, clone: Path) -> None:
    url = server.url.replace("http://", f"http://user:{TOKEN}@") + "-gone"
    git(clone, "remote", "set-url", "origin", url)
    with pytest.raises(StoreError) as caught:
        store.pull()
    message = str(caught.value)
    assert TOKEN not in message
    assert "user" not in message
    assert "not found" in message
    assert "\n" not in message


def test_a_server_that_repeats_the_token_puts_it_in_no_error(store: GitBranch, remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho 'you sent {TOKEN}, {basic(TOKEN)}' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(StoreError, match=r"you sent \*\*\*, basic \*\*\*;"):
        store.push(add(1), "add")


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_a_right_token_it_fails_at_once_and_never_asks(store: GitBranch, tmp_path: Path, token: str) -> None:
    askpass, asked = tmp_path / "askpass", tmp_path / "asked"
    askpass.write_text(f"#!/bin/sh\ntouch '{asked}'\necho secret\n")
    askpass.chmod(0o755)
    env = {**ENV, "GIT_ASKPASS": str(askpass), "SSH_ASKPASS": str(askpass), "DISPLAY": ":0"}
    with pytest.raises(StoreError, match=r"token or key .*contents: write"):
        replace(store, token=token, env=env).push(add(1), "add")
    assert not asked.exists()


def test_credentials_of_the_checkout_serve(server: GitServer, store: GitBranch, clone: Path, tmp_path: Path) -> None:
    header = f"http.{server.url.rpartition('/')[0]}/.extraheader", f"AUTHORIZATION: {basic(TOKEN)}"
    store = replace(store, token="")
    git(clone, "config", *header)
    store.push(add(1), "with a header in the local configuration")
    git(clone, "config", "--unset-all", header[0])
    with pytest.raises(StoreError):
        store.pull()
    included = tmp_path / "credentials.config"
    git(clone, "config", "--file", str(included), *header)
    git(clone, "config", f"includeIf.gitdir:{clone}/.git.path", str(included))
    store.push(add(2), "with a header in a file that is included for this checkout")
    git(clone, "config", "--unset-all", f"includeIf.gitdir:{clone}/.git.path")
    personal = tmp_path / "gitconfig"
    git(clone, "config", "--file", str(personal), f"includeIf.gitdir:{clone}/.path", str(included))
    replace(store, env={**ENV, "GIT_CONFIG_GLOBAL": str(personal)}).push(add(3), "the same, for a person")
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\necho username=x-access-token\necho password={TOKEN}\n")
    helper.chmod(0o755)
    git(clone, "config", "credential.helper", str(helper))
    assert store.pull() == stored(1, 2, 3)


def test_settings_in_the_environment_serve(server: GitServer, store: GitBranch) -> None:
    env = {
        **ENV,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: {basic(TOKEN)}",
    }
    replace(store, token="", env=env).push(add(1), "add")
    assert server.authorizations[-1] == [basic(TOKEN)]


def test_the_token_replaces_the_one_of_the_checkout(server: GitServer, store: GitBranch, clone: Path) -> None:
    git(clone, "config", f"http.{server.url.rpartition('/')[0]}/.extraheader", f"AUTHORIZATION: {basic('read-only')}")
    store.push(add(1), "add")
    assert set(map(tuple, server.authorizations)) == {(basic(TOKEN),)}


def test_short_urls_of_the_configuration_are_known(server: GitServer, store: GitBranch, clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "forge:remote.git")
    git(clone, "config", f"url.{server.url.removesuffix('remote.git')}.insteadOf", "forge:")
    store.push(add(1), "add")
    assert store.pull() == stored(1)


def test_the_token_does_not_follow_a_redirection(server: GitServer, store: GitBranch, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with git_server(make_remote(tmp_path / "elsewhere")) as other:
        server.redirect = other.url.rpartition("/")[0]
        with pytest.raises(StoreError, match="mend the URL"):
            store.pull()
        assert other.authorizations == []


def test_the_token_goes_to_no_other_server(server: GitServer, store: GitBranch, clone: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with git_server(make_remote(tmp_path / "elsewhere")) as other:
        git(clone, "config", "remote.origin.pushurl", other.url)
        with pytest.raises(StoreError, match="git push failed"):
            store.push(add(1), "add")
        assert set(map(tuple, other.authorizations)) == {()}


def test_failures_that_pass_are_tried_again(server: GitServer, store: GitBranch, remote: Path) -> None:
    server.answers = {"/info/refs?service=git-upload-pack": [503, 502], "service=git-receive-pack": [429]}
    pushed = store.push(add(1), "add")
    assert (pushed.changed, pushed.attempts) == (True, 4)
    assert commits(remote) == 1


def test_a_push_whose_answer_is_lost_counts_as_done(server: GitServer, store: GitBranch, remote: Path) -> None:
    server.answers = {"/git-receive-pack": [502]}
    pushed = store.push(add(1), "add")
    assert (pushed.changed, pushed.attempts, commits(remote)) == (True, 2, 1)
    assert git(remote, "rev-parse", BRANCH).startswith(pushed.location.rpartition(" ")[2])


def test_a_server_that_never_answers_costs_the_time_limit_only(server: GitServer, store: GitBranch) -> None:
    server.before = lambda: time.sleep(4)
    started = time.monotonic()
    with pytest.raises(
        StoreError, match=r"gave up after 1 attempts in \d s; the last one: git fetch was not done in time"
    ):
        replace(store, time_limit_s=1).push(add(1), "add")
    assert time.monotonic() - started < 3.5
    ours = [process for process in psutil.Process().children(recursive=True) if process.name().startswith("git")]
    assert [process for process in ours if process.status() != psutil.STATUS_ZOMBIE] == []


def test_large_pushes_pass(server: GitServer, store: GitBranch, remote: Path) -> None:
    git(remote, "config", "core.bigFileThreshold", "1k")
    big = {"2026-01.jsonl": "".join(f'{{"id":"{n}","kind":"run","v":1}}\n' for n in range(20_000))}
    store.push(lambda _: big, "add")
    assert store.pull() == big
    assert subprocess.run(("git", "fsck", "--strict"), cwd=remote, check=True, capture_output=True).returncode == 0
