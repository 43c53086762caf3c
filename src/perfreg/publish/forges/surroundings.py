"""What only the clone knows: where it came from, and which commit a CI system has merged into it.

Whatever built the code may have written into the clone. An address in there counts only for hosts that everybody
knows: nobody who changes it gets to see a token.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from perfreg.errors import StoreError
from perfreg.measure.source import clean_git_environment
from perfreg.publish.forges.origin import parse
from perfreg.publish.stores.git_process import Git

_PUBLIC = frozenset(
    [
        "github.com",
        "ssh.github.com",
        "gitlab.com",
        "bitbucket.org",
        "dev.azure.com",
        "ssh.dev.azure.com",
        "codeberg.org",
    ]
)
_MERGE = re.compile(r"Merge commit '(?P<commit>[0-9a-f]{40,64})' into HEAD")
_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """``origin`` is the address that was cloned, ``head`` what is checked out; ``merged`` is what that has merged."""

    origin: str = ""
    head: str = ""
    merged: str = ""


def look(directory: Path, env: Mapping[str, str]) -> Surroundings:
    """What the clone at ``directory`` tells. Empty where there is none."""
    git = Git(
        directory=directory, env=clean_git_environment(env), deadline=time.monotonic() + _PATIENCE_S, place="the clone"
    )
    origin = head = merged = ""
    with suppress(StoreError):
        found = parse(git.line("remote", "get-url", "origin"))
        if found is not None and found.host in _PUBLIC:
            origin = f"{found.server}/{found.path}"
    with suppress(StoreError):
        head, parents, subject = git.line("log", "--max-count=1", "--no-show-signature", "--format=%H%n%P%n%s").split(
            "\n", 2
        )
        made = _MERGE.fullmatch(subject)
        if made and made["commit"] in parents.split():
            merged = made["commit"]
    return Surroundings(origin=origin, head=head, merged=merged)
