"""Submodules of a work tree, from what the checkout already has of them."""

from __future__ import annotations

from pathlib import Path

from perfreg.measure.revisions.git import Repository
from perfreg.measure.revisions.revision import Report


def populate(around: Repository, tree: Path, report: Report) -> None:
    """Check out the submodules of ``tree``."""
    if (tree / ".gitmodules").is_file():
        report("checking out submodules")
        git = around.git.at(tree)
        git.run("-c", "protocol.file.allow=always", "submodule", "update", "--init", "--recursive", seconds=900)
