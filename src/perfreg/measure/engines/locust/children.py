"""Processes of Locust, from outside: started with their job, listened to, and never left behind."""

from __future__ import annotations

import json
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, final

from perfreg.measure.engines.locust.job import Job

_FAREWELL_S = 5.0
# The directory it runs in comes first on the path of `-c`: a random.py there must not be taken for Python's own.
# Locust comes before everything else, as it patches modules that others would have taken functions from.
_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; import locust; "
    "from perfreg.measure.engines.locust.child import main; main()"
)
DEATH = "death"
"""What is heard last of a process that ends."""

News = dict[str, Any]
Heard = queue.SimpleQueue["tuple[Child, News]"]


@final
class Child:
    """A process, and a thread that hands on what it says.

    The job goes through a pipe: headers may be secret, and arguments and files are there for others to read.
    """

    def __init__(self, job: Job, heard: Heard) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._heard = heard
        self._listener = threading.Thread(target=self._listen, name="perfreg-locust", daemon=True)
        self._listener.start()
        with suppress(OSError):  # whoever is dead does not hear it; its death is told otherwise
            pickle.dump(job, _pipe(self.process.stdin))
            _pipe(self.process.stdin).flush()

    def leave(self) -> None:
        """Let the process end by itself, if it is about to."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_FAREWELL_S)

    def end(self) -> None:
        """Stop the process, whatever it does."""
        self.process.kill()
        self.process.wait()
        self._listener.join(_FAREWELL_S)
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                _pipe(pipe).close()

    def _listen(self) -> None:
        try:
            for line in _pipe(self.process.stdout):
                self._heard.put((self, json.loads(line)))
        except (OSError, ValueError):
            pass
        self._heard.put((self, {"say": DEATH}))


@final
class Crew:
    """Some processes. Made by `crew`, which ends them."""

    def __init__(self) -> None:
        self.heard: Heard = queue.SimpleQueue()
        self.children: list[Child] = []

    def start(self, job: Job) -> Child:
        """Start one more."""
        child = Child(job, self.heard)
        self.children.append(child)
        return child


@contextmanager
def crew() -> Iterator[Crew]:
    """Processes of which none is left at the end, whatever happens."""
    found = Crew()
    try:
        yield found
    finally:
        for child in found.children:
            child.end()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without pipes")
    return pipe
