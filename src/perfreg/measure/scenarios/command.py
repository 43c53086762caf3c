"""A command, run again and again: wall, user and system time and peak memory."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, Annotated, ClassVar, Literal

from pydantic import Field

from perfreg.config.base import ScenarioSpec
from perfreg.config.quantity import Seconds, SecondsOrZero
from perfreg.errors import MeasureError
from perfreg.measure.command_run import Execution, execute
from perfreg.measure.context import Context, Outcome, ScenarioKind
from perfreg.measure.measured_process import World
from perfreg.measure.scenario_log import log_file
from perfreg.measure.service_log import clean, tail
from perfreg.model.metric import CATALOGUE
from perfreg.model.run import Measurement
from perfreg.stats.describe import from_samples, single

_CANNOT_RUN = {126: "cannot be executed", 127: "was not found"}
_AT_FLOOR = 1.1
_LAST_LINES = 5

_Text = Annotated[str, Field(pattern=r"^[^\x00]+$")]
_VariableName = Annotated[str, Field(pattern=r"^[^=\x00]+$")]


class CommandSpec(ScenarioSpec):
    """Runs of a command: wall_time, user_time and system_time (s), max_rss (MB), each the median; error_rate (%)."""

    shell: ClassVar[frozenset[str]] = frozenset({"run"})
    isolated: ClassVar[bool] = True

    type: Literal["command"]
    """Selects this kind."""
    run: _Text | Annotated[tuple[_Text, ...], Field(min_length=1)]
    """The command: a string is run by the shell, which expands `${VAR}`; a list is run as it is, nothing expanded.
    PERFREG_BASE_URL tells it the `base_url`."""
    test_iterations: int = Field(default=10, ge=1, le=100_000)
    """Measured runs."""
    warm_up_iterations: int = Field(default=1, ge=0, le=100_000)
    """Runs before, which do not count."""
    cooldown_seconds: SecondsOrZero = 0.0
    """Pause between two runs."""
    test_timeout_seconds: Seconds = 300.0
    """Deadline of each run; the whole process tree is killed then."""
    expected_exit_code: int = Field(default=0, ge=0, le=255)
    """Any other end of the command is an error: the run is counted as such and left out of all times."""
    env: dict[_VariableName, _Text | Literal[""]] = {}
    """Extra environment variables; values are never stored or shown."""
    directory: str = "."
    """Where the command runs, relative to the configuration file."""

    def block(self, seconds: float, pace: float | None = None) -> CommandSpec:  # noqa: ARG002 - however long it takes
        """One run."""
        return self.model_copy(update={"test_iterations": 1, "warm_up_iterations": 0})

    def identity(self) -> dict[str, object]:
        """The command, where it runs and which variables it gets; secrets belong in `env`, whose values stay out."""
        return {
            **super().identity(),
            "run": self.run,
            "directory": self.directory,
            "env": sorted(self.env),
            "expected_exit_code": self.expected_exit_code,
        }


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What the measured runs have come to so far."""

    good: list[Execution] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    last_words: tuple[str, ...] = ()

    def add(self, execution: Execution, *, expected: int, words: tuple[str, ...]) -> None:
        if execution.exit_code == expected:
            self.good.append(execution)
        else:
            self.errors[execution.ending()] += 1
            self.last_words = words


def measure(spec: CommandSpec, context: Context) -> Outcome:
    """Run the command ``warm_up_iterations + test_iterations`` times; its output goes to a log file.

    Raises `MeasureError` when the command cannot be run at all.
    """
    directory = context.directory / spec.directory
    if not directory.is_dir():
        raise MeasureError(f"there is no directory {spec.directory!r}", where=_key(spec, "directory"))
    env = {**context.env, **({"PERFREG_BASE_URL": context.base_url} if context.base_url else {}), **spec.env}
    with log_file(context.output, spec.name).open("wb") as log:
        tally = _iterate(spec, context, World(directory=directory, env=env, log=log))
    return _outcome(spec, context, tally)


