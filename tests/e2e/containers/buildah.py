"""Buildah with a store of its own: images are built and run without a daemon, as root or by sudo.

Isolation is that of chroot, which needs nothing of the machine: containers have files and users of their own, but the
machine's network and processes, no limits, and a file system that is never read-only.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tests.support.containers import Container
from tests.support.tools import installed

_ISOLATION = ("--isolation=chroot", "--network=host")
_TIME_LIMIT_S = 500


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A container that ended: its exit code, what it printed, and the directories that were mounted, by their path."""

    code: int
    out: str
    errors: str
    mounted: Mapping[str, Path]

    @property
    def log(self) -> str:
        """All that was printed, for the message of a failing test."""
        return f"{self.out}\n{self.errors}"


@dataclass(frozen=True, kw_only=True)
class Buildah:
    """The store, and beside it what is mounted: all of it lies in ``folder``."""

    folder: Path
    driver: str = "vfs"

    def build(self, name: str, file: Path, *arguments: str) -> None:
        """Build a Dockerfile, from the directory it lies in, as an image of this name; nothing is pulled."""
        self.call("bud", *_ISOLATION, "--pull-never", f"--tag={name}", f"--file={file}", *arguments, str(file.parent))

    def start(self, image: str) -> Instance:
        """A container of this image, which commands can be run in one after the other."""
        described = json.loads(self.call("inspect", "--type=image", image))
        name = self.call("from", "--pull-never", image).split()[-1]
        return Instance(buildah=self, name=name, settings=described["OCIv1"]["config"])

    def call(self, *arguments: str) -> str:
        """Run one of its commands, which must not fail; its output."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of its commands."""
        places = f"--root={self.folder / self.driver}", f"--runroot={self.folder / 'state'}"
        return _as_root(installed("buildah"), *places, f"--storage-driver={self.driver}", *arguments)


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A container that commands are run in; ``settings`` are those of its image."""

    buildah: Buildah
    name: str
    settings: Any

    def run(self, container: Container, *, user: str = "", shared: Path | None = None) -> Ended:
        """Run what a container is asked to, by the image's own user if nobody else is named.

        Volumes lie below ``shared``, where anybody may write, and are found there by others of their name.
        """
        scratch = Path(mkdtemp(dir=self.buildah.folder))
        mounted = {
            place: _opened((shared or scratch) / name if name else Path(mkdtemp(dir=scratch)))
            for place, name in container.volumes.items()
        }
        volumes = [f"--volume={path}:{place}" for place, path in mounted.items()]
        for number, (place, text) in enumerate(container.files.items()):
            file = scratch / str(number)
            file.write_text(text, "utf-8")
            file.chmod(0o644)
            volumes.append(f"--volume={file}:{place}:ro")
        command = container.command or (*self.settings["Entrypoint"], *(container.arguments or self.settings["Cmd"]))
        env = (f"{key}={value}" for key, value in container.env.items())
        whose = (f"--user={user}",) if user else ()
        done = self.buildah.run("run", *_ISOLATION, *whose, *volumes, self.name, "--", "env", *env, *command)
        return Ended(code=done.returncode, out=done.stdout, errors=done.stderr, mounted=mounted)


@contextmanager
def buildah(folder: Path) -> Iterator[Buildah]:
    """Buildah with an empty store in ``folder``, which is there for as long as the block lasts."""
    folder.mkdir()
    try:
        # It mounts layers and copies none. Where that cannot be, as in a container, vfs does.
        layered = Buildah(folder=folder, driver="overlay")
        chosen = layered if layered.run("info").returncode == 0 else Buildah(folder=folder)
        yield chosen
        chosen.run("rm", "--all")
    finally:
        # What is still mounted there is not ours to remove.
        assert f" {folder}" not in Path("/proc/self/mountinfo").read_text("utf-8")
        _as_root("rm", "-rf", str(folder))


def _opened(folder: Path) -> Path:
    """A directory that anybody may write to, as volumes of Kubernetes are by their group; others' stay as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid == os.getuid():
        folder.chmod(0o777)
    return folder


def _as_root(*command: str) -> subprocess.CompletedProcess[str]:
    whole = (*(() if os.geteuid() == 0 else ("sudo", "-n")), *command)
    nothing = subprocess.DEVNULL
    return subprocess.run(whole, stdin=nothing, capture_output=True, text=True, timeout=_TIME_LIMIT_S, check=False)
