"""The store on a branch of its own in the repository's remote.

The branch shares no history with the code. It is read and written from a temporary repository (`git_connection` tells
why), so the user's checkout stays as it is, to the byte, whatever its state: dirty, detached, shallow, in a merge.

Any number of jobs may write at once. Each fetches the newest snapshot, applies its edit, and pushes on the condition
that the branch is still where it was; the loser of a race begins again after a random pause (`backoff`). So every
state of the branch is an edit of the state before, also when histories are squashed, and killing a writer at any moment
leaves either the old state or the new one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from perfreg.errors import StoreError
from perfreg.publish.stores import git_snapshot
from perfreg.publish.stores.backend import Edit, Pushed
from perfreg.publish.stores.backoff import Backoff
from perfreg.publish.stores.git_connection import Remote, private_repository
from perfreg.publish.stores.git_process import Git
from perfreg.publish.stores.git_snapshot import Author, Snapshot
from perfreg.publish.stores.shard_files import checked, to_bytes
from perfreg.publish.stores.size_limits import SizeLimits
from perfreg.store.exchange import Shards

_BASE = "refs/perfreg/base"
_SKIP_CI = "[skip ci]"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitBranch:
    """The store on ``branch`` of ``remote`` (a name or URL), seen from ``directory``, anywhere in a checkout.

    ``env`` is the environment; a ``token`` goes to the server of an http(s) remote and nowhere else, in place of what
    the checkout would send. With ``squash`` every push leaves the branch at one commit. After ``time_limit_s`` seconds
    `StoreError` tells how often it was tried and why it failed last.
    """

    directory: Path
    env: Mapping[str, str] = field(repr=False)
    branch: str = "perfreg-data"
    remote: str = "origin"
    token: str = field(default="", repr=False)
    squash: bool = False
    committer_name: str = "perfreg[bot]"
    committer_email: str = "perfreg[bot]@users.noreply.github.com"
    time_limit_s: float = 120.0
    limits: SizeLimits = field(default_factory=SizeLimits)
    backoff: Backoff = field(default_factory=Backoff, repr=False)

    def pull(self) -> Shards:
        """The shards on the branch; empty when there is no branch yet."""
        deadline = time.monotonic() + self.time_limit_s
        with self._repository(deadline) as git:
            return self.backoff.persist(lambda _: self._fetch(git), place=self._place, deadline=deadline).shards

    def push(self, edit: Edit, message: str) -> Pushed:
        """Apply ``edit`` to the branch, which is created when there is none."""
        deadline = time.monotonic() + self.time_limit_s
        with self._repository(deadline) as git:
            return self.backoff.persist(
                lambda attempt: self._attempt(git, edit, message, attempt), place=self._place, deadline=deadline
            )

    @property
    def _place(self) -> str:
        return f"branch {self.branch} of {self.remote}" if "://" not in self.remote else f"branch {self.branch}"

    @property
    def _reference(self) -> str:
        return f"refs/heads/{self.branch}"

    @contextmanager
    def _repository(self, deadline: float) -> Iterator[Git]:
        remote = Remote(directory=self.directory, name=self.remote, env=self.env, token=self.token)
        with private_repository(remote, place=self._place, deadline=deadline) as git:
            self._check_name(git)
            yield git

    def _check_name(self, git: Git) -> None:
        """Refuse names that git would take for an option, a pattern or another branch."""
        try:
            valid = git.line("check-ref-format", "--branch", self.branch) == self.branch
        except StoreError:
            valid = False
        if not valid:
            raise StoreError(f"{self.branch!r} is no name of a branch", hint="set baseline.branch")

    def _fetch(self, git: Git) -> Snapshot:
        source = f"+{self._reference}:{_BASE}"
        flags = ("--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        try:
            git.run("fetch", *flags, self.remote, source)
        except StoreError as error:
            if "couldn't find remote ref" in error.message.lower():
                return Snapshot(shards={})
            raise
        return git_snapshot.read(git, _BASE, self.limits)

    def _attempt(self, git: Git, edit: Edit, message: str, attempt: int) -> Pushed:
        base = self._fetch(git)
        shards = checked(edit(base.shards))
        sizes = {name: len(to_bytes(text)) for name, text in shards.items()}
        warnings = tuple(self.limits.warnings(sizes))
        if shards == base.shards:
            # Nothing left to do at a later attempt: the push before arrived, only the word of it was lost.
            return Pushed(changed=attempt > 1, attempts=attempt, location=self._at(base.commit), warnings=warnings)
        self.limits.check(sizes, self._place)
        author = Author(name=self.committer_name, email=self.committer_email)
        message = f"{message} {_SKIP_CI}"
        commit = git_snapshot.write(git, base, shards, message=message, author=author, squash=self.squash)
        lease = f"--force-with-lease={self._reference}:{base.commit}"
        git.run("push", "--quiet", lease, self.remote, f"{commit}:{self._reference}")
        return Pushed(changed=True, attempts=attempt, location=self._at(commit), warnings=warnings)

    def _at(self, commit: str) -> str:
        return f"{self._place} at {commit[:12]}" if commit else self._place
