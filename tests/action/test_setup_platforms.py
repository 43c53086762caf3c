"""All that is pinned comes as a wheel, wherever runners are."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from action.installers import PINS, UV_PINS

PLATFORMS = (
    *("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"),
    *("aarch64-apple-darwin", "x86_64-apple-darwin", "x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"),
)
# Wheels for Windows on ARM begin with Python 3.12.
RUNNERS = [(each, "3.12" if each == "aarch64-pc-windows-msvc" else "3.10") for each in PLATFORMS]


@pytest.mark.slow
@pytest.mark.parametrize(("platform", "version"), [*RUNNERS, *((each, "3.14") for each in PLATFORMS)])
def test_nothing_has_to_be_built(tmp_path: Path, platform: str, version: str) -> None:
    uv = shutil.which("uv")
    if not uv:
        pytest.skip("uv is not here")
    what = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(PINS), "-r", str(UV_PINS))
    where = ("--python-platform", platform, "--python-version", version, "--target", str(tmp_path / "none"))
    command = [uv, "pip", "install", "--dry-run", "--quiet", *where, *what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
