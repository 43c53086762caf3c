"""A Python environment by the path that people name it with: a virtual environment, or an interpreter."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfreg.errors import UsageError

_TIMEOUT_S = 30.0
_NAMES = (Path("bin", "python"), Path("bin", "python3"), Path("Scripts", "python.exe"))
_ASK = "import platform; print(platform.python_implementation(), platform.python_version())"
_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """An interpreter that works. ``home`` is its virtual environment, None outside of one."""

    executable: Path
    home: Path | None
    version: str

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """``env`` as it is with this environment activated: its commands come first, no other one shines through."""
        kept = {name: value for name, value in env.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME")}
        kept["PATH"] = os.pathsep.join((str(self.executable.parent), env.get("PATH", os.defpath)))
        return kept if self.home is None else {**kept, "VIRTUAL_ENV": str(self.home)}


def find(path: str, env: Mapping[str, str], *, where: str) -> Interpreter:
    """The interpreter at ``path``: a directory that holds one, its file, or its name on the PATH.

    Raises `UsageError` that names ``where`` when there is none that runs.
    """
    executable = _executable(path, env)
    if executable is None:
        hint = "name a virtual environment's directory or an interpreter"
        raise UsageError(f"there is no Python at {path!r}", where=where, hint=hint)
    # The link in a virtual environment is what makes it one, so it is not followed.
    home = executable.parent.parent
    inside = (home / "pyvenv.cfg").is_file()
    return Interpreter(executable=executable, home=home if inside else None, version=_version(executable, env, where))


def _executable(path: str, env: Mapping[str, str]) -> Path | None:
    place = Path(path).absolute()
    if place.is_dir():
        return next((place / name for name in _NAMES if (place / name).is_file()), None)
    if place.is_file():
        return place
    found = shutil.which(path, path=env.get("PATH")) if Path(path).name == path else None
    return Path(found).absolute() if found else None


def _version(executable: Path, env: Mapping[str, str], where: str) -> str:
    try:
        done = subprocess.run(
            [str(executable), "-I", "-c", _ASK],
            env=dict(env),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = "it does not answer" if isinstance(error, subprocess.TimeoutExpired) else error.strerror
        raise UsageError(f"{str(executable)!r} cannot be run: {why}", where=where) from error
    version = done.stdout.strip()
    if done.returncode or len(version) > _LONGEST or not version.isprintable() or not version:
        hint = "name a virtual environment's directory or an interpreter"
        raise UsageError(f"{str(executable)!r} is no Python interpreter", where=where, hint=hint)
    return version
