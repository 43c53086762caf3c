"""What people decide on a pull request: a comment ``/perfreg accept GLOB reason``, or a label for all of it.

Anybody may comment, and label in some projects; what counts is whether they may write to the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from perfreg.errors import ForgeError
from perfreg.publish.forges import marker
from perfreg.publish.forges.forge import Answer, Comment, Forge, PullRequest
from perfreg.report.advice import ACCEPT_COMMAND, ACCEPT_LABEL
from perfreg.report.escape import visible

_COMMAND = re.compile(rf"{re.escape(ACCEPT_COMMAND)}[ \t]+(\S+)[ \t]+(\S.*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LENGTH = 300
_MOST_PEOPLE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Regressions of ``metrics``, a glob over ``scenario.metric``, are accepted. ``comment`` is where that was said."""

    metrics: str
    reason: str
    who: str
    comment: Comment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What counts, and what does not for want of rights, each as a sentence and the comment that asked for it."""

    decisions: tuple[Decision, ...]
    refused: tuple[tuple[str, Comment | None], ...] = ()


def commands(body: str) -> Iterator[tuple[str, str]]:
    """The acceptances in a comment as glob and reason: on lines of their own, and not where they are only quoted."""
    fence = ""
    for line in body.splitlines():
        found = _FENCE.match(line)
        if found and (not fence or found[1].startswith(fence)):
            fence = "" if fence else found[1]
        command = None if fence or found else _COMMAND.fullmatch(line.rstrip())
        if command:
            yield visible(command[1], _LENGTH), visible(command[2].strip(), _LENGTH)


def decided(forge: Forge, request: PullRequest) -> Decided:
    """What was decided on a pull request. Raises `ForgeError`."""
    rights = _Rights(forge)
    decisions: list[Decision] = []
    refused: list[tuple[str, Comment | None]] = []
    if ACCEPT_LABEL in request.labels:
        who = forge.labelled_by(request.number, ACCEPT_LABEL)
        if rights.has(who):
            decisions.append(Decision(metrics="*", reason=f"label {ACCEPT_LABEL}", who=who))
        else:
            refused.append((f"{visible(who) or 'somebody'} gave the label {ACCEPT_LABEL} and may not write", None))
    for comment in forge.comments(request.number):
        # A person may have lent us the token: of what that person wrote, only our own texts are none of theirs.
        asked = () if comment.mine and marker.is_ours(comment.body) else tuple(commands(comment.body))
        if asked and rights.has(comment.author):
            decisions += [
                Decision(metrics=metrics, reason=reason, who=comment.author, comment=comment)
                for metrics, reason in asked
            ]
        elif asked:
            refused.append((f"{visible(comment.author) or 'somebody'} accepts regressions and may not write", comment))
    return Decided(decisions=tuple(decisions), refused=tuple(refused))


def answer(forge: Forge, comment: Comment | None, reply: Answer) -> str:
    """Show on a comment that it was read; why that was not possible, if so."""
    if comment is None:
        return ""
    try:
        forge.answer(comment, reply)
    except ForgeError as error:
        return f"a comment could not be answered: {error}"
    return ""


class _Rights:
    """Who may write; each is asked for once, and not everybody who ever commented."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge
        self._known: dict[str, bool] = {}

    def has(self, login: str) -> bool:
        if login not in self._known:
            if not login or len(self._known) >= _MOST_PEOPLE:
                return False
            self._known[login] = self._forge.may_write(login)
        return self._known[login]
