"""Shell commands of the configuration, kept out of reach of signals that are meant for us."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def own_group() -> dict[str, Any]:
    """Arguments of `subprocess.Popen` that keep the signals of our terminal and group away from the process."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def spawn(line: str, *, directory: str | Path, env: Mapping[str, str], output: int) -> subprocess.Popen[bytes]:
    """Run ``line`` in the shell, without input, both its outputs going to the file descriptor ``output``."""
    return subprocess.Popen(  # noqa: S602 - the configuration holds shell commands
        line,
        shell=True,
        cwd=directory,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        **own_group(),
    )
