"""The code hosts perfreg can publish to. To add one: a file here with its `ForgeKind`, and its line below."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from perfreg.errors import ForgeError
from perfreg.plugins import extended
from perfreg.publish.forges import azure, bitbucket, detect, gitea, github_event, gitlab, surroundings
from perfreg.publish.forges.github import GitHub
from perfreg.publish.forges.github_api import Access, GitHubApi
from perfreg.publish.forges.kind import ForgeKind, Here, Site
from perfreg.publish.forges.patience import Patience
from perfreg.report.escape import visible

TOKENS = ("PERFREG_TOKEN", "PERFREG_JOB_TOKEN", "GITHUB_TOKEN")
"""Where a token for GitHub may be."""

WRITE_PAUSE_S = 1.0
"""Between two writes; GitHub asks for that."""

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")


def _github(site: Site, token: str, env: Mapping[str, str], patience: Patience) -> GitHub:
    del env
    repository = site.home.repository
    if not _REPOSITORY.fullmatch(repository):
        where = f"GitHub at {visible(urlsplit(site.home.api).hostname or '')}"
        raise ForgeError(f"{visible(repository)!r} is no repository", where=where, hint="owner/name")
    access = Access(url=site.home.api, token=token, pause_s=WRITE_PAUSE_S)
    return GitHub(GitHubApi(access, patience), repository)


FORGES: dict[str, ForgeKind] = {
    "gitea": gitea.KIND,  # before GitHub, whose jobs its own look like
    "github": ForgeKind(
        name="github", tokens=TOKENS, here=github_event.site, home=github_event.home, public=github_event.PUBLIC,
        open=_github,
    ),
    "gitlab": gitlab.KIND,
    "azure": azure.KIND,
    "bitbucket": bitbucket.KIND,
}  # fmt: skip


def forge_here(env: Mapping[str, str] = os.environ, directory: Path | None = None) -> Here:
    """The code host that this job is about. Raises `ForgeError` where that cannot be known."""
    kinds = extended("perfreg.forges", FORGES)
    around = surroundings.Surroundings()
    if detect.needs_clone(env):
        around = surroundings.look(directory or Path.cwd(), env)
    site = detect.detect(env, kinds, around)
    return Here(kind=kinds[site.forge], site=site, env=env)
