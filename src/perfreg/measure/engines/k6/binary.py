"""Which k6 there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from perfreg.errors import MeasureError

OLDEST = (1, 0)
_PATIENCE_S = 30.0
_VERSION = re.compile(r"\bv(\d+)\.(\d+)\.\d+")
_INSTALL = "install it (go install go.k6.io/k6@latest, or a package from the k6 project), or set PERFREG_K6 to its path"


def find(env: Mapping[str, str]) -> str:
    """The path of the binary: ``PERFREG_K6``, or the one on the path. Raises `MeasureError` when there is none."""
    named = env.get("PERFREG_K6", "")
    found = shutil.which(named or "k6", path=env.get("PATH"))
    if found is None:
        what = f"PERFREG_K6 names {named!r}, which is no program" if named else "there is no k6 on the PATH"
        raise MeasureError(what, where="engine: k6", hint=_INSTALL)
    path = str(Path(found).absolute())
    _check(path)
    return path


@cache
def _check(path: str) -> None:
    """Asked once for each binary: it takes a tenth of a second. Raises `MeasureError` for one that is too old."""
    try:
        done = subprocess.run(
            [path, "version"], capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise MeasureError(f"{path} does not run: {error}", where="engine: k6", hint=_INSTALL) from error
    version = _VERSION.search(done.stdout)
    if version is None:
        raise MeasureError(f"{path} does not say its version: it is no k6", where="engine: k6", hint=_INSTALL)
    if (int(version[1]), int(version[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise MeasureError(f"{path} is k6 {version[0]}, older than {oldest}", where="engine: k6", hint=_INSTALL)
