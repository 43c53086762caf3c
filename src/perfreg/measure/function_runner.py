"""Calls a function again and again in the interpreter it belongs to: plain standard library, Python 3.9 or later.

Started by its path in another process, so it must not import perfreg. Arguments: the file with the request
(`Request` as JSON) and the file for the records, one JSON object a line: {"failure": text} when there is nothing to
call, otherwise what `record` makes of each call.
"""

from __future__ import annotations

import contextlib
import copy
import gc
import importlib
import inspect
import json
import math
import sys
import time
import traceback
import tracemalloc
from numbers import Real
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

try:
    import resource
except ImportError:  # Windows
    _HAS_RESOURCE = False
else:
    _HAS_RESOURCE = True

_TRACE_LINES = 6


class Request(TypedDict):
    """What to call and how often. ``directory`` comes first in the search for modules."""

    directory: str
    callable: str
    setup: str | None
    args: list[Any]
    kwargs: dict[str, Any]
    test_type: str
    warm_up_iterations: int
    test_iterations: int
    cooldown_seconds: float


class UnusableError(Exception):
    """There is nothing to call."""


class Memory(Protocol):
    """A way to measure the memory of one call."""

    def begin(self) -> None:
        """Forget all earlier calls."""

    def peak(self) -> int | None:
        """Bytes at the peak since `begin`, None where that cannot be told."""


class Allocations:
    """What the call allocated at its peak beyond what was held before: Python's own memory and NumPy's."""

    def __init__(self) -> None:
        tracemalloc.start()
        self._before = 0

    def begin(self) -> None:
        """Collect garbage, so that no earlier call's is freed or counted during this one."""
        gc.collect()
        tracemalloc.reset_peak()
        self._before = tracemalloc.get_traced_memory()[0]

    def peak(self) -> int | None:
        """Bytes as traced by tracemalloc."""
        return max(0, tracemalloc.get_traced_memory()[1] - self._before)


class ResidentSet:
    """Peak resident set of the whole process; of the call alone on Linux, elsewhere since the process started."""

    def begin(self) -> None:
        """Reset the kernel's high-water mark, see proc(5)."""
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def peak(self) -> int | None:
        """Bytes; on Linux not from getrusage(2), which starts at the peak of the process we were forked from."""
        with contextlib.suppress(OSError):
            for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if sys.platform == "darwin" else None


class NoMemory:
    """Nobody asked."""

    def begin(self) -> None:
        """Do nothing."""

    def peak(self) -> int | None:
        """Nothing is known."""
        return None


_MEMORY: dict[str, Callable[[], Memory]] = {"memory_usage": Allocations, "resource_utilization": ResidentSet}


def main(request_file: str, records_file: str) -> None:
    """Do what the request asks for; the process boundary, where every failure becomes a record."""
    request: Request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    here = Path(__file__).parent
    sys.path[:] = [request["directory"], *(entry for entry in sys.path if Path(entry).resolve() != here.resolve())]
    with Path(records_file).open("w", encoding="utf-8") as records:
        try:
            function = find(request["callable"])
            setup = find(request["setup"]) if request["setup"] else None
            asynchronous = _is_asynchronous(function) or (setup is not None and _is_asynchronous(setup))
            calls = Calls(request, function, records, asynchronous=asynchronous)
            _complete(calls.run(setup), asynchronous=asynchronous)
        except UnusableError as error:
            _write(records, {"failure": str(error)})


def find(name: str) -> Callable[..., Any]:
    """The object that ``package.module:name`` names. Raises `UnusableError`."""
    module, _, path = name.partition(":")
    try:
        found = importlib.import_module(module)
    except BaseException as error:  # importing runs foreign code, which may end in any way
        traceback.print_exc()
        raise UnusableError(f"the module {module!r} cannot be imported: {_named(error)}") from error
    for part in path.split("."):
        if not hasattr(found, part):
            raise UnusableError(f"{module!r} has no {path!r}")
        found = getattr(found, part)
    if not callable(found):
        raise UnusableError(f"{name!r} is not callable, it is of type {type(found).__name__}")
    return found


