"""Who calls a workflow of ours permits what its jobs ask for: GitHub does not even start it otherwise."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.support.pages import ROOT
from tests.support.workflows import USED, Workflow, generated, own, shown

_RANKS = {"none": 0, "read": 1, "write": 2}
_WHOLE = {"read-all": 1, "write-all": 2}
_TRIED = ROOT / "tests" / "e2e" / "workflows"


def _callers() -> list[tuple[str, Any, dict[str, Any]]]:
    """The jobs that call a workflow of ours: their names, what their workflow permits, and themselves."""
    tried = [Workflow(name=each.name, text=each.read_text("utf-8")) for each in _TRIED.glob("*.yml")]
    return [
        (f"{workflow}:{name}", workflow.document.get("permissions", {}), job)
        for workflow in (*own(), *shown(), *generated(), *tried)
        for name, job in workflow.document["jobs"].items()
        if USED.fullmatch(job.get("uses", ""))
    ]


def _missing(permitted: Any, called: dict[str, Any]) -> list[str]:
    """What jobs of the ``called`` workflow ask for that is not ``permitted``."""
    return [
        f"{name}: {scope}: {wanted}"
        for name, job in called["jobs"].items()
        for scope, wanted in (job.get("permissions") or called.get("permissions") or {}).items()
        if _RANKS[wanted] > _rank(permitted, scope)
    ]


def _rank(permitted: Any, scope: str) -> int:
    if isinstance(permitted, str):
        return _WHOLE[permitted]
    return _RANKS[permitted.get(scope, "none")]


def test_somebody_calls_ours() -> None:
    assert any("docs" in name for name, _, _ in _callers())


@pytest.mark.parametrize(("name", "permitted", "job"), _callers())
def test_a_caller_permits_what_the_called_jobs_ask_for(name: str, permitted: Any, job: dict[str, Any]) -> None:
    used = USED.fullmatch(job["uses"])
    assert used
    called = yaml.safe_load((ROOT / used["path"].lstrip("/")).read_text("utf-8"))
    assert not _missing(job.get("permissions", permitted), called), name


def test_what_is_not_permitted_is_found() -> None:
    called = {"permissions": {"contents": "write"}, "jobs": {"a": {"permissions": {"checks": "read"}}, "b": {}}}
    assert _missing({"contents": "read"}, called) == ["a: checks: read", "b: contents: write"]
    assert _missing("read-all", called) == ["b: contents: write"]
