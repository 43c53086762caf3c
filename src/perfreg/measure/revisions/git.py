"""Git as comparing needs it: no prompt, no hooks, an end in time, and errors of one line that hold no secret."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from perfreg.config.secrecy import without_userinfo
from perfreg.errors import RevisionError
from perfreg.measure.service_log import clean
from perfreg.measure.shell import own_group

QUERY_S = 60.0
"""Seconds that a command without network may take."""
_MOST_CHARACTERS = 300

_KEPT = re.compile(
    r"GIT_(SSH|SSL_|PROXY_SSL_|HTTP_|LFS_|ALLOW_PROTOCOL|EXEC_PATH|CEILING_DIRECTORIES"
    r"|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|PARAMETERS|KEY_\d+|VALUE_\d+)).*"
)
"""Variables that say how to reach a remote or what git is set to. All others are dropped: hooks set them to name
*their* repository, index and author."""
CI = ("CI", "TF_BUILD", "JENKINS_URL")
"""Variables of which one is set in every CI."""
_OURS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "core.longPaths=true",
    "credential.interactive=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.prune=false",
    "fetch.pruneTags=false",
    "fetch.writeCommitGraph=false",
    "submodule.recurse=false",
    "advice.detachedHead=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
)
"""What a user's configuration may say otherwise, for repositories people work in."""
_OPTIONS = tuple(part for setting in _OURS for part in ("-c", setting))

_NOISE = re.compile(r"(hint:|warning:|remote: *$|Please make sure you have|and the repo|From |Cloning into|Preparing )")
_DENIED = (
    r"authentication failed|could not read (username|password)|prompts disabled|permission denied|publickey"
    r"|returned error: 40[13]|host key verification"
)
_HINTS: tuple[tuple[str, str], ...] = (
    (r"dubious ownership", "git does not trust this checkout: git config --global --add safe.directory DIRECTORY"),
    (
        _DENIED,
        "keep the credentials of the checkout (persist-credentials) or fetch the whole history there (fetch-depth: 0)",
    ),
    (
        r"does not appear to be a git repository|repository .*not found|no such remote|returned error: 404",
        "check the remote with `git remote -v`",
    ),
    (
        r"could not resolve|failed to connect|couldn't connect|connection refused|timed out|unable to access",
        "check the network, or fetch the revision beforehand: git fetch origin BRANCH",
    ),
    (r"no space left", "make room on the disk"),
    (r"unknown option|usage: git", "install git 2.31 or newer"),
)


class GitError(RevisionError):
    """A git command that failed; ``output`` is all that it complained of."""

    def __init__(self, message: str, *, where: str = "", hint: str = "", output: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.output = output


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """Git in ``directory`` with exactly the environment ``env``: see `git_environment`."""

    directory: Path
    env: Mapping[str, str] = field(repr=False)

    def at(self, directory: Path) -> Git:
        """The same in another directory."""
        return replace(self, directory=directory)

    def run(self, *arguments: str, seconds: float = QUERY_S, hold: int | None = None) -> str:
        """What ``git arguments`` prints, without the last line end. Raises `GitError`.

        ``hold`` is a file descriptor that git keeps open as long as it lives: a lock that outlives us if git does.
        """
        process = self._start(arguments, hold)
        try:
            output, complaints = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            hint = "try again, or fetch the revision beforehand: git fetch origin BRANCH"
            raise GitError(f"git {arguments[0]} was not done after {seconds:g} s", hint=hint) from error
        finally:
            if process.poll() is None:
                _kill(process)
        if process.returncode:
            raise _failure(arguments[0], complaints.decode("utf-8", "replace"))
        return output.decode("utf-8", "surrogateescape").removesuffix("\n")

    def query(self, *arguments: str) -> str:
        """The same, empty when git has no answer."""
        try:
            return self.run(*arguments)
        except GitError:
            return ""

    def says(self, *arguments: str) -> bool:
        """Whether git agrees, by its exit code."""
        try:
            self.run(*arguments)
        except GitError:
            return False
        return True

    def _start(self, arguments: tuple[str, ...], hold: int | None) -> subprocess.Popen[bytes]:
        held = () if hold is None or os.name == "nt" else (hold,)
        try:
            return subprocess.Popen(
                ("git", *_OPTIONS, *arguments),
                cwd=self.directory,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=held,
                **own_group(),  # without a terminal ssh cannot ask for a passphrase either
            )
        except OSError as error:
            hint = "install git and check the directory"
            raise RevisionError(
                f"git cannot be started in {str(self.directory)!r}: {error.strerror}", hint=hint
            ) from error


def git_environment(env: Mapping[str, str]) -> dict[str, str]:
    """``env`` for git: nothing that points it at another repository, nothing that would ask somebody."""
    kept = {name: value for name, value in env.items() if not name.startswith("GIT_") or _KEPT.fullmatch(name)}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never", "GCM_INTERACTIVE": "never"}
    if any(env.get(name) for name in CI) and env.get("GIT_ASKPASS"):
        quiet["GIT_ASKPASS"] = env["GIT_ASKPASS"]  # a CI's answers from a file; on a desktop it opens a window
    return {**kept, **quiet, "LC_ALL": "C", "LANGUAGE": ""}


def _failure(command: str, output: str) -> GitError:
    lines = (clean(line.strip()) for line in without_userinfo(output).splitlines())
    text = "; ".join(line for line in lines if line and not _NOISE.match(line)) or "it says nothing"
    if len(text) > _MOST_CHARACTERS:
        text = f"{text[:_MOST_CHARACTERS]}…"
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, output, re.IGNORECASE)), "")
    return GitError(f"git {command} failed: {text}", hint=hint, output=output)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End git with its helpers: one that hangs in the network would keep our pipes open."""
    import psutil

    with suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):  # it has ended by itself
                child.kill()
    process.kill()
    process.communicate()
