"""Checks a commit out as version 7 of actions/checkout does: shallow unless told otherwise, and detached for a change.

The token lies in a file below RUNNER_TEMP that the repository's configuration includes under a condition.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import uuid
from pathlib import Path

TRUSTED = ("workflow_run", "pull_request_target")


def git(*arguments: str) -> str:
    """Run git in the workspace; its output."""
    done = subprocess.run(["git", *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def authorized(server: str, token: str) -> Path:
    """The file with the token, as it is included."""
    header = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    path = Path(os.environ["RUNNER_TEMP"], f"git-credentials-{uuid.uuid4()}.config")
    path.touch(0o600)
    path.write_text(f'[http "{server}/"]\n\textraheader = AUTHORIZATION: basic {header}\n', encoding="utf-8")
    return path


def local_name(ref: str) -> str:
    """Where a reference of the server comes to lie."""
    if ref.startswith("refs/heads/"):
        return f"refs/remotes/origin/{ref.removeprefix('refs/heads/')}"
    return f"refs/remotes/pull/{ref.removeprefix('refs/pull/')}"


def main() -> None:
    env = os.environ
    server, repository = env["GITHUB_SERVER_URL"], env["WITH_REPOSITORY"]
    ref, commit = env["GITHUB_REF"], env["GITHUB_SHA"]
    if env["WITH_REF"] or repository != env["GITHUB_REPOSITORY"]:
        if env["GITHUB_EVENT_NAME"] in TRUSTED:
            sys.exit("refusing to check out what may be the code of a stranger's pull request")
        sys.exit("the tests check out what the event is about, and nothing else")
    if not ref.startswith(("refs/heads/", "refs/pull/")):
        sys.exit(f"cannot check out {ref!r}")
    git("init", "--quiet", ".")
    git("remote", "add", "origin", f"{server}/{repository}")
    file = authorized(server, env["WITH_TOKEN"])
    condition = f"includeIf.gitdir:{Path('.git').resolve()}.path"
    git("config", condition, str(file))
    here = local_name(ref)
    wanted = [f"+{commit}:{here}"]
    depth = [] if env["WITH_DEPTH"] == "0" else [f"--depth={env['WITH_DEPTH']}"]
    if not depth:
        wanted += ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    if not depth and ref.startswith("refs/heads/"):
        del wanted[0]  # git refuses to fetch two commits into one place
    git("fetch", "--quiet", "--no-tags", "--prune", *depth, "origin", *wanted)
    branch = ["-B", ref.removeprefix("refs/heads/")] if ref.startswith("refs/heads/") else []
    git("checkout", "--quiet", "--force", *branch, here)
    if git("rev-parse", "HEAD") != commit:
        sys.exit(f"{here} is not {commit}")
    if env["WITH_CREDENTIALS"] != "true":
        git("config", "--unset", condition)
        file.unlink()


if __name__ == "__main__":
    main()
