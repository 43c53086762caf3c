"""Run a coroutine so that Ctrl-C ends it in the same way on every Python."""

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
    """`asyncio.run`, where an interrupt cancels ``main``, lets it clean up, and only then raises KeyboardInterrupt.

    Python does so by itself since 3.11, but it forgets an interrupt that comes when ``main`` is about to return.
    """
    answers: list[Answer] = []

    async def kept() -> None:
        # Not returned: asyncio writes the answer of a task as text when it takes its signal handler away (through an
        # error message of `signal` that nobody sees), and for a large answer that takes milliseconds.
        answers.append(await main)

    if _takes_interrupts():
        _run_interruptible(kept(), loop_factory)
    else:
        _run(kept(), loop_factory)
    return answers[0]


def _takes_interrupts() -> bool:
    """Whether Ctrl-C reaches this thread, and nobody else has decided what it does."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    return in_main_thread and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _run_interruptible(main: Coroutine[Any, Any, None], loop_factory: LoopFactory | None) -> None:
    interrupts = 0
    cancel: Callable[[], object] | None = None

    def interrupt(_signum: int, _frame: FrameType | None) -> None:
        nonlocal interrupts
        interrupts += 1
        if interrupts > 1:
            raise KeyboardInterrupt  # whoever presses twice does not wait for anything to be cleaned up
        if cancel is not None:
            cancel()

    async def guarded() -> None:
        nonlocal cancel
        task, loop = asyncio.ensure_future(main), asyncio.get_running_loop()
        cancel = partial(loop.call_soon_threadsafe, task.cancel)
        try:
            if interrupts:
                task.cancel()
            await task
        except asyncio.CancelledError:
            if not interrupts:
                raise
        finally:
            cancel = None

    signal.signal(signal.SIGINT, interrupt)
    try:
        _run(guarded(), loop_factory)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if interrupts:
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
