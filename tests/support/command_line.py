"""Run the `perfreg` command as a user does: a process of its own, in a directory, with a clean environment."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfreg.cli.main import main

_FOREIGN = ("PERF", "GITHUB_", "CI_", "ENABLE_", "FAIL_ON_", "ESTABLISH_", "STRESS_", "SIGNIFICANCE_")


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        """What it complained about, without the lines of progress."""
        return [line for line in self.err.splitlines() if line.startswith("perfreg: ")]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without what would configure perfreg or look like a CI."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, **changes}


def perfreg(*arguments: str, cwd: Path, **variables: str) -> Done:
    """Run `perfreg ARGUMENTS` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "perfreg", *arguments],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return Done(code=done.returncode, out=done.stdout, err=done.stderr)


def called(*arguments: str, cwd: Path, **variables: str) -> Done:
    """As `perfreg`, within this process: without the second that an interpreter and its imports take."""
    out, err = _stream(), _stream()
    before, saved, handler = Path.cwd(), dict(os.environ), signal.getsignal(signal.SIGTERM)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment(**variables))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(saved)
        signal.signal(signal.SIGTERM, handler)
    return Done(code=code, out=_written(out), err=_written(err))


def _stream() -> io.TextIOWrapper[io.BytesIO]:
    """As a process has them: reports are written to the bytes below the text."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)


def _written(stream: io.TextIOWrapper[io.BytesIO]) -> str:
    return stream.buffer.getvalue().decode("utf-8")


def write_config(directory: Path, *scenarios: dict[str, Any], **keys: Any) -> Path:
    """Write a `perfreg.json` of these scenarios and top-level keys."""
    path = directory / "perfreg.json"
    path.write_text(json.dumps({**keys, "test_scenarios": list(scenarios)}, indent=2), encoding="utf-8")
    return path


def read_result(directory: Path) -> dict[str, Any]:
    """The result that the last run in ``directory`` wrote."""
    document: dict[str, Any] = json.loads((directory / "perf-results" / "result.json").read_text(encoding="utf-8"))
    return document


def verdicts(directory: Path) -> dict[str, dict[str, Any]]:
    """The verdicts of the last run, by `scenario.metric`."""
    return {f"{each['scenario']}.{each['metric']}": each for each in read_result(directory)["verdicts"]}
