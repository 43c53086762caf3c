"""One use of the Action: measure as it was asked, then publish outputs, job summary, annotations and comment.

Everything is published before the exit code is given back, so that a failed job has its reports, and so has one that
was cancelled.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.cli import compare, report, run
from perfreg.cli import workflow_commands as github
from perfreg.cli.actions import telling
from perfreg.cli.actions.event import POSTING, RECORDED, Event, Mode, base_of, event_of, mode_of
from perfreg.cli.actions.foreign import NothingLeftError, fetched
from perfreg.cli.actions.inputs import arguments, inputs_of, is_true
from perfreg.cli.actions.outputs import outputs_of
from perfreg.cli.actions.shown import Shown
from perfreg.cli.main import complain, guard, parser
from perfreg.errors import PerfregError, UsageError
from perfreg.publish import leg_names

if TYPE_CHECKING:
    from perfreg.cli.done import Done
    from perfreg.cli.publish import Told

_MEASURING: dict[Mode, Callable[[argparse.Namespace], Done]] = {"compare": compare.execute, "run": run.execute}
_STOPPED = (130, 143)


class Job:
    """One use of the Action: what came of it, and how that is published."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._inputs = inputs_of(env)
        self._done: Done | None = None
        self._told: Told | None = None
        self._error: PerfregError | None = None
        self._mode: Mode = "run"
        self.code = 2

    def work(self) -> None:
        """Do what was asked, and keep what came out, whatever ends it."""
        try:
            self.code = guard(self._work, complain=self._complain)
        except SystemExit as stop:
            # The signal of a cancelled job, or a flag such as --help in `args`, which is no success here.
            self.code = stop.code if isinstance(stop.code, int) and stop.code else 2

    @property
    def is_stopped(self) -> bool:
        """Whether the job was cancelled, and has seconds left."""
        return self.code in _STOPPED

    def _work(self) -> int:
        inputs = self._inputs
        _enter(inputs["working-directory"] or ".")
        event = event_of(self._env)
        self._mode = mode = mode_of(inputs["mode"], event, has_base=bool(inputs["base"]))
        if mode == "report":
            return self._report(event)
        base = _base(event, self._env) if mode == "compare" else ""
        args = parser().parse_args(arguments(inputs, mode, base=base))
        telling.obey(args, self._env)
        self._done = _MEASURING[mode](args)
        return self._done.exit_code()

    def _report(self, event: Event) -> int:
        """Put results together: those of this workflow run, or those of the one before it.

        A job that only publishes for others has done its work when everything is told: theirs has failed already.
        """
        inputs = dict(self._inputs)
        ended = event.part(POSTING, "conclusion")
        if event.name == POSTING and not inputs["ended"]:
            inputs["ended"] = ended if isinstance(ended, str) else "unknown"
        problems: tuple[str, ...] = ()
        if not inputs["results"]:
            inputs["results"] = str(Path(self._env.get("RUNNER_TEMP", "."), "perfreg-legs"))
            if event.name == POSTING:
                try:
                    found = fetched(event, self._env)
                except NothingLeftError as error:
                    self._complain(error)
                    return 0
                inputs["results"], problems = found.directory, found.problems
        may_record = event.name in RECORDED and (not inputs["record"].strip() or is_true("record", inputs["record"]))
        inputs["record"] = "true" if may_record else ""
        args = parser().parse_args(arguments(inputs, "report"))
        self._done = done = report.execute(args, problems)
        if event.name == POSTING:
            return 2 if done.problems else 0
        return done.exit_code()

    def tell(self) -> int:
        """Publish where the code host shows it. What comes of that changes no verdict."""
        from perfreg.report.escape import visible_lines

        error = self._error
        is_mild = isinstance(error, NothingLeftError) and error.is_blameless
        is_lost = self._mode == "report" and self._done is None and error is not None and not is_mild
        news = telling.News(
            done=self._done,
            lost=str(error) if is_lost else "",
            void=str(error) if is_mild else "",
            is_leg=self._mode != "report" and telling.is_leg(self._inputs, self._env),
            in_haste=self.is_stopped,
        )
        try:
            self._told = telling.told(news, self._inputs)
        except PerfregError as refusal:
            sys.stdout.write(f"perfreg: warning: nothing was published: {' '.join(visible_lines(str(refusal)))}\n")
        return 0

    def publish(self) -> None:
        """Write outputs and summary, and print the annotations."""
        shown = Shown(
            done=self._done,
            error=self._error,
            is_stopped=self.is_stopped,
            is_mild=isinstance(self._error, NothingLeftError),
        )
        self._append("GITHUB_OUTPUT", "".join(github.output(*pair) for pair in self._outputs().items()))
        self._append("GITHUB_STEP_SUMMARY", github.summary(shown.summary()))
        for line in shown.annotations(self._inputs["config"], self._env):
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def _complain(self, error: PerfregError) -> None:
        self._error = error
        complain(error)

    def _append(self, variable: str, text: str) -> None:
        path = self._env.get(variable)
        if path:
            with Path(path).open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(text)

    def _outputs(self) -> dict[str, str]:
        if self._done is None:
            return {
                "status": "error",
                "regressions": "0",
                "baseline-updated": "false",
                **telling.outputs_of(self._told),
            }
        return {
            **outputs_of(self._done),
            **telling.outputs_of(self._told),
            "artifact-name": self._artifact_name(),
            "artifact-files": "\n".join(self._artifact_files(self._done)),
            "baseline-directory": self._done.upload,
        }

    def _artifact_name(self) -> str:
        """Unique within a workflow run, also for legs of a matrix, attempts, and two uses in one job."""
        job, index, attempt = (self._env.get(n, "") for n in ("GITHUB_JOB", "PERFREG_JOB_INDEX", "GITHUB_RUN_ATTEMPT"))
        chance = secrets.token_hex(3)
        if self._mode == "report":
            return leg_names.make_report(job, attempt, chance)
        return leg_names.make(job, index, attempt, chance)

    @staticmethod
    def _artifact_files(done: Done) -> Iterator[str]:
        """The reports and what they load, but no logs: those may hold secrets that nothing masks in an artifact."""
        yield from (str(target.path.absolute()) for target in done.targets)
        if html := done.report("html"):
            yield str(html.parent / "*.css")
        if done.left:
            yield str(done.left.absolute())


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


def main(env: Mapping[str, str]) -> int:
    """Do the Action's job; the exit code of the command that it comes to."""
    job = Job(env)
    with github.commands_stopped():
        job.work()
        if not job.is_stopped:
            _tell(job)
    job.publish()
    if job.is_stopped:
        # Outputs and summary first: whoever cancels a job waits for some seconds only.
        with github.commands_stopped():
            _tell(job)
    return job.code


def _tell(job: Job) -> None:
    """Tell the code host; whatever happens there, a signal or a defect included, outputs and verdict stay."""
    with suppress(SystemExit):
        guard(job.tell, complain=complain)
