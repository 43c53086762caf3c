"""Telling a code host how a job ended: beside the commit, on the pull request, by labels, in an issue.

Every step stands alone, and what fails becomes a warning. A verdict is never changed by that, nor is an outcome shown
to be better than it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from perfreg.errors import ForgeError
from perfreg.publish.forges import issues, sticky
from perfreg.publish.forges.forge import Comment, Forge, Outcome, PullRequest, Standing
from perfreg.publish.forges.marker import safe_key, short
from perfreg.publish.forges.message import Message
from perfreg.publish.forges.occasion import Occasion
from perfreg.report.escape import inert, markdown_text

_FORK = "the token of a fork's or Dependabot's job may only read; docs/publishing.md shows how to publish for those"
_ONLY = "default"
_TITLE_LIMIT = 200
_LONGEST_KEY = 30  # GitHub's labels have 50 characters at most
_RELIEF = "✅ What was reported here is gone."
_DOUBT = "⚠️ A regression that was reported here was not compared this time, so it is not known to be gone."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is to be published, and how. ``key`` tells several uses in one repository apart."""

    comment: sticky.Mode = "always"
    key: str = _ONLY
    standing: bool = True
    labels: bool = True
    issue: bool = True

    @property
    def context(self) -> str:
        """What an outcome is called beside a commit."""
        return "perfreg" if self.key == _ONLY else f"perfreg ({self.key})"

    @property
    def regression_label(self) -> str:
        """The label of what became worse; each key has its own, or one would take away what another has given."""
        return self._label("perf-regression")

    @property
    def improvement_label(self) -> str:
        """The label of what became better."""
        return self._label("perf-improvement")

    def _label(self, name: str) -> str:
        if self.key == _ONLY:
            return name
        key = safe_key(self.key)
        return f"{name}.{key if len(key) <= _LONGEST_KEY else short(key)}"


@dataclass(slots=True, kw_only=True)
class Published:
    """What was done; empty texts stand for what was not. ``is_open`` is `sticky.Posted.open`."""

    comment: Comment | None = None
    deed: sticky.Deed = "none"
    is_open: bool = False
    standing: str = ""
    labels: list[str] = field(default_factory=list)
    issue: str = ""
    warnings: list[str] = field(default_factory=list)


def publish(forge: Forge, occasion: Occasion, message: Message, wishes: Wishes) -> Published:
    """Publish as far as that is possible. Never raises `ForgeError`: what was not done is among the warnings."""
    done = Published()
    if wishes.standing and occasion.commit:
        _step(done, "the commit's status", lambda: _standing(forge, occasion, message, wishes, done))
    if occasion.has_pull_request and (wishes.comment != "never" or wishes.labels):
        _step(done, "the pull request", lambda: _pull_request(forge, occasion, message, wishes, done), occasion)
    if wishes.issue and occasion.is_main and "issues" not in forge.lacks:
        _step(done, "the issue", lambda: _issue(forge, occasion, message, wishes, done))
    return done


def outdate(forge: Forge, occasion: Occasion, wishes: Wishes, why: str = "") -> Published:
    """Fold an older comment away, because there is no newer one; ``why`` that is so is shown beside the commit."""
    done = Published()
    if why and wishes.standing and occasion.commit:
        void = Standing(
            context=wishes.context, outcome="error", title=inert(why)[:_TITLE_LIMIT], text=markdown_text(why),
            url=occasion.url, is_void=True,
        )  # fmt: skip
        _step(done, "the commit's status", lambda: _show(forge, occasion, void, done))

    def work() -> None:
        request = _current(forge, occasion, done)
        if request is not None:
            posted = sticky.outdate(forge, request.number, wishes.key, occasion.commit)
            done.comment, done.deed = posted.comment, posted.deed
            done.warnings += posted.warnings

    if occasion.has_pull_request:
        _step(done, "the comment", work, occasion)
    return done


def capped(outcome: Outcome, occasion: Occasion) -> Outcome:
    """What may be shown: a workflow that failed is no success, whatever the file says that it has left behind."""
    is_bad = occasion.conclusion not in ("", "success")
    return "error" if is_bad and outcome in ("pass", "warn") else outcome


