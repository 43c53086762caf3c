"""One run of k6: started, listened to, watched, and never left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import final

from perfreg.errors import MeasureError
from perfreg.measure.engines.engine import LoadPlan, LoadResult
from perfreg.measure.engines.k6.collecting import Collector
from perfreg.measure.engines.k6.log import Log
from perfreg.measure.engines.k6.output import COLUMNS, Rows, Sorter
from perfreg.measure.engines.k6.script import Script

_CHUNK = 1 << 18
_LOOK_EVERY_S = 0.25
_BOOT_S = 60.0
_GRACE_S = 30.0
_ENDED_ITSELF = frozenset({99, 108, 110})
"""Exit codes of a script that has ended its run, or has found it bad."""
_FLAGS = (
    "run",
    "--quiet",
    "--no-color",
    "--no-usage-report",
    "--no-thresholds",
    "--summary-mode=disabled",
    "--address=",
    "--log-output=stderr",
    "--log-format=json",
    f"--system-tags={','.join(COLUMNS)}",
    "--out=csv=-",
    "-",
)
_ENVIRONMENT = {
    "K6_AUTO_EXTENSION_RESOLUTION": "false",  # no other k6 is to be fetched from anywhere
    "K6_BINARY_PROVISIONING": "false",
    "K6_NO_USAGE_REPORT": "true",
    "K6_CSV_SAVE_INTERVAL": "20ms",  # many at once would hold up requests
    "K6_CSV_TIME_FORMAT": "unix_nano",
}
_FILES = ("plan.json", "rows.json")
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})


async def run(plan: LoadPlan, script: Script, binary: str) -> LoadResult:
    """Run the script. Raises `MeasureError` when k6 cannot, and what ``plan.alive`` raises."""
    with _directory(script) as directory:
        process = await asyncio.create_subprocess_exec(
            binary,
            *_FLAGS,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=Path(plan.script).parent if plan.script else directory,
            env=_environment(plan, directory, os.environ),
            start_new_session=True,
        )
        listener = _Listener(plan, process, forget=lambda: _clear(directory))
        try:
            await listener.listen(script.text)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
        return listener.result()


@final
class _Listener:
    """Reads what k6 writes, and looks after it."""

    def __init__(self, plan: LoadPlan, process: asyncio.subprocess.Process, *, forget: Callable[[], None]) -> None:
        self._plan = plan
        self._process = process
        self._forget = forget
        self._rows, self._log = Rows(), Log()
        self._collector = Collector(plan)
        self._sorter = Sorter(self._collector)
        self._cpu: list[tuple[float, float]] = []

    async def listen(self, script: str) -> None:
        """Hand in the script, and wait for the end."""
        stdout, stderr = self._process.stdout, self._process.stderr
        if stdout is None or stderr is None:
            raise MeasureError("k6 was started without pipes")
        tasks = [
            asyncio.create_task(each)
            for each in (self._say(script), _read(stdout, self._samples), _read(stderr, self._log.feed), self._watch())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def result(self) -> LoadResult:
        """What was measured. Raises `MeasureError` when k6 has failed."""
        self._rows.end()
        self._sorter.end()
        self._collector.end()
        self._log.end()
        code = self._process.returncode
        why = self._log.first or "it does not say why"
        found = self._collector.result(self._cost(), tuple(self._faults(code)))
        if found is None or (code != 0 and code not in _ENDED_ITSELF):
            raise MeasureError(f"k6 failed (exit code {code}): {why}", where="engine: k6")
        return found

    def _faults(self, code: int | None) -> Iterator[str]:
        if code in _ENDED_ITSELF:
            yield f"the script ended the run itself (exit code {code}): {self._log.first or 'it does not say why'}"
        elif self._log.errors:
            yield f"k6 met {self._log.errors} errors, of which the first is: {self._log.first}"
        if malformed := self._rows.malformed + self._sorter.malformed:
            yield f"{malformed} lines of k6's output are no samples"

    def _cost(self) -> tuple[float, float]:
        """CPU time and time from the start of the measurement on."""
        if len(self._cpu) < 2:
            return 0.0, 0.0
        (cpu, at), (later_cpu, later) = self._cpu[0], self._cpu[-1]
        return later_cpu - cpu, later - at

    async def _say(self, script: str) -> None:
        stdin = self._process.stdin
        if stdin is not None:
            try:
                stdin.write(script.encode())
                await stdin.drain()
            except ConnectionError:
                return  # it has ended already, and says why
            stdin.close()

    def _samples(self, chunk: bytes) -> None:
        self._sorter.take(self._rows.feed(chunk))

    async def _watch(self) -> None:
        """Look after the service and k6's costs until k6 has ended. Raises `MeasureError` when it does not end."""
        plan = self._plan
        total = plan.warm_up_s + plan.duration_s
        limit = time.monotonic() + _BOOT_S + total + 3 * plan.timeout_s + _GRACE_S
        ended = asyncio.create_task(self._process.wait())
        try:
            while not ended.done():
                plan.alive()
                start = self._collector.start_ns
                if start is not None:
                    self._forget()
                passed = (time.time_ns() - start) / 1e9 if start is not None else -plan.warm_up_s
                plan.progress(min(1.0, max(0.0, (plan.warm_up_s + passed) / total)))
                if 0 <= passed <= plan.duration_s + _LOOK_EVERY_S:
                    self._look()
                if time.monotonic() > limit:
                    raise MeasureError("k6 does not come to an end", where="engine: k6")
                soon = min(_LOOK_EVERY_S, -passed) if passed < 0 and start is not None else _LOOK_EVERY_S
                await asyncio.wait({ended}, timeout=max(soon, 0.001))
            plan.alive()
        finally:
            ended.cancel()

    def _look(self) -> None:
        import psutil

        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.Error:
            return
        latest = (times.user + times.system, time.monotonic())
        self._cpu[1:] = [latest]  # the first one stays


