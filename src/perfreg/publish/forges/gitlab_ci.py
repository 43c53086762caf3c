"""What GitLab tells a job about itself, in variables of the environment.

Whoever opens a merge request chooses branch names and titles. They are looked up and never run, and a number or a
commit counts only where it looks like one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from perfreg.publish.forges.kind import Home, Site
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.origin import Origin
from perfreg.publish.forges.parts import commit, counted, page

PUBLIC = "https://gitlab.com/api/v4"

_PAGE = re.compile(r"(?P<path>.+?)(?:/-)?/merge_requests/\d+")
_OPEN = re.compile(r"(?P<path>[^!,]+)!(?P<number>\d{1,12})")


def site(env: Mapping[str, str]) -> Site | None:
    """Where a job of GitLab CI is, and what it is about."""
    if env.get("GITLAB_CI") != "true":
        return None
    server = env.get("CI_SERVER_URL", "").rstrip("/")
    api = env.get("CI_API_V4_URL") or (f"{server}/api/v4" if server else PUBLIC)
    # Of a fork's merge request a pipeline may run in the fork; what people see is in the project it goes to.
    project = env.get("CI_MERGE_REQUEST_PROJECT_ID") or env.get("CI_PROJECT_ID") or env.get("CI_PROJECT_PATH", "")
    home = Home(api=api.rstrip("/"), repository=project)
    return Site(forge="gitlab", home=home, occasion=_occasion(env, project))


def _occasion(env: Mapping[str, str], project: str) -> Occasion:
    number = counted(env.get("CI_MERGE_REQUEST_IID", ""))
    branch = env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") or env.get("CI_COMMIT_BRANCH", "")
    is_main = bool(branch) and not number and branch == env.get("CI_DEFAULT_BRANCH")
    source = env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "")
    return Occasion(
        event=env.get("CI_PIPELINE_SOURCE", ""),
        repository=project,
        # The pipeline of a merged result is about a commit that nobody has pushed.
        commit=commit(env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")) or commit(env.get("CI_COMMIT_SHA", "")),
        number=number or (0 if is_main else _opened(env)),
        branch=branch,
        is_main=is_main,
        is_foreign=bool(source) and source != env.get("CI_MERGE_REQUEST_PROJECT_ID"),
        url=page(env.get("CI_PIPELINE_URL", "")),
    )


def _opened(env: Mapping[str, str]) -> int:
    """The merge request of this project that a branch's pipeline belongs to, if it is a single one."""
    listed = [_OPEN.fullmatch(each) for each in env.get("CI_OPEN_MERGE_REQUESTS", "").split(",")]
    own = [int(found["number"]) for found in listed if found and found["path"] == env.get("CI_PROJECT_PATH")]
    return own[0] if len(own) == 1 else 0


def home(origin: Origin, sure: bool) -> Home | None:  # noqa: FBT001 - the shape of `ForgeKind.home`
    """Where the project behind an address is, if that is one of GitLab's."""
    found = _PAGE.fullmatch(origin.path)
    if not (found or sure or origin.is_named("gitlab")):
        return None
    path = found["path"] if found else origin.path
    return Home(api=f"{origin.server}/api/v4", repository=path) if "/" in path else None
