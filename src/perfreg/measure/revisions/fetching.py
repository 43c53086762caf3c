"""Getting commits that a clone has left out: shallow clones, single branches, the merge of a pull request.

The user's repository gets objects, and nothing else that shows: no branch, no tag, no FETCH_HEAD. What is fetched has
a private reference while it is looked at. The history of a shallow clone only ever gets longer: ``--depth`` is used for
tips that are not there yet and never for anything the clone knows, where it would cut the history off.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from perfreg.errors import RevisionError
from perfreg.measure.revisions.git import GitError
from perfreg.measure.revisions.lock import waiting_lock
from perfreg.measure.revisions.repository import Repository
from perfreg.measure.revisions.revision import Report

NETWORK_S = 300.0
"""Seconds that git may talk to a remote at a time."""
STEPS = (20, 100, 500, 2500, 12500)
"""How many more commits each attempt asks for while something is looked for in the history."""
_LISTING_S = 60.0
_ATTEMPTS = 3
_PAUSE_S = 1.0
_NAMESPACE = "refs/perfreg"
_BRANCHES = "refs/heads/*"
_QUIETLY = ("--quiet", "--no-tags", "--refmap=", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-gc")
_PASSING = re.compile(
    r"returned error: (429|5\d\d)|early eof|hung up unexpectedly|connection (was )?reset|unexpected disconnect"
    r"|operation timed out|\.lock': file exists|shallow file has changed|cannot lock ref",
    re.IGNORECASE,
)
_CI_REFERENCES = ("GITHUB_REF", "CI_MERGE_REQUEST_REF_PATH", "BUILD_SOURCEBRANCH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """The remote of a checkout, asked as seldom as possible. ``report`` hears of everything that takes long."""

    repository: Repository
    name: str
    env: Mapping[str, str]
    report: Report

    def tips(self, *names: str) -> dict[str, str]:
        """Full names of the remote's references, all or those of ``names`` that it has, and their commits."""
        listed = self.repository.git.run("ls-remote", "--quiet", self.name, *names, seconds=_LISTING_S)
        found = {ref: commit for commit, _, ref in (line.partition("\t") for line in listed.splitlines())}
        # An annotated tag is an object of its own; the commit is listed behind it.
        there = {ref: found.get(f"{ref}^{{}}", commit) for ref, commit in found.items() if not ref.endswith("^{}")}
        return {ref: there[ref] for ref in names if ref in there} if names else there

    def fetch(self, wanted: str) -> str:
        """Fetch a reference or commit that is not there yet; the commit that it is.

        A shallow clone gets no more of its history than the commit itself. Raises `GitError`.
        """
        self.report(f"fetching {re.sub('^refs/(heads|tags)/', '', wanted)} from {self.name}")
        depth = ("--depth=1",) if self.repository.is_shallow() else ()
        with self._private() as private:
            self._fetch(*depth, f"+{wanted}:{private}/it")
            return self.repository.commit(f"{private}/it")

    def search(self, is_enough: Callable[[], bool], *commits: str, steps: tuple[int, ...] = STEPS) -> bool:
        """Fetch more and more of the history behind ``commits``, or of all branches, until it is enough.

        Whether it is in the end. Raises `GitError`.
        """
        for step in steps:
            if is_enough():
                return True
            shallow = self.repository.is_shallow()
            self.report(f"fetching more of the history from {self.name}")
            self._lengthen((f"--deepen={step}",) if shallow else (), commits)
            if not shallow:
                break
        return is_enough()

    def _lengthen(self, how: tuple[str, ...], commits: tuple[str, ...]) -> None:
        with self._private() as private:
            named = [f"+{commit}:{private}/{index}" for index, commit in enumerate(commits)]
            branches = [f"+{_BRANCHES}:{private}/heads/*"]
            merges = [f"+{name}:{private}/merge" for name in self._merge_request()]
            choices = [named] if named else []
            choices += [branches + merges] if merges else []
            for specs in choices:
                with suppress(GitError):  # not every server gives what it does not advertise, or has the merge still
                    self._fetch(*how, *specs)
                    return
            self._fetch(*how, *branches)

    def _merge_request(self) -> list[str]:
        """The reference outside of the branches that a CI has checked out, if it has."""
        names = (self.env.get(name, "") for name in _CI_REFERENCES)
        return [name for name in names if name.startswith("refs/") and not name.startswith("refs/heads/")][:1]

    def _fetch(self, *arguments: str) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with waiting_lock(self.repository.common / "perfreg.lock", seconds=NETWORK_S):
                    self.repository.git.run("fetch", *_QUIETLY, self.name, *arguments, seconds=NETWORK_S)
            except GitError as error:
                if attempt == _ATTEMPTS or not _PASSING.search(error.output):
                    raise
                time.sleep(_PAUSE_S * attempt)
            except OSError as error:
                raise RevisionError(f"the repository cannot be written: {error.strerror}") from error
            else:
                return

    @contextmanager
    def _private(self) -> Iterator[str]:
        """A name for references that nobody else uses; they are gone when the block ends."""
        private = f"{_NAMESPACE}/{secrets.token_hex(8)}"
        git = self.repository.git
        try:
            yield private
        finally:
            for name in git.query("for-each-ref", "--format=%(refname)", f"{private}/").splitlines():
                git.query("update-ref", "-d", name)


def remote_of(repository: Repository, ref: str, env: Mapping[str, str], report: Report) -> Remote:
    """The remote that ``ref`` names, else the one the checkout came from. Raises `RevisionError` without any."""
    git = repository.git
    names = git.query("remote").split()
    branch = git.query("symbolic-ref", "--quiet", "--short", "HEAD")
    upstream = git.query("config", f"branch.{branch}.remote") if branch else ""
    written = next((name for name in names if ref.startswith(f"{name}/")), "")
    name = next((each for each in (written, upstream, "origin", *names) if each in names), "")
    if not name or name.startswith("-"):
        raise RevisionError("this repository does not have it, nor a remote to fetch it from")
    return Remote(repository=repository, name=name, env=env, report=report)
