"""What Azure Pipelines tells a job about itself, in variables of the environment.

Its repositories may live elsewhere: of a pull request at GitHub or Bitbucket it knows the number and the commit, and
`visit` hands on what it knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from perfreg.publish.forges.kind import Home, Site
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.origin import Origin, parse
from perfreg.publish.forges.parts import commit, counted, page

_SHAPE = re.compile(r"(?P<path>.*?)/?(?P<project>[^/]+)/_git/(?P<name>[^/]+)(?:/pullrequest/\d+)?")
_SSH = re.compile(r"v3/(?P<path>[^/]+)/(?P<project>[^/]+)/(?P<name>[^/]+)")


def is_here(env: Mapping[str, str]) -> bool:
    """Whether this is a job of Azure Pipelines."""
    return env.get("TF_BUILD", "").lower() == "true"


def site(env: Mapping[str, str]) -> Site | None:
    """Where a job for a repository of Azure Repos is, and what it is about."""
    if not is_here(env) or env.get("BUILD_REPOSITORY_PROVIDER", "TfsGit") != "TfsGit":
        return None
    project = env.get("SYSTEM_TEAMPROJECTID") or env.get("SYSTEM_TEAMPROJECT", "")
    repository = f"{project}/{env.get('BUILD_REPOSITORY_ID') or env.get('BUILD_REPOSITORY_NAME', '')}"
    home = Home(api=env.get("SYSTEM_COLLECTIONURI", "").rstrip("/"), repository=repository)
    return Site(forge="azure", home=home, occasion=occasion(env, repository))


def occasion(env: Mapping[str, str], repository: str = "") -> Occasion:
    """Why this job runs."""
    number = counted(env.get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "")) or counted(
        env.get("SYSTEM_PULLREQUEST_PULLREQUESTID", "")
    )
    ref = env.get("SYSTEM_PULLREQUEST_SOURCEBRANCH", "") if number else env.get("BUILD_SOURCEBRANCH", "")
    # Of a pull request, BUILD_SOURCEVERSION is a merge that nobody has pushed.
    made = env.get("SYSTEM_PULLREQUEST_SOURCECOMMITID", "") if number else env.get("BUILD_SOURCEVERSION", "")
    project, build = env.get("SYSTEM_TEAMPROJECT", ""), env.get("BUILD_BUILDID", "")
    collection = env.get("SYSTEM_COLLECTIONURI", "").rstrip("/")
    run = f"{collection}/{quote(project, safe='')}/_build/results?buildId={build}" if counted(build) else ""
    return Occasion(
        event=env.get("BUILD_REASON", ""),
        repository=repository,
        commit=commit(made),
        number=number,
        branch=ref.removeprefix("refs/heads/"),
        is_foreign=env.get("SYSTEM_PULLREQUEST_ISFORK", "").lower() == "true",
        url=page(run),
    )


def visit(env: Mapping[str, str]) -> tuple[Origin | None, Occasion] | None:
    """The repository of a job whose code lives elsewhere, and what the job is about."""
    if not is_here(env) or env.get("BUILD_REPOSITORY_PROVIDER", "TfsGit") == "TfsGit":
        return None
    return parse(env.get("BUILD_REPOSITORY_URI", "")), occasion(env)


def home(origin: Origin, sure: bool) -> Home | None:  # noqa: FBT001 - the shape of `ForgeKind.home`
    """Where the repository behind an address is, if that is one of Azure Repos."""
    del sure
    is_ssh = origin.host == "ssh.dev.azure.com"
    found = _SSH.fullmatch(origin.path) if is_ssh else _SHAPE.fullmatch(origin.path)
    if found is None:
        return None
    server = "https://dev.azure.com" if is_ssh else origin.server
    path = f"/{found['path']}" if found["path"] else ""
    return Home(api=f"{server}{path}", repository=f"{unquote(found['project'])}/{unquote(found['name'])}")