async def _read(stream: asyncio.StreamReader, take: Callable[[bytes], None]) -> None:
    while chunk := await stream.read(_CHUNK):
        take(chunk)


@contextmanager
def _directory(script: Script) -> Iterator[Path]:
    """A directory that only we may look into, as there may be secrets in the values; it never stays."""
    directory = Path(tempfile.mkdtemp(prefix="perfreg-k6-"))
    try:
        for name, text in zip(_FILES, (script.values, script.rows), strict=True):
            (directory / name).write_text(text, encoding="utf-8")
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _clear(directory: Path) -> None:
    """k6 has read all it will read. Whatever ends us from now on leaves no secrets behind."""
    for name in _FILES:
        (directory / name).unlink(missing_ok=True)


def _environment(plan: LoadPlan, directory: Path, env: Mapping[str, str]) -> dict[str, str]:
    """k6 reads no settings of the user's, and nothing comes between it and the target: no proxy, no other k6.

    A script of the user's own may need more than that.
    """
    kept = {
        name: value
        for name, value in env.items()
        if not name.startswith("K6_")
        and name.upper() not in _PROXIES
        and (plan.script or name in ("PATH", "SYSTEMROOT"))
    }
    trust = {"SSL_CERT_FILE": plan.verify, "SSL_CERT_DIR": str(directory)} if isinstance(plan.verify, str) else {}
    home = dict.fromkeys(
        ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "APPDATA", "LOCALAPPDATA", "TMPDIR"), str(directory)
    )
    return {
        **kept,
        **home,
        **trust,
        **_ENVIRONMENT,
        **({"BASE_URL": plan.base_url} if plan.script else {}),
        "GOMAXPROCS": str(plan.workers + 1),  # one more, so that writing samples does not hold up requests
        "PERFREG_PLAN": str(directory / _FILES[0]),
        "PERFREG_ROWS": str(directory / _FILES[1]),
    }
