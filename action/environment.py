"""Environments of the Action: what they are called, whether they are intact, and how they come to their place.

On a runner that is kept, an environment serves later jobs. Nothing ever changes one that is in its place, so jobs that
run at the same time cannot disturb each other: each builds its own beside it, and whoever is first moves it there.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What perfreg is installed from, and as what: the same as its wheel, without building one.
PARTS = {"src/perfreg": "perfreg", "templates": "perfreg/_templates", "schema": "perfreg/_schema"}

# Written last, and holds the size of every file.
READY = "perfreg-is-ready"

_DAY = 24 * 60 * 60
_TRIES = 20


class SetupError(Exception):
    """The Action cannot be set up; says why in one line."""


def name_of(pins: Path) -> str:
    """The same for the same interpreter, user, pins and sources of perfreg, and for no others."""
    digest = hashlib.sha256(f"{interpreter()}\n{_user()}\n".encode())
    for path in (pins, *_sources()):
        content = path.read_bytes()
        digest.update(f"{path.as_posix().removeprefix(ROOT.as_posix())}\n{len(content)}\n".encode())
        digest.update(content)
    return f"perfreg-{digest.hexdigest()[:16]}"


def interpreter() -> str:
    """All that decides which wheels this Python takes, and what an environment of it points to."""
    parts = (sys.version, sys.base_prefix, sysconfig.get_platform(), sysconfig.get_config_var("EXT_SUFFIX"))
    return "\n".join(map(str, (*parts, platform.machine(), *platform.libc_ver())))


def python_of(environment: Path) -> Path:
    """The interpreter of an environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def packages_of(environment: Path) -> Path:
    """Where packages are, by the scheme of every virtual environment; Debian's own default is another."""
    scheme = "nt" if os.name == "nt" else "posix_prefix"
    return Path(sysconfig.get_path("purelib", scheme, {"base": str(environment), "platbase": str(environment)}))


def add_perfreg(environment: Path) -> None:
    """Copy perfreg itself into an environment: building a wheel of it would need a builder, and take longer."""
    for source, target in PARTS.items():
        here = packages_of(environment) / target
        shutil.copytree(ROOT / source, here, ignore=shutil.ignore_patterns("__pycache__"))


def find(folder: Path, name: str) -> Path | None:
    """An intact environment of that name, and note that it is in use."""
    for path in _places(folder, name):
        if is_intact(path):
            os.utime(path / READY)
            return path
        if not os.path.lexists(path):
            break
    return None


def settle(built: Path, folder: Path, name: str) -> Path:
    """Move an environment to its place. Where another job was faster, that one's is taken."""
    (built / READY).write_text(json.dumps(_sizes(built)), encoding="utf-8")
    for attempt in range(_TRIES):
        # A broken one stays, because a job may run in it, until nobody has used it for a while.
        place = next(path for path in _places(folder, name) if is_intact(path) or not os.path.lexists(path))
        if os.path.lexists(place):
            return place
        try:
            built.rename(place)
        except OSError:  # another job was faster; or, on Windows, a scanner of viruses still looks at a file
            time.sleep(0.05 * attempt)
        else:
            return place
    raise SetupError(f"{built} cannot be moved into {folder}")


def is_intact(environment: Path) -> bool:
    """Whether an environment is this user's, complete, and has every file in its size.

    That finds what accidents leave: a killed job, a full disk, a cleaner of old files, an interpreter that was
    upgraded. It is no defence against other jobs of this user, who could as well change the runner itself.
    """
    try:
        if environment.stat().st_uid != _user():
            return False
        sizes = json.loads((environment / READY).read_text(encoding="utf-8"))
        return all(os.stat(f"{environment}/{path}").st_size == size for path, size in sizes.items())  # noqa: PTH116 - 4,500 paths: half the time
    except (OSError, ValueError, AttributeError):
        return False


def prune(folder: Path) -> None:
    """Remove environments that nobody used for a month, and what killed jobs left a day ago."""
    for path in folder.glob("perfreg-*"):
        ready = path / READY
        try:
            seconds = time.time() - (ready if ready.exists() else path).stat().st_mtime
            if path.is_symlink() or seconds < (30 * _DAY if ready.exists() else _DAY):
                continue
            ready.unlink(missing_ok=True)  # first, so that nobody takes what is half gone
        except OSError:
            continue
        shutil.rmtree(path, ignore_errors=True)


def _places(folder: Path, name: str) -> Iterator[Path]:
    yield folder / name
    for number in range(1, 1000):
        yield folder / f"{name}.{number}"


def _sources() -> Iterator[Path]:
    for part in PARTS:
        for path in sorted((ROOT / part).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _sizes(environment: Path) -> dict[str, int]:
    """The size of each file but those that Python writes when it likes."""
    sizes = {}
    for folder, _, files in os.walk(environment):
        for name in files:
            path = Path(folder, name)
            if path.suffix != ".pyc" and path.name != READY:
                sizes[path.relative_to(environment).as_posix()] = path.stat().st_size
    return sizes


def _user() -> int:
    """The owner of what this process writes; Windows, where that is no number, says 0 of all files."""
    return os.getuid() if sys.platform != "win32" else 0
