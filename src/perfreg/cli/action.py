"""The GitHub Action: inputs from the environment, `perfreg run`, then outputs, job summary and annotations.

Everything is published before the exit code is given back, so that a failed job has its reports.
"""

from __future__ import annotations

import os
import secrets
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from perfreg.cli import run
from perfreg.cli import workflow_commands as github
from perfreg.cli.main import complain, guard, parser
from perfreg.errors import ConfigError, PerfregError, UsageError

if TYPE_CHECKING:
    from perfreg.cli.outputs import Target
    from perfreg.model.result import Result

VALUES = (
    *("config", "environment", "test-duration", "concurrent-users", "thresholds"),
    *("baseline-storage", "output-directory"),
)
LISTS = ("scenario", "allow-target")
SWITCHES = ("fail-on-regression", "establish-baselines")
FORMATS = ("json", "markdown", "html")
OUTPUTS = ("status", "gate", "regressions", "result-file", "report-file", "markdown-file")

_TRUTH = {"true": True, "false": False}
_OFF = {"fail-on-regression": ["--no-fail-on-regression"]}


def arguments(inputs: Mapping[str, str]) -> list[str]:
    """The command line of the inputs (by name, e.g. ``fail-on-regression``); an empty one is left to the default.

    Raises `UsageError` for a switch that is neither true nor false, and for ``args`` with an open quote.
    """
    line = ["run", *(f"--format={name}" for name in FORMATS)]
    line += [f"--{name}={inputs[name]}" for name in VALUES if inputs.get(name)]
    line += [f"--{name}={item}" for name in LISTS for item in _lines(inputs.get(name, ""))]
    for name in SWITCHES:
        line += _switch(name, inputs.get(name, ""))
    try:
        return [*line, *shlex.split(inputs.get("args", ""))]
    except ValueError as error:
        raise UsageError(f"cannot be split: {error}", where="input 'args'", hint="quote it as in a shell") from error


def _lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]


def _switch(name: str, value: str) -> list[str]:
    if not value.strip():
        return []
    truth = _TRUTH.get(value.strip().lower())
    if truth is None:
        raise UsageError(f"{value!r} is neither true nor false", where=f"input {name!r}", hint="write true or false")
    return [f"--{name}"] if truth else _OFF.get(name, [])


def inputs_of(env: Mapping[str, str]) -> dict[str, str]:
    """The inputs that the Action's step handed over as ``INPUT_…`` variables."""
    names = (*VALUES, *LISTS, *SWITCHES, "args", "working-directory")
    return {name: env.get(f"INPUT_{name.upper().replace('-', '_')}", "") for name in names}


class Job:
    """One use of the Action: what came of it, and how that is published."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._result: Result | None = None
        self._files: dict[str, Path] = {}
        self._upload = ""
        self._error: PerfregError | None = None

    def work(self) -> int:
        """Measure, and keep what came out."""
        inputs = inputs_of(self._env)
        _enter(inputs["working-directory"] or ".")
        args = parser().parse_args(arguments(inputs))
        done = run.execute(args)
        self._result, self._files, self._upload = done.result, _paths(done.targets), done.upload
        if done.late is not None:
            raise done.late
        return done.code

    def complain(self, error: PerfregError) -> None:
        """Keep an error for publication, and print it as any command does."""
        self._error = error
        complain(error)

    def publish(self) -> None:
        """Write outputs and summary, and print the annotations."""
        self._append("GITHUB_OUTPUT", "".join(github.output(*pair) for pair in self._outputs().items()))
        self._append("GITHUB_STEP_SUMMARY", github.summary(self._summary()))
        for line in _limited(tuple(self._annotations())):
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def _append(self, variable: str, text: str) -> None:
        path = self._env.get(variable)
        if path:
            with Path(path).open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(text)

    def _outputs(self) -> dict[str, str]:
        if self._result is None:
            return {"status": "error", "regressions": "0"}
        return {
            "status": self._result.run.status,
            "gate": self._result.gate.status,
            "regressions": str(len(self._result.with_status("regression"))),
            "result-file": self._path("json"),
            "report-file": self._path("html"),
            "markdown-file": self._path("markdown"),
            "artifact-name": self._artifact_name(),
            "artifact-files": "\n".join(self._artifact_files()),
            "baseline-directory": self._upload,
        }

    def _path(self, format: str) -> str:  # noqa: A002 - what it is called everywhere
        return str(self._files.get(format, ""))

    def _artifact_name(self) -> str:
        """Unique within a workflow run, also for legs of a matrix and for two uses in one job."""
        job = self._env.get("GITHUB_JOB", "job")
        leg = self._env.get("PERFREG_JOB_INDEX") or "0"
        return f"perfreg-{job}-{leg}-{secrets.token_hex(3)}"

    def _artifact_files(self) -> Iterator[str]:
        """The reports and what they load, but no logs: those may hold secrets that nothing masks in an artifact."""
        yield from map(str, self._files.values())
        if "html" in self._files:
            yield str(self._files["html"].parent / "*.css")

    def _summary(self) -> str:
        if "markdown" in self._files:
            return self._files["markdown"].read_text("utf-8")
        if self._error is None:
            return ""
        return "\n".join(("### perfreg could not measure", "", *(f"    {line}" for line in _words(self._error)), ""))

    def _annotations(self) -> Iterator[str]:
        if isinstance(self._error, ConfigError):
            for problem in self._error.problems:
                file, _, line = problem.where.rpartition(":")
                yield github.annotation("error", str(problem), file=file, line=line)
        elif self._error is not None:
            yield github.annotation("error", str(self._error))
        elif self._result is not None:
            level: Literal["error", "warning"] = "error" if self._result.gate.status == "fail" else "warning"
            for reason in self._result.gate.reasons:
                yield github.annotation(level, reason)


def _words(error: PerfregError) -> list[str]:
    from perfreg.report.escape import visible_lines

    return list(visible_lines(str(error)))


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise UsageError(
            f"cannot be entered: {error.strerror}", where=f"input 'working-directory': {directory}"
        ) from error


def _paths(targets: Sequence[Target]) -> dict[str, Path]:
    return {target.format: target.path.absolute() for target in targets}


def _limited(annotations: Sequence[str]) -> Sequence[str]:
    """The first ones, worst first as they come, and how many more there are."""
    if len(annotations) <= github.ANNOTATION_LIMIT:
        return annotations
    kept = annotations[: github.ANNOTATION_LIMIT - 1]
    return (*kept, github.annotation("error", f"{len(annotations) - len(kept)} more: see the summary"))


def main(env: Mapping[str, str]) -> int:
    """Run the Action's job; the exit code of `perfreg run`."""
    job = Job(env)
    with github.commands_stopped():
        code = guard(job.work, complain=job.complain)
    job.publish()
    return code


if __name__ == "__main__":
    sys.exit(main(os.environ))
