"""One use of the Action: measure as it was asked, then write outputs, job summary and annotations.

Everything is published before the exit code is given back, so that a failed job has its reports.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from perfreg.cli import compare, report, run
from perfreg.cli import workflow_commands as github
from perfreg.cli.actions import telling
from perfreg.cli.actions.event import Event, Mode, base_of, event_of, mode_of
from perfreg.cli.actions.inputs import arguments, inputs_of
from perfreg.cli.actions.outputs import outputs_of
from perfreg.cli.main import complain, guard, parser
from perfreg.errors import ConfigError, PerfregError, UsageError

if TYPE_CHECKING:
    from perfreg.cli.done import Done
    from perfreg.cli.publish import Told

_COMMANDS: dict[Mode, Callable[[argparse.Namespace], Done]] = {
    "compare": compare.execute,
    "run": run.execute,
    "report": report.execute,
}


class Job:
    """One use of the Action: what came of it, and how that is published."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._inputs = inputs_of(env)
        self._done: Done | None = None
        self._told: Told | None = None
        self._error: PerfregError | None = None

    def work(self) -> int:
        """Measure, and keep what came out."""
        inputs = self._inputs
        _enter(inputs["working-directory"] or ".")
        event = event_of(self._env)
        mode = mode_of(inputs["mode"], event, has_base=bool(inputs["base"]))
        base = _base(event, self._env) if mode == "compare" else ""
        args = parser().parse_args(arguments(inputs, mode, base=base))
        if mode != "report":
            telling.obey(args, self._env)
        self._done = _COMMANDS[mode](args)
        return self._done.exit_code()

    def tell(self) -> None:
        """Publish where the code host shows it. What comes of that changes no verdict."""
        try:
            self._told = telling.told(self._done, self._inputs, self._env)
        except PerfregError as error:
            sys.stdout.write(f"perfreg: warning: nothing was published: {' '.join(_words(error))}\n")

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
        if self._done is None:
            return {"status": "error", "regressions": "0"}
        return {
            **outputs_of(self._done),
            **telling.outputs_of(self._told),
            "artifact-name": self._artifact_name(),
            "artifact-files": "\n".join(self._artifact_files(self._done)),
            "baseline-directory": self._done.upload,
        }

    def _artifact_name(self) -> str:
        """Unique within a workflow run, also for legs of a matrix, attempts, and two uses in one job."""
        job = self._env.get("GITHUB_JOB", "job")
        leg = self._env.get("PERFREG_JOB_INDEX") or "0"
        attempt = self._env.get("GITHUB_RUN_ATTEMPT") or "1"
        return f"perfreg-{job}-{leg}-{attempt}-{secrets.token_hex(3)}"

    @staticmethod
    def _artifact_files(done: Done) -> Iterator[str]:
        """The reports and what they load, but no logs: those may hold secrets that nothing masks in an artifact."""
        yield from (str(target.path.absolute()) for target in done.targets)
        if html := done.report("html"):
            yield str(html.parent / "*.css")

    def _summary(self) -> str:
        if self._done is not None and (report := self._done.report("markdown")):
            return report.read_text("utf-8")
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
        elif self._done is not None:
            gate = self._done.result.gate
            level: Literal["error", "warning"] = "error" if gate.status == "fail" else "warning"
            for reason in gate.reasons:
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


def _base(event: Event, env: Mapping[str, str]) -> str:
    """The commit that the checked out one is compared with, as far as anything tells; errors are left to comparing."""
    from perfreg.measure.revisions import repository

    try:
        here = repository(Path.cwd(), env)
        commit = here.commit("HEAD")
        return base_of(event, commit, here.parents(commit))
    except PerfregError:
        return base_of(event, "", ())


def _limited(annotations: Sequence[str]) -> Sequence[str]:
    """The first ones, worst first as they come, and how many more there are."""
    if len(annotations) <= github.ANNOTATION_LIMIT:
        return annotations
    kept = annotations[: github.ANNOTATION_LIMIT - 1]
    return (*kept, github.annotation("error", f"{len(annotations) - len(kept)} more: see the summary"))


def main(env: Mapping[str, str]) -> int:
    """Do the Action's job; the exit code of the command that it comes to."""
    job = Job(env)
    with github.commands_stopped():
        code = guard(job.work, complain=job.complain)
        job.tell()
    job.publish()
    return code
