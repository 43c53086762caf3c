"""A locustfile of the user's own: its users run as Locust runs them, and every request they report counts."""

from __future__ import annotations

import re
import sys
import traceback
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import gevent
from locust.exception import StopTest, StopUser
from locust.util.load_locustfile import load_locustfile

from perfreg.errors import MeasureError
from perfreg.measure.engines.engine import LoadPlan
from perfreg.measure.engines.locust.failures import classify
from perfreg.measure.engines.locust.load import Load
from perfreg.measure.engines.recording import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust import User
    from locust.env import Environment

SCRIPT = "script"
"""The class of a task that raised an exception: it made fewer requests than it was to make."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")
_MOST_NAMES = 50


class ScriptedLoad(Load):
    """The load of a locustfile."""

    def __init__(self, plan: LoadPlan, environment: Environment) -> None:
        classes, shapes = _read(plan.script)
        super().__init__(plan, classes)
        self._environment = environment
        self._by_name: dict[str, Recorder] = {}
        self._writers: dict[str, Callable[[int, int, int, int, int], None]] = {}
        self._has_complained = False
        environment.shape_class = shapes[0] if shapes else None
        environment.host = plan.base_url
        environment.events.request.add_listener(self._take)
        environment.events.user_error.add_listener(self._complain)

    @property
    def users(self) -> int:
        return self.plan.users

    def elapsed_s(self) -> float:
        return self.plan.duration_s

    def run(self) -> None:
        """Let users finish what they are about at the end, as slow requests count like quick ones."""
        self.sleep_until(self.end_ns)
        runner = self._environment.runner
        if runner is not None:
            self._environment.stop_timeout = self.plan.timeout_s
            gevent.spawn(runner.stop).join(self.plan.timeout_s + 1)
        self.have_ended.set()

    def step_recorders(self) -> dict[str, Recorder]:
        return {name: self._by_name[name] for name in sorted(self._by_name)}

    def _take(
        self,
        name: str = "",
        response_time: float = 0.0,
        response_length: int = 0,
        exception: object = None,
        response: object = None,
        **_: object,
    ) -> None:
        """A request has ended: Locust's event."""
        now = perf_counter_ns()
        began = now - round(max(0.0, float(response_time or 0.0)) * 1e6)
        if not self.start_ns or began >= self.end_ns:
            return
        if exception:
            status = getattr(response, "status_code", 0)
            error = exception if isinstance(exception, BaseException) else AssertionError(exception)
            self.recorder.fail(classify(error, status if isinstance(status, int) else 0), began, now)
            return
        size = max(0, int(response_length or 0))
        self.write(began, began, now, now, size)
        if began >= self.start_ns and (write := self._writer(name)) is not None:
            write(began, began, now, now, size)

    def _writer(self, name: object) -> Callable[[int, int, int, int, int], None] | None:
        """Where a request with this name is recorded; only names that can be those of metrics are."""
        if not isinstance(name, str) or name in self._writers:
            return self._writers.get(str(name))
        if not _NAME.fullmatch(name) or len(self._writers) >= _MOST_NAMES:
            return None
        self._by_name[name] = Recorder(start_ns=self.start_ns, duration_s=self.plan.duration_s)
        self._writers[name] = self._by_name[name].writer()
        return self._writers[name]

    def _complain(self, exception: BaseException, tb: Any = None, **_: object) -> None:
        """A task has raised an exception: Locust's event. The first one is shown."""
        now = perf_counter_ns()
        if not self._has_complained:
            self._has_complained = True
            sys.stderr.write("".join(traceback.format_exception(type(exception), exception, tb)))
        if self.start_ns <= now < self.end_ns:
            self.recorder.fail(SCRIPT, now, now)


def _read(path: str) -> tuple[list[type[User]], list[Any]]:
    """The users and shapes of a locustfile. Raises `MeasureError`."""
    try:
        *_, classes, shapes = load_locustfile(path)  # some versions give the text on top of the file, too
    except (SystemExit, StopTest, StopUser, Exception) as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        hint = "see whether `locust -f` can read it"
        place = f"line {where.lineno} of {where.filename}"
        raise MeasureError(f"{type(error).__name__}: {error} ({place})", where=path, hint=hint) from error
    found = [each for each in classes.values() if each.weight > 0 or each.fixed_count > 0]
    if not found:
        raise MeasureError("the locustfile has no users", where=path, hint="give it a class derived from User")
    return found, list(shapes)
