"""GitLab, gitlab.com and one's own alike: notes of merge requests, commit statuses, labels and issues.

A note cannot be folded away, so its text is. GitLab obeys lines that begin with a slash, with the rights of whoever's
token writes them; no line of ours does. Answers are read with care: nothing of them is trusted to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from perfreg.errors import ForgeError
from perfreg.publish.forges import gitlab_ci
from perfreg.publish.forges.dialect import FOLD_BYTES, unworn, without_commands, worn
from perfreg.publish.forges.forge import Answer, Comment, Extra, Issue, Outcome, PullRequest, Standing
from perfreg.publish.forges.gitlab_api import GitLabApi
from perfreg.publish.forges.kind import ForgeKind, Site
from perfreg.publish.forges.lacking import Unfoldable
from perfreg.publish.forges.parts import counted, number, part, shortened, text
from perfreg.publish.forges.patience import Patience
from perfreg.publish.forges.refusals import Access

_STATES: Mapping[Outcome, str] = {"pass": "success", "warn": "success", "fail": "failed", "error": "failed"}
_AWARDS: Mapping[Answer, str] = {"accepted": "thumbsup", "refused": "thumbsdown"}
_GIVEN = "already been taken"
_DEVELOPER = 30
_DESCRIPTION_LIMIT = 255
_TOKENS = ("PERFREG_TOKEN", "PERFREG_JOB_TOKEN", "GITLAB_TOKEN")
_WANTED = (
    "set PERFREG_TOKEN or GITLAB_TOKEN to a project access token with the scope api: CI_JOB_TOKEN may not write notes, "
    "and protected variables are kept from branches that are not protected"
)
_CURE = "the token needs the scope api and the role Developer in this project; CI_JOB_TOKEN is none for this"


class GitLab(Unfoldable):
    """A project at GitLab; the methods are those of `Forge`. ``pipeline`` is the one that statuses belong to."""

    name = "gitlab"
    body_limit = 990_000 - FOLD_BYTES
    """GitLab takes 1,000,000 characters."""
    lacks: frozenset[Extra] = frozenset()

    def __init__(self, api: GitLabApi, project: str, pipeline: Mapping[str, int] | None = None) -> None:
        self._api = api
        self._project = f"/projects/{quote(project, safe='')}"
        self._pipeline = pipeline or {}
        self._me = 0
        self._pages: dict[int, str] = {}

    def comments(self, number: int) -> list[Comment]:
        me, path = self._who(), f"{self._request(number)}/notes"
        listed = self._api.pages(path, sort="asc", order_by="created_at")
        found = [self._comment(each, number, me) for each in listed if part(each, "system") is not True]
        return sorted(found, key=lambda comment: comment.id)

    def add_comment(self, number: int, body: str, landed: Callable[[], Comment | None]) -> Comment:
        document = {"body": without_commands(worn(body))}
        made = self._api.send("POST", f"{self._request(number)}/notes", document, landed)
        return made if isinstance(made, Comment) else self._comment(made, number, self._who())

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        made = self._api.send("PUT", self._note(comment), {"body": without_commands(worn(body))})
        return self._comment(made, counted(comment.node), self._who())

    def delete_comment(self, comment: Comment) -> None:
        try:
            self._api.send("DELETE", self._note(comment))
        except ForgeError as error:
            if error.status not in (404, 410):
                raise

    def answer(self, comment: Comment, answer: Answer) -> None:
        try:
            self._api.send("POST", f"{self._note(comment)}/award_emoji", {"name": _AWARDS[answer]})
        except ForgeError as error:
            # Another leg or an earlier pipeline has answered: nobody can give the same emoji twice.
            if error.status != 404 or _GIVEN not in error.message:
                raise

    def pull_request(self, number: int) -> PullRequest:
        return self._pull_request(self._api.get(self._request(number)))

    def pull_request_from(self, owner: str, branch: str, commit: str) -> PullRequest | None:
        del owner
        path = f"{self._project}/merge_requests"
        listed = self._api.pages(path, state="opened", source_branch=branch, scope="all")
        return next((each for each in map(self._pull_request, listed) if each.head == commit), None)

    def merged_in(self, commit: str) -> PullRequest | None:
        path = f"{self._project}/repository/commits/{quote(commit, safe='')}/merge_requests"
        for each in self._api.pages(path):
            made = (part(each, name) for name in ("merge_commit_sha", "squash_commit_sha", "sha"))
            if part(each, "state") == "merged" and commit in made:
                return self._pull_request(each)
        return None

    def may_write(self, login: str) -> bool:
        for each in self._api.pages(f"{self._project}/members/all", query=login):
            if text(each, "username") == login and text(each, "state") == "active":
                return number(each, "access_level") >= _DEVELOPER
        return False

    def labelled_by(self, number: int, label: str) -> str:
        actor = ""
        for event in self._api.pages(f"{self._request(number)}/resource_label_events"):
            if part(event, "action") == "add" and part(event, "label", "name") == label:
                actor = text(event, "user", "username")
        return actor

    def add_label(self, number: int, label: str) -> None:
        self._api.send("PUT", self._request(number), {"add_labels": label})

    def remove_label(self, number: int, label: str) -> None:
        self._api.send("PUT", self._request(number), {"remove_labels": label})

    def show_standing(self, commit: str, standing: Standing) -> str:
        body = {
            "state": _STATES[standing.outcome],
            "name": standing.context,
            "description": shortened(standing.title, _DESCRIPTION_LIMIT),
            **({"target_url": standing.url} if standing.url else {}),
            # Without this, a status makes a pipeline of its own where several have run on the commit.
            **({"pipeline_id": self._pipeline[commit]} if commit in self._pipeline else {}),
        }
        self._api.send("POST", f"{self._project}/statuses/{quote(commit, safe='')}", body)
        return "a commit status"

    def issues(self, label: str) -> list[Issue]:
        me, path = self._who(), f"{self._project}/issues"
        listed = self._api.pages(path, state="opened", labels=label, scope="all")
        listed += self._api.newest(
            path, state="closed", labels=label, scope="all", order_by="updated_at", sort="desc"
        )  # fmt: skip
        return [self._issue(each, me) for each in listed]

    def open_issue(self, title: str, body: str, label: str, landed: Callable[[], Issue | None]) -> Issue:
        document = {"title": title, "description": without_commands(body), "labels": label}
        made = self._api.send("POST", f"{self._project}/issues", document, landed)
        return made if isinstance(made, Issue) else self._issue(made, self._who())

    def edit_issue(self, issue: Issue, body: str) -> None:
        document = {"description": without_commands(body), **({} if issue.is_open else {"state_event": "reopen"})}
        self._api.send("PUT", f"{self._project}/issues/{issue.number}", document)

    def comment_on_issue(self, issue: Issue, body: str) -> None:
        self._api.send("POST", f"{self._project}/issues/{issue.number}/notes", {"body": without_commands(body)})

    def close_issue(self, issue: Issue) -> None:
        self._api.send("PUT", f"{self._project}/issues/{issue.number}", {"state_event": "close"})

    def _request(self, number: int) -> str:
        return f"{self._project}/merge_requests/{number}"

    def _note(self, comment: Comment) -> str:
        """A note's path; its other name is the number of the merge request, without which it cannot be found."""
        return f"{self._request(counted(comment.node))}/notes/{comment.id}"

    def _who(self) -> int:
        """The account that this token writes as; that of a project access token is a bot's."""
        if not self._me:
            self._me = self._number(self._api.get("/user"), "id")
        return self._me

    def _comment(self, document: Any, request: int, me: int) -> Comment:
        found = self._number(document, "id")
        web = self._pages.get(request, "")
        return Comment(
            id=found,
            node=str(request),
            author=text(document, "author", "username"),
            mine=part(document, "author", "id") == me,
            body=unworn(text(document, "body")),
            url=f"{web}#note_{found}" if web else "",
            written=text(document, "created_at"),
        )

    def _issue(self, document: Any, me: int) -> Issue:
        return Issue(
            number=self._number(document, "iid"),
            mine=part(document, "author", "id") == me,
            body=text(document, "description"),
            url=text(document, "web_url"),
            is_open=part(document, "state") != "closed",
        )

    def _pull_request(self, document: Any) -> PullRequest:
        labels = part(document, "labels")
        found = self._number(document, "iid")
        self._pages[found] = text(document, "web_url")
        return PullRequest(
            number=found,
            head=text(document, "sha"),
            source=str(number(document, "source_project_id") or ""),
            target=text(document, "target_branch"),
            is_open=part(document, "state") == "opened",
            labels=tuple(each for each in labels if isinstance(each, str)) if isinstance(labels, list) else (),
        )

    def _number(self, document: Any, name: str) -> int:
        found = number(document, name)
        if not found:
            raise self._api.odd("a request")
        return found


def _open(site: Site, token: str, env: Mapping[str, str], patience: Patience) -> GitLab:
    access = Access(name="GitLab", url=site.home.api, token=token, wanted=_WANTED, cure=_CURE)
    pipeline = counted(env.get("CI_PIPELINE_ID", ""))
    is_own = pipeline and env.get("CI_PROJECT_ID") == site.home.repository
    known = {env.get("CI_COMMIT_SHA", ""): pipeline} if is_own else {}
    return GitLab(GitLabApi(access, patience), site.home.repository, known)


KIND = ForgeKind(
    name="gitlab", tokens=_TOKENS, here=gitlab_ci.site, home=gitlab_ci.home, public=gitlab_ci.PUBLIC, open=_open
)  # fmt: skip
