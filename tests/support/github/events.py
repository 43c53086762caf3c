"""What GitHub tells a job: payloads as they are published, with the facts of a test in them.

The payloads are from the npm package ``@octokit/webhooks-examples`` (MIT). To renew the excerpt::

    npm pack @octokit/webhooks-examples@7.6.1 && tar xzf octokit-webhooks-examples-7.6.1.tgz
    python -m tests.support.github.events package/api.github.com/index.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.support.github.documents import BASE, HEAD, REPOSITORY

EXCERPT = Path(__file__).parents[2] / "data" / "github" / "events.json"
FORK = "stranger/shop"

_NOTICE = (
    "Published examples of GitHub's webhook payloads, contributed by the community: npm package "
    "@octokit/webhooks-examples 7.6.1 (MIT License), one of each event, without its many addresses."
)
_CHOSEN = {
    "pull_request": 22,
    "workflow_run": 1,
    "push": 5,
    "merge_group": 0,
    "issue_comment": 3,
    "workflow_dispatch": 0,
}


def pull_request(
    *, number: int = 42, head: str = HEAD, branch: str = "feature", source: str | None = REPOSITORY, title: str = ""
) -> dict[str, Any]:
    event = _event("pull_request")
    request = event["pull_request"]
    request.update(number=number, title=title or request["title"])
    request["head"].update(
        sha=head, ref=branch, repo=None if source is None else {**request["head"]["repo"], "full_name": source}
    )
    request["base"]["repo"]["full_name"] = REPOSITORY
    return event


def workflow_run(
    *,
    head: str = HEAD,
    branch: str = "feature",
    source: str = FORK,
    event: str = "pull_request",
    conclusion: str = "success",
) -> dict[str, Any]:
    document = _event("workflow_run")
    run = document["workflow_run"]
    run.update(id=777, head_sha=head, head_branch=branch, event=event, conclusion=conclusion, pull_requests=[])
    run["head_repository"]["full_name"] = source
    return document


def push() -> dict[str, Any]:
    return _event("push")


def workflow_dispatch() -> dict[str, Any]:
    return _event("workflow_dispatch")


def merge_group() -> dict[str, Any]:
    event = _event("merge_group")
    event["merge_group"].update(head_sha=HEAD, head_ref=f"refs/heads/gh-readonly-queue/main/pr-42-{BASE}")
    return event


def issue_comment(*, number: int = 42) -> dict[str, Any]:
    event = _event("issue_comment")
    event["issue"].update(number=number, pull_request={})
    return event


def environment(directory: Path, name: str, event: dict[str, Any], **variables: str) -> dict[str, str]:
    """The variables of a job that was started by this event."""
    path = directory / "event.json"
    path.write_text(json.dumps(event), encoding="utf-8")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_RUN_ID": "4711",
        "GITHUB_SHA": BASE,
        "GITHUB_REF": "refs/heads/main" if name in ("push", "schedule", "workflow_dispatch") else "refs/pull/42/merge",
        **variables,
    }


def _event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(EXCERPT.read_text("utf-8"))[name]
    event["repository"].update(full_name=REPOSITORY, default_branch="main")
    return event


def _without_addresses(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_addresses(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_addresses(value)
        for key, value in node.items()
        if not (isinstance(value, str) and (key.endswith("url") or key == "_links")) and key != "_links"
    }


if __name__ == "__main__":
    listed = {each["name"]: each["examples"] for each in json.loads(Path(sys.argv[1]).read_text("utf-8"))}
    chosen = {name: _without_addresses(listed[name][index]) for name, index in _CHOSEN.items()}
    lines = (
        f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}"
        for key, value in {"$comment": _NOTICE, **chosen}.items()
    )
    EXCERPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
