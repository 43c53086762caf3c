"""The service under test: built, started on a port of its own, awaited, watched, and stopped with its process tree."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import final

from perfreg.config.models import ServiceConfig
from perfreg.errors import ServiceError
from perfreg.measure.port import LOOPBACK, fill, free_port
from perfreg.measure.readiness import Probe, Surroundings, probe_for, refuse_stranger
from perfreg.measure.service_log import tail
from perfreg.measure.supervised import Command, Ending, Supervised

_PORT_TAKEN = re.compile(r"address (is )?already in use|EADDRINUSE|only one usage of each socket", re.IGNORECASE)
_LONGEST_TRY = 10.0


def build(config: ServiceConfig, *, directory: Path, env: Mapping[str, str], log: Path) -> None:
    """Run the build command, if there is one, with its output in ``log``; whatever it leaves running is stopped.

    ``directory`` is where relative paths of the configuration start, ``env`` the environment that the
    configuration's own is added to. Raises `ServiceError` when the build fails or takes longer than it may.
    """
    if config.build is None:
        return
    without_port = {name: value for name, value in config.env.items() if "{port}" not in value}
    command = Command(
        line=config.build,
        where="service.build",
        directory=directory / config.directory,
        env={**env, **without_port},
    )
    with Supervised(command, log=log) as process:
        ending = process.wait(config.build_timeout)
    if ending is None:
        why = f"did not end within {config.build_timeout:g} s"
    elif ending.exit_code == 0:
        return
    else:
        why = _described(ending)
    raise ServiceError(f"the build {why}", where="service.build", hint=_advice(ending, log), log_tail=tail(log))


def start(config: ServiceConfig, *, directory: Path, env: Mapping[str, str], log: Path) -> RunningService:
    """Start the service with its output in ``log`` and return it once it is ready; leave it as a context manager.

    ``directory`` and ``env`` as for `build`. ``PORT`` is set besides. Raises `ServiceError` when it does not start,
    ends, or is not ready at its deadline; then nothing of it is left running.
    """
    try:
        return _start_on(free_port(), config, directory=directory, env=env, log=log)
    except ServiceError as error:
        if not any(_PORT_TAKEN.search(line) for line in error.log_tail):
            raise
    return _start_on(free_port(), config, directory=directory, env=env, log=log)  # somebody was faster: once more


def _start_on(
    port: int, config: ServiceConfig, *, directory: Path, env: Mapping[str, str], log: Path
) -> RunningService:
    own = {name: fill(value, port) for name, value in config.env.items()}
    command = Command(
        line=fill(config.start, port),
        where="service.start",
        directory=directory / config.directory,
        env={**env, "PORT": str(port), **own},
        forks=True,
        stop=None if config.stop is None else fill(config.stop, port),
        stop_timeout=config.stop_timeout,
    )
    around = Surroundings(port=port, log=log, directory=command.directory, env=command.env)
    probe = probe_for(config.ready, around)
    refuse_stranger(config.ready, probe)
    service = RunningService(command, port=port, log=log)
    try:
        service.wait_until_ready(probe, timeout=config.ready.timeout)
    except BaseException:
        service.stop()
        raise
    return service


@final
class RunningService:
    """A started service. A context manager: leaving it, in whatever way, stops the whole process tree."""

    def __init__(self, command: Command, *, port: int, log: Path) -> None:
        """Start ``command``; nothing is known of its readiness yet."""
        self.port = port
        self.log_path = log
        self._started = time.monotonic()
        self._ready = False
        self._process = Supervised(command, log=log)

    @property
    def base_url(self) -> str:
        """Where endpoints of the service start."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """The start command's process, or the oldest process of a service that has daemonized."""
        living = self.process_ids()
        return self._process.pid if self._process.pid in living or not living else living[0]

    def process_ids(self) -> list[int]:
        """Every living process of the service, however it was forked. Costs a few milliseconds."""
        return self._process.process_ids()

    def check(self, patience: float = 0.0) -> None:
        """Raise `ServiceError`, with the last lines of the log, when the service has died.

        Costs next to nothing. A death is noticed some milliseconds late: who suspects one waits ``patience`` seconds.
        """
        ending = self._process.wait(patience) if patience else self._process.poll()
        if ending is None:
            return
        when = "while it was measured" if self._ready else "before it was ready"
        raise ServiceError(
            f"the service {_described(ending)} {when}",
            where="service.start",
            hint=_advice(ending, self.log_path),
            log_tail=tail(self.log_path),
        )

    def wait_until_ready(self, probe: Probe, *, timeout: float) -> None:
        """Repeat ``probe`` until it succeeds; raise `ServiceError` when the service dies or ``timeout`` passes."""
        deadline, pause = self._started + timeout, 0.01
        while True:
            self.check()
            reason = probe(min(max(deadline - time.monotonic(), 0.1), _LONGEST_TRY))
            if not reason:
                break
            if time.monotonic() >= deadline:
                raise ServiceError(
                    f"the service was not ready after {timeout:g} s: {reason}",
                    where="service.ready",
                    hint=f"see {self.log_path}; service.ready.timeout gives it more time",
                    log_tail=tail(self.log_path),
                )
            time.sleep(min(pause, max(deadline - time.monotonic(), 0)))
            pause = min(pause * 1.3, 0.25)
        self.check()
        self._ready = True

    def stop(self) -> None:
        """Stop the whole process tree; a second call does nothing. Raise `ServiceError` when a process survives."""
        self._process.stop()

    def __enter__(self) -> RunningService:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _described(ending: Ending) -> str:
    code = ending.exit_code
    if code is None:
        return "lost its supervisor and was stopped"
    if code < 0:
        known = {int(number): number.name for number in signal.Signals}
        return f"was killed by {known.get(-code, f'signal {-code}')}"
    return f"ended with exit code {code}"


def _advice(ending: Ending | None, log: Path) -> str:
    code = None if ending is None else ending.exit_code
    if code == 127:
        return "the shell did not find the command"
    if code in {-9, 137}:
        return "it may have run out of memory"
    if code == 0:
        return "the command must stay in the foreground or leave its processes running"
    return f"see {log}"
