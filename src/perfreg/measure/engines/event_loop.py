"""Run a coroutine so that Ctrl-C and SIGTERM end it, in the same way on every Python and in every loop."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from types import FrameType
from typing import Any, TypeVar

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

    handlers = _handlers()
    if handlers:
        _run_until_signal(kept(), loop_factory, handlers)
    else:
        _run(kept(), loop_factory)
    return answers[0]


Handler = Callable[[int, "FrameType | None"], object]


def _handlers() -> dict[int, Handler]:
    """What the signals that end us do; none where they do not reach this thread."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    found = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    return {number: handler for number, handler in found.items() if callable(handler)}


def _run_until_signal(
    main: Coroutine[Any, Any, None], loop_factory: LoopFactory | None, handlers: dict[int, Handler]
) -> None:
    arrived: list[int] = []
    cancel: Callable[[], object] | None = None

    def note(number: int, frame: FrameType | None) -> None:
        arrived.append(number)
        if len(arrived) > 1:
            handlers[number](number, frame)  # whoever asks twice does not wait for anything to be cleaned up
        elif cancel is not None:
            cancel()

    async def guarded() -> None:
        nonlocal cancel
        task, loop = asyncio.ensure_future(main), asyncio.get_running_loop()
        cancel = partial(loop.call_soon_threadsafe, task.cancel)
        try:
            if arrived:
                task.cancel()
            await task
        except asyncio.CancelledError:
            if not arrived:
                raise
        finally:
            cancel = None

    for number in handlers:
        signal.signal(number, note)
    try:
        _run(guarded(), loop_factory)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if arrived:
        handlers[arrived[0]](arrived[0], None)
        raise KeyboardInterrupt


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
