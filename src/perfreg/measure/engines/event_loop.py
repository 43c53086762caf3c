"""Run a coroutine so that Ctrl-C ends it in the same way on every Python."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
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

    Python 3.11 does so by itself; before, the interrupt struck whichever task was running and left its traceback.
    """
    answers: list[Answer] = []

    async def kept() -> None:
        # Not returned: asyncio writes the answer of a task as text when it takes its signal handler away (through an
        # error message of `signal` that nobody sees), and for a large answer that takes milliseconds.
        answers.append(await main)

    _run_interruptible(kept(), loop_factory)
    if not answers:
        raise KeyboardInterrupt
    return answers[0]


def _run_interruptible(main: Coroutine[Any, Any, None], loop_factory: LoopFactory | None) -> None:
    if sys.version_info >= (3, 11):
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(main)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if sys.platform == "win32" or not in_main_thread:
        return _run(main, loop_factory)
    interrupted = False

    async def guarded() -> None:
        task = asyncio.ensure_future(main)

        def interrupt() -> None:
            nonlocal interrupted
            interrupted = True
            task.cancel()

        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
        try:
            await task
        except asyncio.CancelledError:
            if not interrupted:
                raise

    _run(guarded(), loop_factory)
    if interrupted:
        raise KeyboardInterrupt
    return None


def _run(main: Coroutine[Any, Any, None], loop_factory: LoopFactory | None) -> None:
    """`asyncio.run` of Python 3.10, with a loop of one's own."""
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
