"""A Python function, called again and again in a process of its own."""

from __future__ import annotations

import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, JsonValue, WithJsonSchema, model_validator

from perfreg.config.base import Name, ScenarioSpec
from perfreg.config.quantity import Seconds, SecondsOrZero
from perfreg.measure import function_metrics
from perfreg.measure.block import split
from perfreg.measure.context import Context, Outcome, ScenarioKind
from perfreg.measure.function_process import Call, Report, call_repeatedly
from perfreg.measure.function_runner import Request
from perfreg.measure.measured_process import World
from perfreg.measure.scenario_log import log_file
from perfreg.measure.service_log import clean, tail
from perfreg.model.metric import CATALOGUE, Direction, Metric
from perfreg.model.run import Measurement
from perfreg.stats.describe import from_samples, single
from perfreg.stats.histogram import from_values

_CALLABLE = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$"
_LAST_LINES = 5
_SHORT_S = 1e-5

_TESTS: dict[str, Callable[[str, Sequence[Call]], tuple[Measurement, ...]]] = {
    "latency": function_metrics.latency,
    "throughput": function_metrics.throughput,
    "memory_usage": function_metrics.memory_usage,
    "cpu_usage": function_metrics.cpu_usage,
    "resource_utilization": function_metrics.resource_utilization,
}

TestType = Literal["latency", "throughput", "memory_usage", "cpu_usage", "error_rate", "resource_utilization", "custom"]


def _names_a_callable(name: str) -> str:
    if re.fullmatch(_CALLABLE, name) is None:
        raise ValueError("must be written as package.module:name")
    return name


CallableName = Annotated[
    str, AfterValidator(_names_a_callable), WithJsonSchema({"type": "string", "pattern": _CALLABLE})
]


class FunctionSpec(ScenarioSpec):
    """Calls of a Python function, sync or async, one after the other in a process of their own."""

    isolated: ClassVar[bool] = True

    type: Literal["function"]
    """Selects this kind."""
    callable: CallableName
    """The function, as `package.module:name`; modules beside the configuration file are found first.
    PERFREG_BASE_URL tells it the `base_url`."""
    args: tuple[JsonValue, ...] = ()
    """Positional arguments; each call gets copies of its own."""
    kwargs: dict[str, JsonValue] = {}
    """Keyword arguments; each call gets copies of its own."""
    setup: CallableName | None = None
    """A function that is called once before, without arguments."""
    python: str | None = Field(default=None, min_length=1)
    """The interpreter (3.9 or later) to call it in, a path being relative to the configuration file; default: the
    one that runs perfreg."""
    test_type: TestType = "latency"
    """latency: wall time (ms). throughput: calls/s. memory_usage: allocations at the peak of a call (MB), median.
    cpu_usage: CPU time per wall time (%). error_rate: share of calls that raise (%). resource_utilization:
    cpu_usage, peak resident memory of the process (MB) and latency_mean. custom: the median of the numbers that the
    function returns, with `metric`, `unit` and `direction`."""
    metric: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$", max_length=100)
    """Name of a custom metric."""
    unit: Annotated[Name, Field(max_length=30)] | None = None
    """Unit of a custom metric."""
    direction: Direction | None = None
    """Which way a custom metric is better; `none` makes it informative."""
    test_iterations: int = Field(default=10, ge=1, le=1_000_000)
    """Measured calls."""
    warm_up_iterations: int = Field(default=3, ge=0, le=1_000_000)
    """Calls before, which do not count."""
    test_timeout_seconds: Seconds = 300.0
    """Deadline of all calls together; the whole process tree is killed then."""
    cooldown_seconds: SecondsOrZero = 0.0
    """Pause between two calls."""

    @model_validator(mode="after")
    def _custom_is_described(self) -> FunctionSpec:
        keys = ("metric", "unit", "direction")
        given = [key for key in keys if getattr(self, key) is not None]
        if self.test_type == "custom" and len(given) < len(keys):
            missing = [key for key in keys if key not in given]
            raise ValueError(f"test_type custom needs {' and '.join(missing)} too")
        if self.test_type != "custom" and given:
            raise ValueError(f"{given[0]} belongs to test_type custom only")
        return self

    @model_validator(mode="after")
    def _monitor_adds(self) -> FunctionSpec:
        own = {"resource_utilization": ("cpu_usage", "memory_usage")}.get(self.test_type, (self.test_type,))
        both = [metric for metric in self.monitor.metrics if metric in own] if self.monitor else []
        if both:
            raise ValueError(f"monitor: {both[0]} is what test_type {self.test_type} measures already")
        return self

    def block(self, seconds: float, pace: float | None = None) -> FunctionSpec:
        """As many calls as fit, the warm-up of the new process being a quarter of them at most."""
        warm_up, iterations = split(seconds, pace, warm_up=self.warm_up_iterations)
        return self.model_copy(update={"warm_up_iterations": warm_up, "test_iterations": iterations})

    def identity(self) -> dict[str, object]:
        """What is called, with what and by which interpreter, and what is made of it."""
        keys = ("callable", "args", "kwargs", "setup", "python", "test_type", "metric", "unit")
        return {**super().identity(), **self.model_dump(mode="json", include=set(keys))}

    def custom_metrics(self) -> tuple[Metric, ...]:
        """The metric of a custom test, and the throughput in calls instead of requests."""
        if self.metric and self.unit and self.direction:
            return (Metric(name=self.metric, unit=self.unit, direction=self.direction),)
        return (function_metrics.THROUGHPUT,) if self.test_type == "throughput" else ()


