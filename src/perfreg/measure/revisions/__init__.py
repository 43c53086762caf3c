"""The two trees that are compared: what revisions are meant, their files, and their builds."""

from perfreg.measure.revisions.apart import Apart, keep_apart
from perfreg.measure.revisions.builds import built
from perfreg.measure.revisions.repository import repository
from perfreg.measure.revisions.resolving import lag, merge_base, resolve
from perfreg.measure.revisions.revision import AS_IT_IS, Revision
from perfreg.measure.revisions.worktrees import checked_out, default_cache, forget, ignore

__all__ = [
    "AS_IT_IS",
    "Apart",
    "Revision",
    "built",
    "checked_out",
    "default_cache",
    "forget",
    "ignore",
    "keep_apart",
    "lag",
    "merge_base",
    "repository",
    "resolve",
]
