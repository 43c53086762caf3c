"""What Jenkins tells a build about itself: variables of multibranch projects, and of the Git plugin.

Jenkins is no code host. Where the code lives is told by the page of the change, or else by the address that was cloned.
"""

from __future__ import annotations

from collections.abc import Mapping

from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.origin import Origin, parse
from perfreg.publish.forges.parts import commit, counted, page
from perfreg.publish.forges.surroundings import Surroundings


def is_here(env: Mapping[str, str]) -> bool:
    """Whether this is a build of Jenkins."""
    return bool(env.get("JENKINS_URL") or env.get("JENKINS_HOME")) and bool(env.get("JOB_NAME"))


def visit(env: Mapping[str, str], around: Surroundings) -> tuple[tuple[Origin, ...], Occasion] | None:
    """Addresses of the repository, the best one first, and what the build is about."""
    if not is_here(env):
        return None
    number = counted(env.get("CHANGE_ID", ""))
    named = (env.get("CHANGE_URL", ""), env.get("GIT_URL") or env.get("GIT_URL_1", ""), around.origin)
    # What is built of a change is often a merge that Jenkins has made and nobody has pushed.
    made = around.merged or env.get("GIT_COMMIT", "") or around.head
    branch = env.get("CHANGE_BRANCH") or env.get("BRANCH_NAME") or env.get("GIT_BRANCH", "").partition("/")[2]
    occasion = Occasion(
        event="change" if number else "build",
        repository="",
        commit=commit(made),
        number=number,
        branch=branch,
        is_main=not number and not env.get("TAG_NAME") and env.get("BRANCH_IS_PRIMARY") == "true",
        is_foreign=bool(env.get("CHANGE_FORK")),
        url=page(env.get("BUILD_URL", "")),
    )
    return tuple(origin for origin in map(parse, named) if origin is not None), occasion
