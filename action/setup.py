"""Install perfreg for the Action into an environment of its own, and tell the next step where its Python is.

Run by any Python 3.10 or newer on the runner, with nothing but the standard library, as `python -m action.setup`:

- `plan` says whether an environment is there already, and otherwise where wheels from the workflow's cache belong;
- `install` makes the environment, out of those wheels or the index;
- `keep` fetches the wheels that the workflow's cache is to keep.

What a workflow's cache holds is not trusted: any job that ran on the same branch may have written it. That is why it
holds wheels, which are hashed again before they are used, and no environment.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from action.environment import SetupError, add_perfreg, find, interpreter, name_of, prune, python_of, settle
from action.installers import PINS, UV_PINS, fetch, fill


def plan(env: Mapping[str, str]) -> dict[str, str]:
    """Where things are, for the steps between."""
    ready = find(_home(env), name_of(PINS)) is not None
    return {
        "interpreter": sys.executable,
        "ready": _flag(ready),
        "wheels": str(_wheels(env)),
        "key": _key(),
    }


def install(env: Mapping[str, str]) -> dict[str, str]:
    """Find or make the environment."""
    home, name = _home(env), name_of(PINS)
    environment = find(home, name)
    keep = False
    if environment is None:
        keep = _keeps_cache(env) and not any(_wheels(env).glob("*.whl"))
        environment = _made(home, name, _wheels(env))
    return {"python": str(python_of(environment)), "keep": _flag(keep)}


def keep(env: Mapping[str, str]) -> dict[str, str]:
    """Fetch wheels for later jobs. Nothing that happens here is worth failing for."""
    with tempfile.TemporaryDirectory(dir=env["RUNNER_TEMP"], ignore_cleanup_errors=True) as build:
        try:
            kept = fetch(Path(build), _wheels(env))
        except (SetupError, OSError) as error:
            kept = False
            sys.stdout.write(f"perfreg: nothing is kept for later jobs: {error}\n")
    return {"kept": _flag(kept)}


def _made(home: Path, name: str, wheels: Path) -> Path:
    build = Path(tempfile.mkdtemp(prefix="perfreg-build-", dir=home))
    try:
        environment = fill(build, wheels)
        add_perfreg(environment)
        return settle(environment, home, name)
    finally:
        shutil.rmtree(build, ignore_errors=True)
        prune(home)


def _home(env: Mapping[str, str]) -> Path:
    """Where the runner keeps tools between jobs; this job's own where it may not, or shall not, be written to."""
    kept = env.get("RUNNER_TOOL_CACHE", "")
    if env.get("PERFREG_CACHE") == "true" and kept and os.access(kept, os.W_OK):
        return Path(kept)
    return Path(env["RUNNER_TEMP"])


def _wheels(env: Mapping[str, str]) -> Path:
    return Path(env["RUNNER_TEMP"]) / "wheels-for-perfreg"


def _key() -> str:
    """Of the workflow's cache: the same wherever the same wheels are used. Those of perfreg's sources do not matter."""
    digest = hashlib.sha256(interpreter().encode() + PINS.read_bytes() + UV_PINS.read_bytes())
    uv = "uv" if shutil.which("uv") else "pip"
    parts = (sys.platform, platform.machine(), sysconfig.get_python_version(), uv, digest.hexdigest()[:16])
    return "-".join(("perfreg", "wheels", *parts))


def _keeps_cache(env: Mapping[str, str]) -> bool:
    """On the default branch alone: what is kept there serves all others, what others keep only takes its room."""
    if env.get("PERFREG_CACHE") != "true":
        return False
    try:
        event = json.loads(Path(env["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        branch = event["repository"]["default_branch"]
    except (KeyError, OSError, TypeError, ValueError):
        return False
    return env.get("GITHUB_REF") == f"refs/heads/{branch}"


def _flag(value: object) -> str:
    return "true" if value else "false"


COMMANDS: dict[str, Callable[[Mapping[str, str]], dict[str, str]]] = {"plan": plan, "install": install, "keep": keep}


def main() -> None:
    """Run one command, and write what it says where the next steps find it."""
    env = os.environ
    try:
        outputs = COMMANDS[sys.argv[1]](env)
    except (SetupError, OSError) as error:
        # From outside come names and words of servers: none of them may be a command to the runner.
        words = " ".join(str(error).split()).replace("%", "%25")
        sys.stdout.write(f"::error title=perfreg::could not be installed: {words}\n")
        sys.exit(2)
    with Path(env["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in outputs.items())


if __name__ == "__main__":
    main()
