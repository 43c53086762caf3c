"""What GitHub tells a job about itself: variables of the environment, and the payload of the event.

Whoever opens a pull request chooses branch names and titles. They are looked up and never run, and a number or a commit
counts only where it looks like one. A job that was started by another workflow takes all of it from that run's record,
which GitHub wrote, and nothing from what the run has left behind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from perfreg.errors import ForgeError
from perfreg.publish.forges.kind import Home, Site
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.origin import Origin
from perfreg.report.escape import visible

PUBLIC = "https://api.github.com"

_HOSTS = ("github.com", "ssh.github.com")
_PAGE = re.compile(r"(?P<path>[^/]+/[^/]+)/pull/\d+")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_QUEUE = re.compile(r"refs/heads/gh-readonly-queue/.+/pr-(\d{1,12})-[0-9a-f]{40,64}", re.DOTALL | re.ASCII)
_SERVER = re.compile(r"https?://[A-Za-z0-9.:-]{1,255}")
_MOST_BYTES = 32 << 20


def is_here(env: Mapping[str, str]) -> bool:
    """Whether this is a job of GitHub Actions, or of something that behaves like it."""
    return bool(env.get("GITHUB_REPOSITORY")) and bool(env.get("GITHUB_EVENT_NAME"))


def site(env: Mapping[str, str]) -> Site | None:
    """Where a job of GitHub Actions is, and what it is about."""
    if not is_here(env):
        return None
    found = occasion(env)
    api = (env.get("GITHUB_API_URL") or PUBLIC).rstrip("/")
    return Site(forge="github", home=Home(api=api, repository=found.repository), occasion=found)


def home(origin: Origin, sure: bool) -> Home | None:  # noqa: FBT001 - the shape of `ForgeKind.home`
    """Where the repository behind an address is, if that is one of GitHub's."""
    found = _PAGE.fullmatch(origin.path)
    if not (found or sure or origin.is_named("github")):
        return None
    path = found["path"] if found else origin.path
    api = PUBLIC if origin.host in _HOSTS else f"{origin.server}/api/v3"
    return Home(api=api, repository=path) if path.count("/") == 1 else None


def occasion(env: Mapping[str, str]) -> Occasion:
    """Why this job runs. Raises `ForgeError` for an environment that no runner makes."""
    repository = env.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise ForgeError(f"{visible(repository)!r} is no repository", where="GITHUB_REPOSITORY", hint="owner/name")
    name, event = env.get("GITHUB_EVENT_NAME", ""), _payload(env)
    seen = Occasion(event=name, repository=repository, url=_run_url(env, repository, env.get("GITHUB_RUN_ID", "")))
    if name.startswith("pull_request"):
        return _of_pull_request(event.get("pull_request"), seen)
    if name == "workflow_run":
        measured = _run_url(env, repository, str(_number(_part(event, "workflow_run", "id"))))
        return _of_workflow_run(event, replace(seen, url=measured))
    if name == "merge_group":
        group = event.get("merge_group")
        queue = _QUEUE.fullmatch(_text(group, "head_ref"))
        return replace(seen, commit=_commit(_part(group, "head_sha")), queued=int(queue[1]) if queue else 0)
    if name == "issue_comment":
        is_request = _part(event, "issue", "pull_request") is not None
        return replace(seen, number=_number(_part(event, "issue", "number")) if is_request else 0)
    return _of_branch(env, event, seen)


def _of_pull_request(request: Any, seen: Occasion) -> Occasion:
    return replace(
        seen,
        number=_number(_part(request, "number")),
        commit=_commit(_part(request, "head", "sha")),
        branch=_text(request, "head", "ref"),
        is_foreign=_part(request, "head", "repo", "full_name") != seen.repository,
    )


def _of_workflow_run(event: Mapping[str, Any], seen: Occasion) -> Occasion:
    run = event.get("workflow_run")
    source, branch = _text(run, "head_repository", "full_name"), _text(run, "head_branch")
    is_own = source == seen.repository
    main = _text(event, "repository", "default_branch")
    measured = _text(run, "event")
    return replace(
        seen,
        commit=_commit(_part(run, "head_sha")),
        owner=source.partition("/")[0] if measured.startswith("pull_request") else "",
        branch=branch,
        is_main=is_own and branch == main and measured in ("push", "schedule", "workflow_dispatch"),
        is_foreign=not is_own,
        conclusion=_text(run, "conclusion") or "unknown",
    )


def _of_branch(env: Mapping[str, str], event: Mapping[str, Any], seen: Occasion) -> Occasion:
    ref = env.get("GITHUB_REF", "")
    branch = ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ""
    main = _text(event, "repository", "default_branch")
    return replace(seen, commit=_commit(env.get("GITHUB_SHA")), branch=branch, is_main=bool(branch) and branch == main)


def _run_url(env: Mapping[str, str], repository: str, run: str) -> str:
    """The page of a run, where its summary and its artifacts are."""
    server = env.get("GITHUB_SERVER_URL", "")
    usable = _SERVER.fullmatch(server) and run.isascii() and run.isdigit()
    return f"{server}/{repository}/actions/runs/{run}" if usable else ""


def _payload(env: Mapping[str, str]) -> dict[str, Any]:
    path = env.get("GITHUB_EVENT_PATH", "")
    if not path:
        return {}
    try:
        with Path(path).open("rb") as stream:
            document = json.loads(stream.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise ForgeError("the event cannot be read", where="GITHUB_EVENT_PATH", hint="is it a job's own?") from error
    return document if isinstance(document, dict) else {}


def _commit(value: Any) -> str:
    return value if isinstance(value, str) and _COMMIT.fullmatch(value) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 40 else 0


def _part(document: Any, *path: str) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _text(document: Any, *path: str) -> str:
    found = _part(document, *path)
    return found if isinstance(found, str) else ""
