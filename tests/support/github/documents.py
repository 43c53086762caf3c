"""What the fake GitHub knows, and how its API shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.github import description
from tests.support.rest_server import Reply

REPOSITORY = "octo/shop"
ME = "github-actions[bot]"
HEAD = "8c1f0e7b2d3a4c5e6f708192a3b4c5d6e7f80910"
BASE = "77aa0e7b2d3a4c5e6f708192a3b4c5d6e7f80911"


@dataclass(kw_only=True)
class Note:
    """A comment as the server knows it."""

    id: int
    number: int
    author: str
    body: str
    minimized: str = ""
    reactions: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Thread:
    """An issue, or a pull request: those have a ``head``."""

    number: int
    author: str = "octocat"
    title: str = "A title"
    body: str = ""
    state: str = "open"
    labels: list[str] = field(default_factory=list)
    labelled: list[tuple[str, str]] = field(default_factory=list)
    """Who gave which label."""
    head: str = ""
    branch: str = "feature"
    source: str | None = REPOSITORY
    merged_as: str = ""

    @property
    def is_pull(self) -> bool:
        return bool(self.head)


def comment(url: str, note: Note) -> dict[str, Any]:
    return description.filled(
        "issue-comment",
        id=note.id,
        node_id=f"IC_{note.id}",
        body=note.body,
        user=user(note.author) if note.author else None,
        url=f"{url}/repos/{REPOSITORY}/issues/comments/{note.id}",
        html_url=f"https://github.example/{REPOSITORY}/pull/{note.number}#issuecomment-{note.id}",
        created_at=f"2026-11-20T10:{note.id % 60:02}:00Z",
    )


def issue(thread: Thread) -> dict[str, Any]:
    pull = {"diff_url": None, "html_url": None, "patch_url": None, "url": None}
    return description.filled(
        "issue",
        number=thread.number,
        title=thread.title,
        body=thread.body,
        state=thread.state,
        user=user(thread.author),
        html_url=f"https://github.example/{REPOSITORY}/issues/{thread.number}",
        labels=[label(name) for name in thread.labels],
        **({"pull_request": pull} if thread.is_pull else {}),
    )


def pull(thread: Thread, schema: str) -> dict[str, Any]:
    document = description.filled(schema, number=thread.number, title=thread.title, state=thread.state)
    facts = {"node_id": "L", "url": "https://github.example/l", "description": "", "default": False}
    document["labels"] = [{**label(name), "id": index, **facts} for index, name in enumerate(thread.labels, 1)]
    repository = None if thread.source is None else description.filled("repository", full_name=thread.source)
    document["head"] = {**document["head"], "sha": thread.head, "ref": thread.branch, "repo": repository}
    document["base"] = {**document["base"], "sha": BASE, "ref": "main"}
    document["merged_at"] = "2026-11-20T10:00:00Z" if thread.merged_as else None
    document["merge_commit_sha"] = thread.merged_as or None
    return document


def user(login: str) -> dict[str, Any]:
    return description.filled("simple-user", login=login, type="Bot" if login.endswith("[bot]") else "User")


def label(name: str) -> dict[str, Any]:
    return description.filled("label", name=name, color="cccccc")


def error(status: int, message: str) -> Reply:
    document = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return Reply.json(document, status)
