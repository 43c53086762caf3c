"""Git in a container: the checkout belongs to the runner's user there, and git refuses what is somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def trusting(env: Mapping[str, str]) -> dict[str, str]:
    """Variables by which git trusts the checkout that this job works in, in all that perfreg starts and nowhere else.

    Whoever wrote the workflow had it checked out, and a job has the workspace for itself: `actions/checkout` trusts it
    as well, but for its own step only.
    """
    top = _top(env.get("GITHUB_WORKSPACE", ""), env.get("INPUT_WORKING_DIRECTORY", ""))
    given = env.get("GIT_CONFIG_COUNT") or "0"
    if top is None or not (given.isascii() and given.isdigit()):
        return {}
    number = int(given)
    return {
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": "safe.directory",
        f"GIT_CONFIG_VALUE_{number}": top.as_posix(),
    }


def _top(workspace: str, directory: str) -> Path | None:
    """The top of the checkout that ``directory`` lies in, if that is within the workspace."""
    if not workspace:
        return None
    try:
        root = Path(workspace).resolve()
        here = (root / directory).resolve()
        places = [place for place in (here, *here.parents) if place.is_relative_to(root)]
        return next((place for place in places if (place / ".git").exists()), None)
    except (OSError, ValueError, RuntimeError):
        return None
