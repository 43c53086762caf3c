"""What some code hosts have not. `Forge.lacks` says so, and nobody asks them for it."""

from __future__ import annotations

from collections.abc import Callable

from perfreg.publish.forges.forge import Comment, Issue, Reason


class Unfoldable:
    """Comments that no request folds away: whoever writes them goes by their marker, see `dialect.worn`."""

    def hide_comment(self, comment: Comment, reason: Reason) -> None:
        """Nothing is left to do: `edit_comment` has done it."""

    def show_comment(self, comment: Comment) -> None:
        """As `hide_comment`."""


class Issueless:
    """A host without issues, or without any that are for this."""

    def issues(self, label: str) -> list[Issue]:
        """There are none."""
        del label
        return []

    def open_issue(self, title: str, body: str, label: str, landed: Callable[[], Issue | None]) -> Issue:
        """Never asked for."""
        raise NotImplementedError

    def edit_issue(self, issue: Issue, body: str) -> None:
        """Never asked for."""
        raise NotImplementedError

    def comment_on_issue(self, issue: Issue, body: str) -> None:
        """Never asked for."""
        raise NotImplementedError

    def close_issue(self, issue: Issue) -> None:
        """Never asked for."""
        raise NotImplementedError
