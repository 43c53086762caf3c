"""Fill an environment with what is pinned: by uv, or by pip where uv cannot; from wheels that are there, or the index.

Whatever the road, every file is held against its hash in `requirements/`, and none is built on the runner, because what
building needs is pinned nowhere. uv gets an empty cache of its own: what other jobs left unpacked has no hash any more.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree, which

from action.commands import run
from action.environment import ROOT, SetupError, packages_of, python_of

PINS = ROOT / "requirements" / "action.txt"
UV_PINS = ROOT / "requirements" / "uv.txt"

# With these pip goes another way than uv would.
_ROADS_OF_PIP = re.compile(r"\.(?:index-url|no-index|proxy|client-cert)=", re.MULTILINE)

_CHECKED = ("--require-hashes", "--only-binary", ":all:")


def fill(build: Path, wheels: Path) -> Path:
    """Make an environment in the folder ``build``, by the first road that leads there."""
    environment = build / "environment"
    failures: list[str] = []
    for road in _roads(build, wheels):
        rmtree(environment, ignore_errors=True)
        try:
            road(environment)
        except SetupError as error:
            failures.append(str(error))
            sys.stdout.write(f"perfreg: {error}\n")
        else:
            return environment
    if failures:
        raise SetupError(f"{'; '.join(failures)}; is a package index in reach?")
    raise SetupError(
        f"there is neither uv nor pip for {sys.executable}; run actions/setup-python before it, or install either"
    )


def fetch(build: Path, wheels: Path) -> bool:
    """Fetch all wheels that `fill` would; false where there is no pip, which alone can do that."""
    pip = _pip(build)
    if pip:
        pins = [PINS] if which("uv") else [PINS, UV_PINS]
        rmtree(wheels, ignore_errors=True)
        _download(pip, wheels, *pins)
    return bool(pip)


def _roads(build: Path, wheels: Path) -> Iterator[partial[None]]:
    sources: list[list[str]] = [[]]
    if any(wheels.glob("*.whl")):
        sources.insert(0, ["--no-index", "--find-links", str(wheels)])
    uv = which("uv") or _unpacked_uv(wheels, build)
    pip = [] if uv else _pip(build)
    uv = uv or (_fetched_uv(pip, build) if pip else None)
    if uv:
        yield from (partial(_by_uv, uv, build, source) for source in sources)
    pip = pip or _pip(build)
    if pip:
        yield from (partial(_by_pip, pip, source) for source in sources)


def _by_uv(uv: str, build: Path, source: Sequence[str], environment: Path) -> None:
    run(uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(environment))
    # Links cost nothing, and the cache beside it goes away: no other environment shares these files.
    places = (
        "--link-mode",
        "hardlink",
        "--cache-dir",
        str(build / "uv-cache"),
        "--python",
        str(python_of(environment)),
    )
    run(uv, "pip", "sync", "--quiet", *_CHECKED, *places, *source, str(PINS))


def _by_pip(pip: Sequence[str], source: Sequence[str], environment: Path) -> None:
    """With the runner's own pip: one in the environment would take as long to get there as most of the rest."""
    try:
        import venv
    except ImportError as error:
        raise SetupError(f"{sys.executable} has no module venv") from error
    venv.create(environment, symlinks=os.name != "nt")
    # Compiling every module costs more than compiling the few that are used.
    how = (
        "--quiet",
        "--no-compile",
        "--no-deps",
        "--no-warn-script-location",
        "--target",
        str(packages_of(environment)),
    )
    run(*pip, "install", *how, *_CHECKED, *source, "-r", str(PINS))


def _pip(build: Path) -> list[str]:
    """The command that runs pip; without one that is installed, one that Python brings along; or nothing."""
    if find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if not (find_spec("ensurepip") and find_spec("venv")):
        return []  # as on Debian without its python3-venv
    home = build / "pip"
    if not home.exists():
        run(sys.executable, "-I", "-m", "venv", str(home))
    return [str(python_of(home)), "-m", "pip"]


def _fetched_uv(pip: Sequence[str], build: Path) -> str | None:
    """uv by pip; nothing where pip reaches its index in a way of its own, or where there is no uv for this machine."""
    try:
        if _ROADS_OF_PIP.search(run(*pip, "config", "list")):
            return None
        _download(pip, build / "uv-wheel", UV_PINS)
    except SetupError as error:
        sys.stdout.write(f"perfreg: {error}\n")
        return None
    return _unpacked_uv(build / "uv-wheel", build)


def _download(pip: Sequence[str], folder: Path, *pins: Path) -> None:
    files = [word for path in pins for word in ("-r", str(path))]
    run(*pip, "download", "--quiet", "--no-deps", *_CHECKED, "--dest", str(folder), *files)


def _unpacked_uv(folder: Path, build: Path) -> str | None:
    """The program in a wheel of uv, if that is one of those that are pinned."""
    pinned = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", UV_PINS.read_text(encoding="utf-8")))
    for path in sorted(folder.glob("uv-*.whl")):
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() not in pinned:
            continue
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            for name in wheel.namelist():
                if re.fullmatch(r"uv-[^/]+\.data/scripts/uv(\.exe)?", name):
                    program = build / Path(name).name
                    program.write_bytes(wheel.read(name))
                    program.chmod(0o700)
                    return str(program)
    return None
