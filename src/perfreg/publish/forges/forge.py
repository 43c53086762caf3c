"""What a code host can do for us. To add one: a file here with these methods, and its line in the registry.

Everything is small on purpose: what belongs to *all* code hosts (which comment is ours, when to post, what to clear)
is built on top of it once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Reason = Literal["outdated", "resolved", "duplicate"]
"""Why a comment is folded away."""

Outcome = Literal["pass", "warn", "fail", "error"]
"""What a commit is told: as the gate says, or ``error`` where there is no verdict to trust."""

Answer = Literal["accepted", "refused"]

Extra = Literal["labels", "issues", "decisions"]
"""What not every code host has. Decisions are those of `acceptance`, for which it has to tell who may write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment as the host has it. ``mine`` tells whether whoever asks wrote it; ``node`` is its other name."""

    id: int
    node: str
    author: str
    mine: bool
    body: str
    url: str
    written: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request, whose ``head`` is the newest commit it has now. ``source`` is the repository it comes from."""

    number: int
    head: str
    source: str
    target: str
    is_open: bool
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue; ``mine`` as for comments."""

    number: int
    mine: bool
    body: str
    url: str
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is shown beside a commit: ``context`` tells it from others, ``title`` is one line, ``text`` is Markdown.

    Where nothing was measured and nobody is to blame, ``is_void``: hosts that can say so show no failure then. All
    others go by the ``outcome``, for it must not look like a success.
    """

    context: str
    outcome: Outcome
    title: str
    text: str
    url: str
    is_void: bool = False


class Forge(Protocol):
    """A repository at a code host. Every method raises `ForgeError`, after it has tried often enough.

    Where it cannot be known whether something that was to be made has arrived, ``landed`` is asked before it is tried
    again: it looks whether it is there.
    """

    name: str
    body_limit: int
    """Bytes of UTF-8 that a comment or an issue may have."""
    lacks: frozenset[Extra]
    """What this host has not; it is not asked for that."""

    def comments(self, number: int) -> list[Comment]:
        """All comments of a pull request, oldest first."""

    def add_comment(self, number: int, body: str, landed: Callable[[], Comment | None]) -> Comment:
        """Write a comment on a pull request."""

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        """Replace the text of a comment."""

    def delete_comment(self, comment: Comment) -> None:
        """Remove a comment; it is no error when that has been done."""

    def hide_comment(self, comment: Comment, reason: Reason) -> None:
        """Fold a comment away. Its marker says that already: hosts that write by that have nothing to do here."""

    def show_comment(self, comment: Comment) -> None:
        """Undo `hide_comment`."""

    def answer(self, comment: Comment, answer: Answer) -> None:
        """Show whoever wrote a comment that it was read, and what came of it."""

    def pull_request(self, number: int) -> PullRequest:
        """A pull request."""

    def pull_request_from(self, owner: str, branch: str, commit: str) -> PullRequest | None:
        """The open pull request of a branch of ``owner``, if ``commit`` is its head."""

    def merged_in(self, commit: str) -> PullRequest | None:
        """The pull request that was merged with this commit, if it was one."""

    def may_write(self, login: str) -> bool:
        """Whether somebody may push to the repository."""

    def labelled_by(self, number: int, label: str) -> str:
        """Who gave a pull request this label the last time; empty when that is not known."""

    def add_label(self, number: int, label: str) -> None:
        """Give a pull request a label, which need not exist."""

    def remove_label(self, number: int, label: str) -> None:
        """Take a label away; it is no error when it is not there."""

    def show_standing(self, commit: str, standing: Standing) -> str:
        """Show how a commit fares; what was used for that, for people."""

    def issues(self, label: str) -> list[Issue]:
        """The open issues with a label, and of the closed ones at least the newest."""

    def open_issue(self, title: str, body: str, label: str, landed: Callable[[], Issue | None]) -> Issue:
        """Open an issue."""

    def edit_issue(self, issue: Issue, body: str) -> None:
        """Replace the text of an issue, and open it again if it was closed."""

    def comment_on_issue(self, issue: Issue, body: str) -> None:
        """Write a comment on an issue, whose numbers may be others than those of pull requests."""

    def close_issue(self, issue: Issue) -> None:
        """Close an issue as done."""