def _iterate(spec: CommandSpec, context: Context, world: World) -> _Tally:
    tally = _Tally()
    total = spec.warm_up_iterations + spec.test_iterations
    for number in range(total):
        if number and spec.cooldown_seconds:
            time.sleep(spec.cooldown_seconds)
        kind = "warm-up run" if number < spec.warm_up_iterations else "run"
        context.progress(number / total, f"{kind} {number + 1} of {total}")
        since = _size(world.log)
        execution = execute(
            spec.run,
            world,
            timeout_s=spec.test_timeout_seconds,
            tick=context.service.check if context.service else _nothing_to_check,
        )
        words = _words(spec, context, execution, since)
        if number == 0:
            _require_runnable(spec, execution, words)
        if number >= spec.warm_up_iterations:
            tally.add(execution, expected=spec.expected_exit_code, words=words)
        if context.service:
            context.service.check()
    context.progress(1.0, f"run {total} of {total}")
    return tally


def _nothing_to_check() -> None:
    """There is no service that could have died."""


def _size(log: IO[bytes]) -> int:
    return log.seek(0, 2)


def _words(spec: CommandSpec, context: Context, execution: Execution, since: int) -> tuple[str, ...]:
    """What a failed run said at last."""
    if execution.exit_code == spec.expected_exit_code:
        return ()
    return tail(log_file(context.output, spec.name), _LAST_LINES, since=since)


def _require_runnable(spec: CommandSpec, execution: Execution, words: tuple[str, ...]) -> None:
    code = execution.exit_code
    if code in _CANNOT_RUN and code != spec.expected_exit_code:
        # Never the whole command: it may carry a secret from the environment.
        name = "the command" if isinstance(spec.run, str) else f"the command {clean(spec.run[0])!r}"
        said = f": {words[-1]}" if words else ""
        hint = "check its spelling and the PATH" if code == 127 else "check its permissions and its first line"
        raise MeasureError(f"{name} {_CANNOT_RUN[code]}{said}", where=_key(spec, "run"), hint=hint)


def _outcome(spec: CommandSpec, context: Context, tally: _Tally) -> Outcome:
    failed = tally.errors.total()
    rate = 100 * failed / spec.test_iterations
    reasons: tuple[str, ...] = ()
    if rate > context.max_error_rate_pct or not tally.good:
        classes = ", ".join(f"{count} x {ending}" for ending, count in tally.errors.most_common())
        summary = f"{failed} of {spec.test_iterations} runs failed (limit {context.max_error_rate_pct:g} %): {classes}"
        reasons = (summary, *(f"log: {line}" for line in tally.last_words))
    return Outcome(
        measurements=(
            single(spec.name, CATALOGUE["error_rate"], rate, n=spec.test_iterations),
            *_measurements(spec.name, tally.good),
        ),
        status="broken" if reasons else "ok",
        reasons=reasons,
        warnings=_warnings(tally.good),
        errors=dict(tally.errors),
        attempts=spec.test_iterations,
        busy_s=sum(run.wall for run in tally.good),
    )


def _measurements(scenario: str, runs: list[Execution]) -> tuple[Measurement, ...]:
    samples = {
        "wall_time": [run.wall for run in runs],
        "user_time": [run.user for run in runs if run.user is not None],
        "system_time": [run.system for run in runs if run.system is not None],
        "max_rss": [run.max_rss for run in runs if run.max_rss is not None],
    }
    return tuple(
        from_samples(scenario, CATALOGUE[metric], values, take="median") for metric, values in samples.items() if values
    )


def _warnings(runs: list[Execution]) -> tuple[str, ...]:
    """Doubts about what could not be seen of the command."""
    warnings = []
    hidden = sum(run.max_rss is None for run in runs)
    if hidden:
        warnings.append(f"{hidden} of {len(runs)} runs were too short for their CPU time and memory to be seen")
    at_floor = [run for run in runs if run.max_rss is not None and run.max_rss <= run.floor * _AT_FLOOR]
    if at_floor:
        floor = max(run.floor for run in at_floor)
        warnings.append(f"max_rss of {floor:.1f} MB or less looks all the same: this system counts no less")
    return tuple(warnings)


def _key(spec: CommandSpec, key: str) -> str:
    return f"test_scenarios.{spec.name}.{key}"


KIND = ScenarioKind(name="command", summary="Time and memory of a command", spec=CommandSpec, measure=measure)
