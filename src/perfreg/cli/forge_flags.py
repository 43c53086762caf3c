"""Flags that say which code host a job is about, for where that cannot be found out or is found out wrongly."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

_VARIABLES = {
    "forge": "PERFREG_FORGE",
    "repository": "PERFREG_REPOSITORY",
    "pull_request": "PERFREG_PULL_REQUEST",
    "commit": "PERFREG_COMMIT",
    "forge_url": "PERFREG_FORGE_URL",
}


def add_forge_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them; each has a variable of its own, too."""
    add = parser.add_argument
    add("--forge", metavar="NAME", help="github, gitlab, azure, gitea or bitbucket (default: that of the job)")
    add("--repository", metavar="NAME", help="the repository there (default: that of the job)")
    add("--pull-request", metavar="NUMBER", help="the pull or merge request (default: that of the job)")
    add("--commit", metavar="SHA", help="the commit that was measured (default: that of the job)")
    add("--forge-url", metavar="URL", help="the API of the code host (default: that of the job)")


def forge_environment(args: argparse.Namespace, env: Mapping[str, str]) -> dict[str, str]:
    """``env`` with the variables that the given flags stand for."""
    given = {variable: getattr(args, name) for name, variable in _VARIABLES.items()}
    return {**env, **{variable: value for variable, value in given.items() if value}}
