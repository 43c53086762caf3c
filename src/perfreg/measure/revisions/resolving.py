"""What a user's name for a revision means, fetched first where the clone has left it out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from perfreg.errors import RevisionError, UsageError
from perfreg.measure.revisions.fetching import STEPS, Remote, remote_of
from perfreg.measure.revisions.git import CI
from perfreg.measure.revisions.repository import Repository, repository
from perfreg.measure.revisions.revision import AS_IT_IS, Report, Revision, silent
from perfreg.measure.service_log import clean

_MOST_CHARACTERS = 500
_PARTS = re.compile(r"([^~^]+)(.*)")
_STEP = re.compile(r"~(\d*)|\^\d*")
_FULL_ID = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_SHORT_ID = re.compile(r"[0-9a-fA-F]{4,64}")
_FURTHEST = 10_000
_NOT_OURS = (":/", ":(top,exclude,glob)**/.perfreg/**")
"""All of a repository but where perfreg itself keeps what it knows."""
_FETCH_ALL = "check the name, or let the checkout fetch the whole history (fetch-depth: 0, GIT_DEPTH: 0)"


def resolve(directory: Path, ref: str, env: Mapping[str, str], *, report: Report = silent) -> Revision:
    """The commit that ``ref`` names in the repository around ``directory``; "." is the tree as it is.

    Branches, tags, ids (also short), ``origin/BRANCH``, ``HEAD~2``, ``BRANCH^1`` and ``A...B`` (where A and B part)
    are understood. What a shallow or single-branch clone has left out is fetched; the user's branches, index and work
    tree stay as they are. Raises `UsageError` for what is no name, `RevisionError` for a commit that cannot be had.
    """
    _check(ref)
    if ref == AS_IT_IS:
        return _as_it_is(directory, env)
    if "..." in ref:
        return _fork_point(directory, ref, env, report)
    name = _Name(around=repository(directory, env), ref=ref, env=env, report=report)
    try:
        return name.revision()
    except RevisionError as error:
        raise RevisionError(error.message, where=_shown(ref), hint=error.hint) from error


def merge_base(directory: Path, a: str, b: str, env: Mapping[str, str], *, report: Report = silent) -> str | None:
    """The newest commit that both ``a`` and ``b`` come from; a shallow clone fetches what it lacks to tell.

    None when they have none in common, or when it cannot be found out.
    """
    _check(a)
    _check(b)
    around = repository(directory, env)

    def find() -> str:
        return around.git.query("merge-base", a, b)

    if not find() and around.is_shallow():
        with suppress(RevisionError):
            commits = [commit for commit in (around.commit(a), around.commit(b)) if commit]
            remote_of(around, "", env, report).search(lambda: bool(find()), *commits)
    return find() or None


def lag(directory: Path, base: Revision, head: Revision, env: Mapping[str, str]) -> int:
    """How many commits ``base`` has that ``head`` lacks, as far as the clone knows: their effect shows, reversed."""
    if not base.commit or not head.commit:
        return 0
    around = repository(directory, env)
    if not around.git.query("merge-base", base.commit, head.commit):
        return 0  # the clone is too shallow to tell
    return int(around.git.query("rev-list", "--count", f"{head.commit}..{base.commit}") or 0)


def _check(ref: str) -> None:
    """Refuse what git would take for an option or a range, or what could not be shown in one line."""
    if not ref or ref.startswith(("-", "^")) or not ref.isprintable() or len(ref) > _MOST_CHARACTERS:
        raise UsageError(f"{_shown(ref)} names no revision", hint="name a branch, a tag or a commit")


def _shown(ref: str) -> str:
    text = clean(ref)
    return repr(text if len(text) <= 80 else f"{text[:80]}…")


def _as_it_is(directory: Path, env: Mapping[str, str]) -> Revision:
    try:
        around = repository(directory, env)
    except RevisionError:
        return Revision(ref=AS_IT_IS, commit="")  # measuring a tree takes no repository
    dirty = bool(around.git.query("status", "--porcelain", "--", *_NOT_OURS))
    note = "with what is not committed" if dirty else ""
    return Revision(ref=AS_IT_IS, commit=around.commit("HEAD"), dirty=dirty, note=note)


def _fork_point(directory: Path, ref: str, env: Mapping[str, str], report: Report) -> Revision:
    a, b = (part or "HEAD" for part in ref.split("...", 1))
    ends = [resolve(directory, each, env, report=report).commit for each in (a, b)]
    commit = merge_base(directory, ends[0], ends[1], env, report=report)
    if commit is None:
        raise RevisionError("no commit is known that both come from", where=_shown(ref), hint=_FETCH_ALL)
    return Revision(ref=ref, commit=commit, note=f"where {clean(a)} and {clean(b)} part")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """A name that is being looked up."""

    around: Repository
    ref: str
    env: Mapping[str, str]
    report: Report

    def revision(self) -> Revision:
        stem, way = self._parts()
        tracked = self._tracked(stem)
        if tracked and any(self.env.get(each) for each in CI):
            # The workspace of a CI may be an old one: what it knows of other branches is what some job once fetched.
            with suppress(RevisionError):
                return self._followed(*self._fetched(stem), way)
            note = f"as {tracked.removeprefix('refs/remotes/')} was when it was last fetched"
        else:
            note = ""
        known = self.around.commit(self.ref)  # as a whole first: git knows more ways to write a revision than we do
        if known:
            return Revision(ref=self.ref, commit=known, note=note)
        commit = self.around.commit(stem) or (self.around.commit(tracked) if tracked else "")
        if commit:
            return self._followed(commit, note, way)
        return self._followed(*self._fetched(stem), way)

    def _parts(self) -> tuple[str, str]:
        """The name of a reference or commit, and the way from there (``~2^1``)."""
        found = _PARTS.fullmatch(self.ref)
        return (found[1], found[2]) if found else (self.ref, "")

    def _tracked(self, stem: str) -> str:
        """The full name of the remote's branch that ``stem`` names in the clone; empty when it names something else."""
        full = self.around.git.query("rev-parse", "--verify", "--quiet", "--symbolic-full-name", stem)
        if full.startswith("refs/remotes/"):
            return full
        if full or self.around.commit(stem):
            return ""
        names = (f"refs/remotes/{remote}/{stem}" for remote in self.around.git.query("remote").split())
        return next((name for name in names if self.around.commit(name)), "")

    def _followed(self, commit: str, note: str, way: str) -> Revision:
        """The revision at the end of the ``way`` from ``commit``."""
        if not way:
            return Revision(ref=self.ref, commit=commit, note=note)

        def find() -> str:
            return self.around.commit(f"{commit}{way}")

        steps = STEPS if "{" in way else (min(sum(int(each[1] or 1) for each in _STEP.finditer(way)), _FURTHEST),)
        if not find() and self.around.is_shallow():
            remote = self._remote()
            remote.search(lambda: bool(find()), commit, steps=steps)
            note = f"fetched from {remote.name}"
        if not find():
            raise RevisionError("the history has no such commit", hint=_FETCH_ALL)
        return Revision(ref=self.ref, commit=find(), note=note)

    def _fetched(self, stem: str) -> tuple[str, str]:
        """The commit, and from where, of a name or id that the remote knows."""
        remote = self._remote()
        note = f"fetched from {remote.name}"
        if not self.around.git.says("check-ref-format", f"refs/heads/{stem}"):
            raise RevisionError("is no commit", hint="name a branch, a tag or a commit")
        if _FULL_ID.fullmatch(stem):
            with suppress(RevisionError):  # a server need not give what it does not advertise
                return remote.fetch(stem), note
        name, commit = next(iter(remote.tips(*_full_names(stem, remote.name)).items()), ("", ""))
        if not name and _SHORT_ID.fullmatch(stem):
            name, commit = self._by_id(remote, stem)
        if not commit:
            raise RevisionError(f"neither this clone nor {remote.name} has it", hint=_FETCH_ALL)
        found = self.around.commit(commit) or remote.fetch(name)
        if not found:
            raise RevisionError("is no commit", hint="name a branch, a tag or a commit")
        return found, note

    def _by_id(self, remote: Remote, start: str) -> tuple[str, str]:
        """The commit whose id has this ``start``: first where a reference is at, then anywhere in the branches."""
        at = {commit: name for name, commit in remote.tips().items() if commit.startswith(start.lower())}
        if len(at) == 1:
            commit, name = at.popitem()
            return name, commit
        remote.search(lambda: bool(self.around.commit(start)))
        return start, self.around.commit(start)

    def _remote(self) -> Remote:
        return remote_of(self.around, self.ref, self.env, self.report)


def _full_names(stem: str, remote: str) -> list[str]:
    """What ``stem`` may be short for at a remote, in git's own order."""
    names = [stem] if stem.startswith("refs/") else []
    names += [f"refs/{stem}", f"refs/tags/{stem}", f"refs/heads/{stem}"]
    return [*names, f"refs/heads/{stem.removeprefix(f'{remote}/')}"] if stem.startswith(f"{remote}/") else names