def _step(done: Published, what: str, work: Callable[[], None], occasion: Occasion | None = None) -> None:
    try:
        work()
    except ForgeError as error:
        is_github = occasion is not None and occasion.event.startswith("pull_request")
        is_refused = is_github and error.status in (401, 403)
        done.warnings.append(f"{what} was not updated: {error}{f'; {_FORK}' if is_refused else ''}")


def _standing(forge: Forge, occasion: Occasion, message: Message, wishes: Wishes, done: Published) -> None:
    outcome = capped(message.outcome, occasion)
    title = message.title
    if outcome != message.outcome:
        title = f"the workflow ended as {occasion.conclusion}, whatever its results say"
    standing = Standing(
        context=wishes.context,
        outcome=outcome,
        title=title,
        text=message.text(60_000),
        url=occasion.url,
    )
    _show(forge, occasion, standing, done)


def _show(forge: Forge, occasion: Occasion, standing: Standing, done: Published) -> None:
    done.standing = forge.show_standing(occasion.commit, standing)


def _pull_request(forge: Forge, occasion: Occasion, message: Message, wishes: Wishes, done: Published) -> None:
    request = _current(forge, occasion, done)
    if request is None:
        return
    note = sticky.Note(
        key=wishes.key,
        commit=occasion.commit,
        alarm=message.alarm,
        news=message.news,
        text=message.unheard().text if "decisions" in forge.lacks else message.text,
        metrics=tuple(map(short, message.regressed)),
        well=frozenset(map(short, message.well)),
        relief=_RELIEF,
        doubt=_DOUBT,
    )

    def comment() -> None:
        posted = sticky.post(forge, request.number, note, wishes.comment)
        done.comment, done.deed, done.is_open = posted.comment, posted.deed, posted.open
        done.warnings += posted.warnings

    _step(done, "the comment", comment, occasion)
    if wishes.labels and "labels" not in forge.lacks:
        _step(done, "the labels", lambda: _labels(forge, request, message, wishes, done), occasion)


def _current(forge: Forge, occasion: Occasion, done: Published) -> PullRequest | None:
    """The pull request, if it still is what was measured: a slow job must not overwrite the news of a newer one."""
    found = _found(forge, occasion)
    if found is None:
        done.warnings.append(f"no open pull request has {occasion.commit[:10]} as its head; nothing was posted")
    elif occasion.commit and found.head != occasion.commit:
        done.warnings.append(f"the pull request has moved on to {found.head[:10]}; its own job will comment on that")
        return None
    return found


def _found(forge: Forge, occasion: Occasion) -> PullRequest | None:
    if not occasion.number:
        return forge.pull_request_from(occasion.owner, occasion.branch, occasion.commit)
    try:
        return forge.pull_request(occasion.number)
    except ForgeError as error:
        # Some tokens may comment and not read pull requests; the event was right when the job began.
        if error.status not in (403, 404):
            raise
        return PullRequest(
            number=occasion.number, head=occasion.commit, source="", target="", is_open=True, labels=()
        )  # fmt: skip


def _labels(forge: Forge, request: PullRequest, message: Message, wishes: Wishes, done: Published) -> None:
    """Give the labels that are true and take those away that are not; who has compared nothing takes none away."""
    regressed = bool(message.regressed) or done.is_open
    for label, is_true in (
        (wishes.regression_label, regressed),
        (wishes.improvement_label, message.improved and not regressed and message.outcome != "error"),
    ):
        if is_true and label not in request.labels:
            forge.add_label(request.number, label)
        if not is_true and label in request.labels and message.well and message.outcome != "error":
            forge.remove_label(request.number, label)
        if is_true:
            done.labels.append(label)


def _issue(forge: Forge, occasion: Occasion, message: Message, wishes: Wishes, done: Published) -> None:
    report = issues.Report(message=message, branch=occasion.branch, commit=occasion.commit)
    done.issue = issues.keep(forge, report, wishes.key, wishes.regression_label)
