"""The stores that are kept by a forge, as a pipeline of the base branch would open them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perfreg.publish.stores.artifact import ArtifactStore
from perfreg.publish.stores.backoff import Backoff
from perfreg.publish.stores.package import GitLabPackageStore
from perfreg.store.exchange import Shards
from tests.support.github_api import REPOSITORY, TOKEN, GitHub
from tests.support.gitlab_packages import PROJECT, GitLab, Package, Pipeline
from tests.support.records import add

_QUICK = Backoff(first_s=0.001, longest_s=0.01)


def artifact_store(hub: GitHub, directory: Path, **facts: Any) -> ArtifactStore:
    """The store of ``hub``, whose upload directory is in ``directory``."""
    settings: dict[str, Any] = {
        "api_url": hub.api.url, "repository": REPOSITORY, "token": TOKEN, "branch": "main",
        "output": directory / "upload", "time_limit_s": 20.0, "backoff": _QUICK,
    }  # fmt: skip
    return ArtifactStore(**{**settings, **facts})


def package_store(lab: GitLab, pipeline: Pipeline, **facts: Any) -> GitLabPackageStore:
    """The store of ``lab`` for a job of ``pipeline``."""
    settings: dict[str, Any] = {
        "api_url": lab.url, "project_id": str(PROJECT), "job_token": pipeline.token, "pipeline_id": str(pipeline.id),
        "branch": "main", "time_limit_s": 20.0, "backoff": _QUICK,
    }  # fmt: skip
    return GitLabPackageStore(**{**settings, **facts})


def push_package(lab: GitLab, *records: Shards, ref: str = "main") -> Package:
    """What another pipeline does: a push. Returns the version that it made."""
    assert package_store(lab, lab.pipeline(ref)).push(add(*records), "a run").changed
    return lab.packages[-1]
