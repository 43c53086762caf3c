"""Run a coroutine so that Ctrl-C ends it in the same way on every Python."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")


def run(main: Coroutine[Any, Any, Answer]) -> Answer:
    """`asyncio.run`, where an interrupt cancels ``main``, lets it clean up, and only then raises KeyboardInterrupt.

    Python 3.11 does so by itself; before, the interrupt struck whichever task was running and left its traceback.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if sys.version_info >= (3, 11) or sys.platform == "win32" or not in_main_thread:
        return asyncio.run(main)
    interrupted = False

    async def guarded() -> Answer | None:
        task = asyncio.ensure_future(main)

        def interrupt() -> None:
            nonlocal interrupted
            interrupted = True
            task.cancel()

        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
        try:
            return await task
        except asyncio.CancelledError:
            if not interrupted:
                raise
            return None

    answer = asyncio.run(guarded())
    if interrupted or answer is None:
        raise KeyboardInterrupt
    return answer
