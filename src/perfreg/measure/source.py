"""Which code is measured: commit, branch and pull request, from the CI's variables and from git."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfreg.model.run import Source

_GIT_TIMEOUT_S = 20
_LINEAGE = 50_000
_MESSAGES = 200
_GUILTY = 10
_HASH = re.compile(r"[0-9a-f]{7,64}")
_COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "BITBUCKET_COMMIT")
_KEPT = re.compile(r"GIT_(SSL_CAINFO|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+))")
_BRANCH_VARIABLES = ("CI_COMMIT_BRANCH", "BITBUCKET_BRANCH", "BRANCH_NAME")
_PULL_REQUEST_VARIABLES = (
    "CI_MERGE_REQUEST_IID",
    "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER",
    "SYSTEM_PULLREQUEST_PULLREQUESTID",
    "BITBUCKET_PR_ID",
    "CHANGE_ID",
)
_BASE_VARIABLES = ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_DEFAULT_BRANCH", "CHANGE_TARGET")


def detect(directory: Path, env: Mapping[str, str], *, base_branch: str | None = None) -> Source:
    """Describe the checkout that ``directory`` lies in; every field is empty where there is none.

    ``base_branch`` is the configured one and wins over what the CI or the clone says.
    """
    if not _git(directory, env, "rev-parse", "--is-inside-work-tree"):
        # Inside a container git may refuse a checkout of another user; the CI still knows what it checked out.
        return Source(
            commit=next((env[name] for name in _COMMIT_VARIABLES if env.get(name)), ""),
            branch=_branch(directory, env),
            base_branch=base_branch or _base_branch(directory, env),
            pull_request=_pull_request(env),
        )
    commit, *parents = (_git(directory, env, "rev-list", "--parents", "--max-count=1", "HEAD") or "").split() or [""]
    return Source(
        commit=commit,
        parents=tuple(parents),
        branch=_branch(directory, env, commit),
        base_branch=base_branch or _base_branch(directory, env),
        pull_request=_pull_request(env),
        dirty=bool(_git(directory, env, "status", "--porcelain", "--untracked-files=no")),
    )


def ancestors(directory: Path, env: Mapping[str, str]) -> frozenset[str] | None:
    """HEAD and the commits it comes from, newest `_LINEAGE` of them; None where they are not known (shallow clones).

    For a pull request that is what its base branch was when it was merged or last updated, and nothing newer.
    """
    if _git(directory, env, "rev-parse", "--is-shallow-repository") != "false":
        return None
    listed = _git(directory, env, "rev-list", f"--max-count={_LINEAGE}", "HEAD")
    return frozenset(listed.split()) or None


def messages(directory: Path, env: Mapping[str, str], *, since: str = "") -> tuple[tuple[str, str], ...]:
    """Author and message of HEAD, and of the commits that HEAD merged when it is a merge; newest first.

    With the commit ``since``, of all commits that HEAD has and it has not.
    """
    merged = _git(directory, env, "rev-parse", "--verify", "--quiet", "HEAD^2")
    wanted = ("HEAD^1..HEAD",) if merged else ("--max-count=1", "HEAD")
    if since and _git(directory, env, "merge-base", since, "HEAD"):
        wanted = (f"{since}..HEAD",)
    text = _git(directory, env, "log", f"--max-count={_MESSAGES}", "--format=%an%x00%B%x00%x00", *wanted)
    entries = (entry.strip("\n").partition("\0") for entry in text.split("\0\0"))
    return tuple((author, body.strip()) for author, _, body in entries if author)


def commits_between(directory: Path, env: Mapping[str, str], good: str, bad: str) -> tuple[str, ...]:
    """The commits after ``good`` up to ``bad``, newest first, each as `git log --oneline` shows it, ten at most.

    Empty where git does not know them. Both come from a store, so whatever is not a commit's hash is none.
    """
    if not all(_HASH.fullmatch(each) for each in (good, bad)):
        return ()
    listed = _git(
        directory, env, "log", f"--max-count={_GUILTY}", "--no-show-signature", "--format=%h %s", f"{good}..{bad}", "--"
    )
    return tuple(listed.splitlines())


def is_from_fork(env: Mapping[str, str]) -> bool:
    """Whether the pull request at hand comes from another repository; also when that cannot be told."""
    if env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"):
        return env["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"] != env.get("CI_MERGE_REQUEST_PROJECT_ID")
    request = _event(env).get("pull_request")
    if not isinstance(request, dict):
        return True
    names = [_repository_of(request.get(side)) for side in ("head", "base")]
    return not names[0] or names[0] != names[1]


def _repository_of(side: object) -> str:
    repository = side.get("repo") if isinstance(side, dict) else None
    name = repository.get("full_name") if isinstance(repository, dict) else None
    return name if isinstance(name, str) else ""


def clean_git_environment(env: Mapping[str, str]) -> dict[str, str]:
    """``env`` without the variables that would point git at another repository (set inside hooks, for one)."""
    kept = {name: value for name, value in env.items() if not name.startswith("GIT_") or _KEPT.fullmatch(name)}
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def _git(directory: Path, env: Mapping[str, str], *arguments: str) -> str:
    """The output of a git query, empty when git or the answer is missing: an unknown commit is no error here."""
    command = ("git", "-C", str(directory), *arguments)
    try:
        done = subprocess.run(
            command,
            env=clean_git_environment(env),
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _branch(directory: Path, env: Mapping[str, str], commit: str = "") -> str:
    """The branch that ``commit`` is the head of.

    After some events GitHub names the default branch, whatever the job has checked out: what strangers wrote, perhaps.
    """
    if env.get("GITHUB_HEAD_REF"):
        return env["GITHUB_HEAD_REF"]
    is_elsewhere = bool(commit and env.get("GITHUB_SHA")) and env["GITHUB_SHA"] != commit
    for name in ("GITHUB_REF", "BUILD_SOURCEBRANCH"):
        if env.get(name, "").startswith("refs/heads/") and not (is_elsewhere and name == "GITHUB_REF"):
            return env[name].removeprefix("refs/heads/")
    named = next((env[name] for name in _BRANCH_VARIABLES if env.get(name)), "")
    return named or _git(directory, env, "symbolic-ref", "--short", "HEAD")


def _pull_request(env: Mapping[str, str]) -> str:
    parts = env.get("GITHUB_REF", "").split("/")
    if parts[:2] == ["refs", "pull"] and len(parts) > 2:
        return parts[2]
    if env.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return "unknown"
    return next((env[name] for name in _PULL_REQUEST_VARIABLES if env.get(name)), "")


def _base_branch(directory: Path, env: Mapping[str, str]) -> str:
    if env.get("GITHUB_BASE_REF"):
        return env["GITHUB_BASE_REF"]
    named = next((env[name] for name in _BASE_VARIABLES if env.get(name)), "") or _default_branch_of_event(env)
    if named:
        return named
    remote = _git(directory, env, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    if remote:
        return remote.partition("/")[2]
    known = ("main", "master", "trunk")
    return next((name for name in known if _git(directory, env, "rev-parse", "--verify", f"refs/heads/{name}")), "")


def _default_branch_of_event(env: Mapping[str, str]) -> str:
    repository = _event(env).get("repository")
    name = repository.get("default_branch") if isinstance(repository, dict) else None
    return name if isinstance(name, str) else ""


def _event(env: Mapping[str, str]) -> dict[str, Any]:
    """The payload of the event that started a GitHub workflow; empty where there is none."""
    try:
        event = json.loads(Path(env.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return event if isinstance(event, dict) else {}
