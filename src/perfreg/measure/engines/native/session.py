"""A user who makes several calls, one after the other, and looks at the answers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from time import perf_counter_ns
from typing import TYPE_CHECKING, cast, final

from perfreg.measure.engines.answers import UnlikelyAnswerError
from perfreg.measure.engines.native.client import Client
from perfreg.measure.engines.native.cookies import CookieJar
from perfreg.measure.engines.native.failure import CHECK
from perfreg.measure.engines.native.wire import Connection, InspectingConnection

if TYPE_CHECKING:
    from perfreg.measure.engines.native.crew import Crew
    from perfreg.measure.engines.native.script import Script

_EARLY_S = 0.002
"""Timers may be early by a millisecond. Who thinks until the end must not send another request just before it."""


@final
class Session(Client):
    """Goes through the crew's script once for each `begin` and then tells ``done``.

    A failure ends the visit: what comes after would only fail because of it. Who ``is_new`` each time comes without
    cookies.
    """

    __slots__ = ("_done", "_is_new", "_jar", "_random", "_script", "_step", "_values", "has_counted")

    def __init__(
        self, crew: Crew, script: Script, number: int, done: Callable[[Session], None], *, is_new: bool = False
    ) -> None:
        super().__init__(crew)
        self._script = script
        self._done = done
        self._is_new = is_new
        self._jar = CookieJar() if self._script.cookies else None
        self._random = Random(f"{crew.plan.seed}/{crew.plan.share[0]}/{number}")  # noqa: S311 - no secret hangs on it
        self._step = 0
        self._values: dict[str, str] = {}
        self.has_counted = False

    def begin(self, intended: int) -> None:
        """Start a visit that was due at ``intended``."""
        self._values = dict(next(self._script.rows))
        self._step = 0
        if self._is_new and self._jar is not None:
            self._jar.clear()
        self._call(intended)

    def answered(self, connection: Connection) -> None:
        """Look at the answer and go on."""
        step = self._script.steps[self._step]
        seen = cast("InspectingConnection", connection)
        if connection.status not in step.call.accepts:
            return self._fail(f"status {connection.status}")
        try:
            self._look(seen)
        except UnlikelyAnswerError:
            return self._fail(CHECK)
        self._crew.write(self._intended, connection.sent, connection.first, connection.now, connection.size)
        self._crew.step_writers[self._step](
            self._intended, connection.sent, connection.first, connection.now, connection.size
        )
        self._step += 1
        return self._think(step.call.think_s)

    def _request(self) -> bytes:
        step = self._script.steps[self._step]
        cast("InspectingConnection", self._connection).expects_body = step.call.method != "HEAD"
        return step.request.fill(self._values, self._jar.header(step.path) if self._jar is not None else b"")

    def _go_on(self) -> None:
        self._done(self)

    def _look(self, connection: InspectingConnection) -> None:
        step = self._script.steps[self._step]
        if self._jar is not None:
            for name, value in connection.headers:
                if name.lower() == b"set-cookie":
                    self._jar.store(value.decode("latin-1"))
        if step.inspector is not None:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in connection.headers}
            self._values.update(step.inspector.look(headers, connection.body))

    def _think(self, bounds: tuple[float, float]) -> None:
        pause = self._random.uniform(*bounds)
        if pause > 0:
            until_end = (self._crew.end_ns - perf_counter_ns()) / 1e9 + _EARLY_S
            self._crew.loop.call_later(max(0.0, min(pause, until_end)), self._next)
        else:
            self._next()

    def _next(self) -> None:
        now = perf_counter_ns()
        if self._step == len(self._script.steps) or (now >= self._crew.end_ns and self.has_counted):
            self._done(self)
        else:
            self._call(now)

    def _call(self, intended: int) -> None:
        self._intended = intended
        self.has_counted = intended >= self._crew.recorder.start_ns
        self._send()