def measure(spec: FunctionSpec, context: Context) -> Outcome:
    """Call the function ``warm_up_iterations + test_iterations`` times; what it prints goes to a log file.

    Raises `MeasureError` when there is no such function, its module cannot be imported, or its setup fails.
    """
    total = spec.warm_up_iterations + spec.test_iterations
    log = log_file(context.output, spec.name)

    def tick(done: int) -> None:
        context.progress(done / total, f"call {done} of {total}")
        if context.service is not None:
            context.service.check()

    env = {**context.env, **({"PERFREG_BASE_URL": context.base_url} if context.base_url else {})}
    with log.open("wb") as file:
        report = call_repeatedly(
            _interpreter(spec, context),
            _request(spec, context),
            World(directory=context.directory, env=env, log=file),
            timeout_s=spec.test_timeout_seconds,
            tick=tick,
            where=f"test_scenarios.{spec.name}",
        )
    tick(total)
    return _outcome(spec, context, report, tail(log, _LAST_LINES))


def _interpreter(spec: FunctionSpec, context: Context) -> str:
    if spec.python is None:
        return sys.executable
    return spec.python if Path(spec.python).name == spec.python else str(context.directory / spec.python)


def _request(spec: FunctionSpec, context: Context) -> Request:
    return {
        "directory": str(context.directory.resolve()),
        "callable": spec.callable,
        "setup": spec.setup,
        "args": list(spec.args),
        "kwargs": dict(spec.kwargs),
        "test_type": spec.test_type,
        "warm_up_iterations": spec.warm_up_iterations,
        "test_iterations": spec.test_iterations,
        "cooldown_seconds": spec.cooldown_seconds,
    }


def _outcome(spec: FunctionSpec, context: Context, report: Report, last_words: tuple[str, ...]) -> Outcome:
    calls = [call for call in report.calls if not call.warm_up]
    good = [call for call in calls if not call.error]
    errors = Counter(clean(call.error) for call in calls if call.error)
    rate = 100 * errors.total() / len(calls) if calls else 100.0
    reasons: list[str] = []
    if report.ending:
        errors[report.ending] += 1
        done = f"{len(report.calls)} of {spec.warm_up_iterations + spec.test_iterations} calls"
        reasons += [f"the process of the function ended early, after {done}: {report.ending}"]
        reasons += [f"log: {line}" for line in last_words]
    elif spec.test_type != "error_rate" and (rate > context.max_error_rate_pct or not good):
        classes = ", ".join(f"{count} x {error}" for error, count in errors.most_common())
        reasons += [f"{rate:.3g} % of {len(calls)} calls failed (limit {context.max_error_rate_pct:g} %): {classes}"]
        reasons += [clean(line) for line in next(call.trace for call in calls if call.error)]
    return Outcome(
        measurements=_measurements(spec, calls, good),
        status="broken" if reasons else "ok",
        reasons=tuple(reasons),
        warnings=_warnings(spec, good),
        errors=dict(errors),
        samples={"latency": from_values([1e3 * call.wall for call in good])} if spec.test_type == "latency" else {},
        attempts=len(calls),
        busy_s=sum(call.wall for call in calls),
    )


def _measurements(spec: FunctionSpec, calls: Sequence[Call], good: Sequence[Call]) -> tuple[Measurement, ...]:
    if spec.test_type == "error_rate" and calls:
        failed = len(calls) - len(good)
        return (single(spec.name, CATALOGUE["error_rate"], 100 * failed / len(calls), n=len(calls)),)
    if not good:
        return ()
    if spec.test_type == "custom":
        values = [call.value for call in good if call.value is not None]
        return (from_samples(spec.name, spec.custom_metrics()[0], values, take="median"),)
    return _TESTS[spec.test_type](spec.name, good)


def _warnings(spec: FunctionSpec, good: Sequence[Call]) -> tuple[str, ...]:
    """Doubts about how well such calls can be measured."""
    if not good or spec.test_type in ("memory_usage", "error_rate", "custom"):
        return ()
    warnings = []
    typical = statistics.median(call.wall for call in good)
    if typical < _SHORT_S:
        warnings.append(
            f"a call takes {typical * 1e6:.2g} µs, so the cost of measuring it shows; repeat the work inside it"
        )
    if spec.test_type == "resource_utilization" and good[0].memory is None:
        warnings.append("memory_usage is left out: this system does not tell the peak")
    return tuple(warnings)


KIND = ScenarioKind(name="function", summary="Calls of a Python function", spec=FunctionSpec, measure=measure)
