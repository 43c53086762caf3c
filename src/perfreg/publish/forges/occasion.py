"""What a CI job is about: a pull request, a branch or nothing that anybody could be told of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why a job runs. ``commit`` is what its results are about: of a pull request its head, never a merge.

    ``number`` is that of the pull request, if the event tells; where it does not (a fork), it is looked for by its
    ``owner`` and ``branch``. ``is_main`` tells whether the default branch itself was measured, and ``is_foreign`` that
    the code is a stranger's. ``conclusion`` is how the workflow that measured has ended, when this job only publishes.
    ``queued`` is the pull request that a merge queue has put on top of what is about to be merged.
    """

    event: str
    repository: str
    commit: str = ""
    number: int = 0
    queued: int = 0
    owner: str = ""
    branch: str = ""
    is_main: bool = False
    is_foreign: bool = False
    conclusion: str = ""
    url: str = ""

    @property
    def has_pull_request(self) -> bool:
        """Whether there is, or may be, a pull request to comment on."""
        return self.number > 0 or bool(self.owner and self.branch and not self.is_main)
