"""Where the reports of a CI job can be read, for those reports that link to others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote


def job_page(env: Mapping[str, str], report: Path | None = None) -> str:
    """The address of ``report`` among the artifacts of the GitLab job that this is, or that of all of them; empty
    outside of such a job."""
    job = env.get("CI_JOB_URL", "")
    if not job.startswith(("https://", "http://")):
        return ""
    project = Path(env.get("CI_PROJECT_DIR") or ".").resolve()
    if report is None or not report.resolve().is_relative_to(project):
        return f"{job}/artifacts/browse"
    return f"{job}/artifacts/file/{quote(report.resolve().relative_to(project).as_posix())}"