def _is_asynchronous(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def _complete(work: Coroutine[Any, Any, None], *, asynchronous: bool) -> None:
    if asynchronous:
        import asyncio

        asyncio.run(work)
        return
    # Without anything to await it ends in one go; no event loop runs, so that the function may start its own.
    with contextlib.suppress(StopIteration):
        work.send(None)


class Calls:
    """The calls of one function, each with fresh copies of its arguments, and their records."""

    def __init__(self, request: Request, function: Callable[..., Any], records: IO[str], *, asynchronous: bool) -> None:
        self._request = request
        self._function = function
        self._records = records
        self._asynchronous = asynchronous
        self._awaits = _is_asynchronous(function)
        self._memory = _MEMORY.get(request["test_type"], NoMemory)()

    async def run(self, setup: Callable[..., Any] | None) -> None:
        """Set up, warm up and call. Raises `UnusableError`."""
        if setup is not None:
            await self._set_up(setup)
        warm_up = self._request["warm_up_iterations"]
        for number in range(warm_up + self._request["test_iterations"]):
            if number:
                await self._cool_down()
            record = await self._call()
            _write(self._records, {**record, "warm_up": number < warm_up})

    async def _set_up(self, setup: Callable[..., Any]) -> None:
        try:
            result = setup()
            if self._asynchronous and inspect.isawaitable(result):
                await result
        except BaseException as error:  # foreign code, which may end in any way
            traceback.print_exc()
            raise UnusableError(f"the setup {self._request['setup']!r} failed: {_named(error)}") from error

    async def _cool_down(self) -> None:
        pause = self._request["cooldown_seconds"]
        if pause and self._asynchronous:
            import asyncio

            await asyncio.sleep(pause)
        elif pause:
            time.sleep(pause)  # noqa: ASYNC251 - no event loop runs here

    async def _call(self) -> dict[str, Any]:
        args, kwargs = copy.deepcopy((self._request["args"], self._request["kwargs"]))
        function, awaits = self._function, self._awaits
        result, error, trace = None, "", ""
        self._memory.begin()
        outer = time.perf_counter()
        cpu = _cpu_seconds()
        start = time.perf_counter()
        try:
            result = function(*args, **kwargs)
            if awaits:
                result = await result
        except BaseException as caught:  # noqa: BLE001 - foreign code; how it ends is what is recorded
            wall = time.perf_counter() - start
            error, trace = type(caught).__name__, _traced(caught)
        else:
            wall = time.perf_counter() - start
        cpu = _cpu_seconds() - cpu
        span = time.perf_counter() - outer
        memory = self._memory.peak()
        value = None
        if not error:
            value, error, trace = self._judged(result)
        if trace:
            sys.stderr.write(trace)
        lines = trace.splitlines()[-_TRACE_LINES:]
        return {
            "wall": wall,
            "cpu": cpu,
            "span": span,
            "memory": memory,
            "value": value,
            "error": error,
            "trace": lines,
        }

    def _judged(self, result: object) -> tuple[float | None, str, str]:
        """The number that a custom test returned, and what is wrong with it."""
        if inspect.isawaitable(result):
            close = getattr(result, "close", None)
            if close is not None:
                close()
            raise UnusableError(
                f"{self._request['callable']!r} returns an awaitable, but is not declared by 'async def'"
            )
        if self._request["test_type"] != "custom":
            return None, "", ""
        if isinstance(result, bool) or not isinstance(result, Real):
            return None, "TypeError", f"a custom test must return a number, not {type(result).__name__}\n"
        if not math.isfinite(result):
            return None, "ValueError", f"a custom test must return a finite number, not {float(result)}\n"
        return float(result), "", ""


def _cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended, all threads."""
    own = time.process_time()
    if not _HAS_RESOURCE:
        return own
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own + children.ru_utime + children.ru_stime


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _traced(error: BaseException) -> str:
    """The traceback without our own frame."""
    frames = error.__traceback__.tb_next if error.__traceback__ else None
    return "".join(traceback.format_exception(type(error), error, frames))


def _write(records: IO[str], record: dict[str, Any]) -> None:
    records.write(json.dumps(record, allow_nan=False) + "\n")
    records.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
