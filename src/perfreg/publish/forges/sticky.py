"""One comment that is ours: found again, kept up to date in place, cleared when all is well, and never there twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from perfreg.errors import ForgeError
from perfreg.publish.forges import marker
from perfreg.publish.forges.forge import Comment, Forge, Reason
from perfreg.publish.forges.marker import Marker

Mode = Literal["always", "on-change", "on-regression", "never"]
MODES: tuple[Mode, ...] = ("always", "on-change", "on-regression", "never")

Deed = Literal["created", "updated", "cleared", "outdated", "none"]

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is to be said about ``commit``. ``text`` makes it fit: it is called with the bytes there are.

    ``alarm`` tells whether it is bad news, and ``news`` whether anything is to be told at all. ``metrics`` are those
    that have regressed and ``well`` those that were compared and have not, by their `short` names. ``relief`` goes
    before the text where an alarm has ended, and ``doubt`` where nobody can tell: what was not compared may be as it
    was.
    """

    key: str
    commit: str
    alarm: bool
    news: bool
    text: Callable[[int], str]
    metrics: tuple[str, ...] = ()
    well: frozenset[str] = frozenset()
    relief: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What was done, the comment as it is now if there is one, and what could not be done.

    ``open`` tells whether a regression that was reported before has not been seen to be gone.
    """

    deed: Deed
    comment: Comment | None = None
    open: bool = False
    warnings: tuple[str, ...] = ()


class _Vanished(ForgeError):  # noqa: N818 - the error that another look may mend
    """Somebody removed the comment between looking and writing."""


def post(forge: Forge, number: int, note: Note, mode: Mode) -> Posted:
    """Bring the comment of ``note.key`` up to date, and write it if ``mode`` asks for it. Raises `ForgeError`.

    A comment that is there never stays as it is: what it says would be about older code.
    """
    if mode == "never":
        return Posted(deed="none")
    for _ in range(_TRIES - 1):
        try:
            return _post(forge, number, note, mode)
        except _Vanished:
            continue
    return _post(forge, number, note, mode)


def outdate(forge: Forge, number: int, key: str, commit: str) -> Posted:
    """Fold the comment away unless it is about ``commit``: nothing newer can be said. Raises `ForgeError`."""
    mine = _mine(forge, number, key)
    before = _marker(mine[0], key) if mine else None
    if before is None or before.hidden or before.commit == commit:
        return Posted(deed="none", comment=mine[0] if mine else None)
    comment = _edit(forge, mine[0], f"{before.with_hidden()}{marker.without(mine[0].body)}")
    return Posted(deed="outdated", comment=comment, warnings=tuple(_hide(forge, comment, "outdated")))


def _post(forge: Forge, number: int, note: Note, mode: Mode) -> Posted:
    mine = _mine(forge, number, note.key)
    before = _marker(mine[0], note.key) if mine else None
    if before is None and not _worth_it(note, mode):
        return Posted(deed="none")
    still = _still(note, before)
    # Whoever wants to hear of regressions alone does not want to see that there are none.
    hidden = mode == "on-regression" and not (note.alarm or still)
    body = _body(forge, note, before, hidden=hidden)
    if mine:
        comment = _edit(forge, mine[0], body)
    else:
        comment = forge.add_comment(number, body, landed=lambda: next(iter(_mine(forge, number, note.key)), None))
        mine = _mine(forge, number, note.key)
        if mine and mine[0].id != comment.id:
            # Another job was faster; whoever comes last writes into the oldest, so that all agree on which one stays.
            comment = _edit(forge, mine[0], body)
    warnings = [*_remove(forge, mine[1:]), *_fold(forge, comment, before, hidden=hidden)]
    return Posted(deed=_deed(before, note), comment=comment, open=bool(still), warnings=tuple(warnings))


def _worth_it(note: Note, mode: Mode) -> bool:
    """Whether a comment is to be written where there is none."""
    return mode == "always" or note.alarm or (mode == "on-change" and note.news)


def _still(note: Note, before: Marker | None) -> tuple[str, ...]:
    """What was reported before and is neither reported now nor known to be well."""
    return () if before is None else tuple(sorted({*before.metrics} - {*note.metrics} - note.well))


def _deed(before: Marker | None, note: Note) -> Deed:
    if before is None:
        return "created"
    return "cleared" if before.alarm and not note.alarm and not _still(note, before) else "updated"


def _body(forge: Forge, note: Note, before: Marker | None, *, hidden: bool) -> str:
    still = _still(note, before)
    metrics = tuple(sorted({*note.metrics, *still}))
    alarm = note.alarm or bool(still)
    first = str(Marker(kind="comment", key=note.key, commit=note.commit, alarm=alarm, hidden=hidden, metrics=metrics))
    lead = note.relief if _deed(before, note) == "cleared" else note.doubt if still else ""
    first += f"{lead}\n\n" if lead else ""
    return f"{first}{note.text(forge.body_limit - len(first.encode()))}"


def _edit(forge: Forge, comment: Comment, body: str) -> Comment:
    if comment.body == body:
        return comment
    try:
        return forge.edit_comment(comment, body)
    except ForgeError as error:
        if error.status not in (404, 410):
            raise
        raise _Vanished(error.message, where=error.where, hint=error.hint, status=error.status) from error


def _fold(forge: Forge, comment: Comment, before: Marker | None, *, hidden: bool) -> list[str]:
    was_hidden = before is not None and before.hidden
    if hidden and not was_hidden:
        return _hide(forge, comment, "resolved")
    if was_hidden and not hidden:
        return _tried(lambda: forge.show_comment(comment), "the comment stays folded away")
    return []


def _remove(forge: Forge, others: list[Comment]) -> list[str]:
    """Remove duplicates, or at least fold them away."""
    warnings = []
    for other in others:
        try:
            forge.delete_comment(other)
        except ForgeError as error:
            warnings.append(f"a second comment could not be removed: {error}")
            warnings += _hide(forge, other, "duplicate")
    return warnings


def _hide(forge: Forge, comment: Comment, reason: Reason) -> list[str]:
    return _tried(lambda: forge.hide_comment(comment, reason), f"a comment that is {reason} stays unfolded")


def _tried(work: Callable[[], None], otherwise: str) -> list[str]:
    try:
        work()
    except ForgeError as error:
        return [f"{otherwise}: {error}"]
    return []


def _mine(forge: Forge, number: int, key: str) -> list[Comment]:
    """Our comments with this key, the oldest first."""
    return [each for each in forge.comments(number) if each.mine and _marker(each, key) is not None]


def _marker(comment: Comment, key: str) -> Marker | None:
    return marker.read(comment.body, "comment", key)
