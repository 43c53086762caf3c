"""Run a coroutine so that Ctrl-C and SIGTERM end it, in the same way on every Python and in every loop."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from types import FrameType, TracebackType
from typing import Any, TypeVar, final

Answer = TypeVar("Answer")
LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def fast_loop() -> LoopFactory | None:
    """What makes event loops of uvloop; None, for asyncio's own, where it is not installed (Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def run(main: Coroutine[Any, Any, Answer], loop_factory: LoopFactory | None = None) -> Answer:
    """`asyncio.run`, where a signal that ends us cancels ``main``, lets it clean up, and only then does what it does.

    What a handler raises within a loop may be taken for a failure of some connection and be lost there; so may, in
    Python's own `asyncio.run`, an interrupt that comes when ``main`` is about to return.
    """
    answers: list[Answer] = []

    async def kept() -> None:
        # Not returned: asyncio writes the answer of a task as text when it takes its signal handler away (through an
        # error message of `signal` that nobody sees), and for a large answer that takes milliseconds.
        answers.append(await main)

    with _Watch(_handlers()) as watch:
        _run(watch.guard(kept()), loop_factory)
    if not answers:
        raise KeyboardInterrupt  # whatever has arrived did nothing, and there is no answer either
    return answers[0]


Handler = Callable[[int, "FrameType | None"], object]


def _handlers() -> dict[int, Handler]:
    """What the signals that end us do; none where they do not reach this thread."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    found = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    return {number: handler for number, handler in found.items() if callable(handler)}


@final
class _Watch:
    """Notes the signals that end us while a loop runs. A context manager, around the loop: leaving it delivers them."""

    def __init__(self, handlers: dict[int, Handler]) -> None:
        self._handlers = handlers
        self._arrived: list[int] = []
        self._cancel: Callable[[], object] | None = None

    async def guard(self, main: Coroutine[Any, Any, None]) -> None:
        """Await ``main``, cancelled by the first signal."""
        task, loop = asyncio.ensure_future(main), asyncio.get_running_loop()
        self._cancel = partial(loop.call_soon_threadsafe, task.cancel)
        if self._arrived:
            task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            if not self._arrived:
                raise
        finally:
            self._cancel = None

    def __enter__(self) -> _Watch:
        for number in self._handlers:
            signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        for number in self._arrived[:1]:
            self._handlers[number](number, None)  # it ends us, whatever else has happened

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._arrived.append(number)
        if len(self._arrived) > 1:
            self._handlers[number](number, frame)  # whoever asks twice does not wait for anything to be cleaned up
        elif self._cancel is not None:
            self._cancel()


def _run(main: Coroutine[Any, Any, None], loop_factory: LoopFactory | None) -> None:
    """`asyncio.run` with a loop of one's own, which Python 3.10 does not have."""
    if sys.version_info >= (3, 11):
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(main)
    if loop_factory is None:
        return asyncio.run(main)
    loop = loop_factory()
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main)
    finally:
        try:
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            loop.close()
