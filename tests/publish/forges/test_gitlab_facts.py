"""What was written down of GitLab's API is what python-gitlab knows of it, as far as that goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gitlab.v4 import objects

FACTS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "gitlab" / "rest.facts.json").read_text("utf-8")
)
MANAGERS: dict[str, Any] = {
    "/merge_requests/{iid}/notes": objects.ProjectMergeRequestNoteManager,
    "/merge_requests/{iid}/notes/{note_id}": objects.ProjectMergeRequestNoteManager,
    "/merge_requests/{iid}/notes/{note_id}/award_emoji": objects.ProjectMergeRequestNoteAwardEmojiManager,
    "/merge_requests": objects.ProjectMergeRequestManager,
    "/merge_requests/{iid}": objects.ProjectMergeRequestManager,
    "/statuses/{sha}": objects.ProjectCommitStatusManager,
    "/issues": objects.ProjectIssueManager,
    "/issues/{iid}": objects.ProjectIssueManager,
    "/issues/{iid}/notes": objects.ProjectIssueNoteManager,
}
NEWER = {"add_labels", "remove_labels", "pipeline_id"}
"""What the API takes and the library does not list."""
PAGES = {"page", "per_page"}


def _operations(*methods: str) -> list[tuple[str, str]]:
    known = (tuple(name.split()) for name in FACTS["operations"] if name.split()[0] in methods)
    return [(method, path.removeprefix("/projects/{id}")) for method, path in known]


@pytest.mark.parametrize(("method", "path"), _operations("POST", "PUT"))
def test_what_is_sent(method: str, path: str) -> None:
    request = FACTS["operations"][f"{method} /projects/{{id}}{path}"]["request"]
    schema = FACTS["$defs"][request["$ref"].rpartition("/")[2]] if "$ref" in request else request
    manager = MANAGERS[path]
    attributes = manager._create_attrs if method == "POST" else manager._update_attrs
    assert set(schema["properties"]) <= {*attributes.required, *attributes.optional} | NEWER
    assert set(schema.get("required", ())) == set(attributes.required)


@pytest.mark.parametrize("path", ["/merge_requests", "/issues"])
def test_what_is_asked_for(path: str) -> None:
    query = FACTS["operations"][f"GET /projects/{{id}}{path}"]["query"]
    assert set(query) - PAGES <= set(MANAGERS[path]._list_filters)


@pytest.mark.parametrize("path", [path for path in MANAGERS if path != "/statuses/{sha}"])
def test_where_it_is(path: str) -> None:
    parts = [part for part in (MANAGERS[path]._path or "").split("/") if part and "{" not in part]
    assert parts == ["projects", *(part for part in path.split("/") if part and "{" not in part)]
