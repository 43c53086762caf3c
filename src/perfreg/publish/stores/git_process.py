"""Running git: no prompt, no terminal, an end in time, and errors that hold no secret."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from perfreg.errors import StoreError
from perfreg.measure.shell import own_group
from perfreg.publish.stores.backoff import TryAgain
from perfreg.publish.stores.git_failure import failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """Git in ``directory`` with exactly the environment ``env``, until `time.monotonic` reaches ``deadline``.

    ``place`` names the store in errors; ``secrets`` are cut out of them.
    """

    directory: Path
    env: Mapping[str, str] = field(repr=False)
    deadline: float
    place: str
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What ``git arguments`` prints. Raises `StoreError`; `TryAgain` for failures that may pass."""
        process = self._start(arguments)
        try:
            output, complaints = process.communicate(stdin, timeout=max(self.deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired as error:
            raise TryAgain(f"git {arguments[0]} was not done in time", where=self.place) from error
        finally:
            if process.poll() is None:
                _kill(process)
        if process.returncode:
            raise failure(arguments[0], complaints.decode("utf-8", "replace"), place=self.place, secrets=self.secrets)
        return output

    def line(self, *arguments: str) -> str:
        """The one line that a query prints."""
        return self.run(*arguments).decode("utf-8", "surrogateescape").removesuffix("\n")

    def _start(self, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(
                ("git", *arguments),
                cwd=self.directory,
                env=self.env,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                **own_group(),  # without a terminal ssh cannot ask for a passphrase either
            )
        except OSError as error:
            hint = "install git and check the directory"
            raise StoreError(f"git cannot be started: {error}", where=self.place, hint=hint) from error


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End git with its helpers: one that hangs in the network would keep our pipes open."""
    import psutil

    with suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):  # it has ended by itself
                child.kill()
    process.kill()
    process.communicate()
