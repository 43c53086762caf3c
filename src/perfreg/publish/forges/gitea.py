"""Gitea and Forgejo: GitHub's API as far as they have the same things, and their own ways where they have others.

They know no checks and no GraphQL, take labels by number once somebody has made them, and cannot fold a comment away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote

from perfreg.errors import ForgeError
from perfreg.publish.forges import github, github_event
from perfreg.publish.forges.dialect import FOLD_BYTES, unworn, worn
from perfreg.publish.forges.forge import Comment, Issue, PullRequest, Standing
from perfreg.publish.forges.github_api import Access, GitHubApi
from perfreg.publish.forges.kind import ForgeKind, Home, Site
from perfreg.publish.forges.lacking import Unfoldable
from perfreg.publish.forges.origin import Origin
from perfreg.publish.forges.parts import number as as_number
from perfreg.publish.forges.parts import part, text
from perfreg.publish.forges.patience import Patience

_TOKENS = ("PERFREG_TOKEN", "PERFREG_JOB_TOKEN", "GITEA_TOKEN", "FORGEJO_TOKEN")
_HOSTS = ("gitea", "forgejo", "codeberg")
_PAGE = re.compile(r"(?P<path>[^/]+/[^/]+)/pulls/\d+")
_COLOUR = "#cccccc"


class Gitea(Unfoldable, github.GitHub):
    """A repository at Gitea or Forgejo; the methods are those of `Forge`."""

    name = "gitea"
    body_limit = github.GitHub.body_limit - FOLD_BYTES

    def comments(self, number: int) -> list[Comment]:
        return [_unfolded(each) for each in super().comments(number)]

    def add_comment(self, number: int, body: str, landed: Callable[[], Comment | None]) -> Comment:
        return _unfolded(super().add_comment(number, worn(body), landed))

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        return _unfolded(super().edit_comment(comment, worn(body)))

    def merged_in(self, commit: str) -> PullRequest | None:
        try:
            found = self._api.get(f"{self._repo}/commits/{quote(commit, safe='')}/pull")
        except ForgeError as error:
            if error.status == 404:
                return None
            raise
        is_it = part(found, "merged") is True and part(found, "merge_commit_sha") == commit
        return self._pull_request(found) if is_it else None

    def labelled_by(self, number: int, label: str) -> str:
        actor = ""
        for event in self._api.pages(f"{self._repo}/issues/{number}/timeline"):
            is_it = text(event, "type") == "label" and text(event, "label", "name") == label
            # The body says whether it was given or taken away.
            if is_it and text(event, "body") == "1":
                actor = text(event, "user", "login")
        return actor

    def add_label(self, number: int, label: str) -> None:
        document = {"labels": [self._label(label)]}
        self._api.send("POST", f"{self._repo}/issues/{number}/labels", document)

    def remove_label(self, number: int, label: str) -> None:
        found = self._known_label(label)
        if found:
            self._gone("DELETE", f"{self._repo}/issues/{number}/labels/{found}")

    def show_standing(self, commit: str, standing: Standing) -> str:
        return self._status(commit, standing)

    def open_issue(self, title: str, body: str, label: str, landed: Callable[[], Issue | None]) -> Issue:
        document = {"title": title, "body": body, "labels": [self._label(label)]}
        made = self._api.send("POST", f"{self._repo}/issues", document, landed)
        return made if isinstance(made, Issue) else self._issue(made, self._who())

    def close_issue(self, issue: Issue) -> None:
        self._api.send("PATCH", f"{self._repo}/issues/{issue.number}", {"state": "closed"})

    def _label(self, name: str) -> int:
        """The number of a label, which is made where it does not exist."""
        known = self._known_label(name)
        if known:
            return known
        document = {"name": name, "color": _COLOUR, "description": "given by perfreg"}
        made = self._api.send("POST", f"{self._repo}/labels", document, landed=lambda: self._known_label(name) or None)
        return made if isinstance(made, int) else self._number(made, "id")

    def _known_label(self, name: str) -> int:
        listed = self._api.pages(f"{self._repo}/labels")
        return next((as_number(each, "id") for each in listed if text(each, "name") == name), 0)

    def _viewer(self) -> str:
        """There is no GraphQL to ask."""
        return ""


def is_here(env: Mapping[str, str]) -> bool:
    """Whether this is a job of Gitea Actions or Forgejo Actions, which look like GitHub's."""
    named = any(env.get(name, "").lower() == "true" for name in ("GITEA_ACTIONS", "FORGEJO_ACTIONS"))
    return github_event.is_here(env) and (named or env.get("GITHUB_API_URL", "").rstrip("/").endswith("/api/v1"))


def _site(env: Mapping[str, str]) -> Site | None:
    if not is_here(env):
        return None
    occasion = github_event.occasion(env)
    api = env.get("GITHUB_API_URL") or f"{env.get('GITHUB_SERVER_URL', '').rstrip('/')}/api/v1"
    return Site(forge="gitea", home=Home(api=api.rstrip("/"), repository=occasion.repository), occasion=occasion)


def _home(origin: Origin, sure: bool) -> Home | None:  # noqa: FBT001 - the shape of `ForgeKind.home`
    found = _PAGE.fullmatch(origin.path)
    if not (found or sure or origin.is_named(*_HOSTS)):
        return None
    path = found["path"] if found else origin.path
    return Home(api=f"{origin.server}/api/v1", repository=path) if path.count("/") == 1 else None


def _unfolded(comment: Comment) -> Comment:
    return replace(comment, body=unworn(comment.body))


def _open(site: Site, token: str, env: Mapping[str, str], patience: Patience) -> Gitea:
    if not token and is_here(env):
        # Anywhere else a token of that name is one for GitHub.
        token = env.get("GITHUB_TOKEN", "")
    return Gitea(GitHubApi(Access(url=site.home.api, token=token, pause_s=0.0), patience), site.home.repository)


KIND = ForgeKind(name="gitea", tokens=_TOKENS, here=_site, home=_home, open=_open)
