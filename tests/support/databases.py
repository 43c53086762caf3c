"""Real database servers: each started on a port of its own, in a directory of its own, and gone with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest
import sqlalchemy
from sqlalchemy.pool import NullPool

PASSWORD = "hunter2-not-to-be-shown"
_DEADLINE = 60.0
_DRIVERS: dict[str, tuple[str, dict[str, Any]]] = {
    "postgresql": ("postgresql+psycopg", {"connect_timeout": 5}),
    "mysql": ("mysql+pymysql", {"connect_timeout": 5, "read_timeout": 30}),
}
_SUPERVISE = Path(__file__).with_name("supervise.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseServer:
    """A running server. ``url`` leads an administrator to it over TCP; ``socket`` is its socket or its directory."""

    url: str
    socket: Path
    supervisor: subprocess.Popen[bytes]

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"t{uuid4().hex}"
        run_sql(self.url, f"CREATE DATABASE {name}")
        return self.url.rpartition("/")[0] + f"/{name}"

    def kill(self) -> None:
        """Stop the server and wait until it, and its directory, are gone."""
        assert self.supervisor.stdin is not None
        self.supervisor.stdin.close()
        self.supervisor.wait(_DEADLINE)


def run_sql(url: str, *statements: str) -> list[list[tuple[Any, ...]]]:
    """Run statements in autocommit; the rows of each."""
    parsed = sqlalchemy.make_url(url)
    driver, options = _DRIVERS.get(parsed.drivername, (parsed.drivername, {}))
    engine = sqlalchemy.create_engine(
        parsed.set(drivername=driver), poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=options
    )
    raw = {"no_parameters": True}
    with engine.connect() as connection:
        results = (connection.exec_driver_sql(statement, execution_options=raw) for statement in statements)
        return [[tuple(row) for row in result] if result.returns_rows else [] for result in results]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[DatabaseServer]:
    """A PostgreSQL server whose superuser needs a password. Statistics are only taken on request."""
    server = _with_another_port(start_postgresql)
    yield server
    server.kill()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[DatabaseServer]:
    """A MariaDB server with an administrator who needs a password."""
    server = _with_another_port(start_mariadb)
    yield server
    server.kill()


def start_postgresql(port: int) -> DatabaseServer:
    binaries = Path(_program("initdb", "/usr/lib/postgresql/*/bin", "postgresql")).parent
    directory, user = _home("postgres")
    (directory / "password").write_text(PASSWORD)
    _prepare(
        [
            *(str(binaries / "initdb"), "--pgdata=data", "--no-sync", "--no-locale", "--encoding=UTF8"),
            *("--username=postgres", "--pwfile=password", "--auth=md5"),  # quick to check
        ],
        directory,
        user,
    )
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": directory,
        "fsync": "off",
        "autovacuum": "off",
        "shared_buffers": "16MB",
        "max_connections": 40,
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    supervisor = _start([str(binaries / "postgres"), "-D", "data", *options], directory, user, "SIGINT")
    url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"
    _await(url, supervisor, directory)
    return DatabaseServer(url=url, socket=directory, supervisor=supervisor)


def start_mariadb(port: int) -> DatabaseServer:
    install = _program("mariadb-install-db", "/usr/bin", "mariadb-server")
    daemon = _program("mariadbd", "/usr/sbin", "mariadb-server")
    directory, user = _home("mysql")
    (directory / "init.sql").write_text(
        f"CREATE USER perf@localhost IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO perf@localhost;\n"
        f"CREATE USER perf@127.0.0.1 IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO perf@127.0.0.1;\n"
    )
    data = directory / "data"
    _prepare([install, "--no-defaults", f"--datadir={data}", "--skip-test-db", "--skip-name-resolve"], directory, user)
    supervisor = _start(
        [
            *(daemon, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"),
            *(f"--socket={directory}/socket", f"--pid-file={directory}/pid", f"--init-file={directory}/init.sql"),
            *("--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite"),
            *("--sync-frm=0", "--innodb-buffer-pool-size=32M", "--skip-name-resolve"),
        ],
        directory,
        user,
        "SIGTERM",
    )
    url = f"mysql://perf:{PASSWORD}@127.0.0.1:{port}/mysql"
    _await(url, supervisor, directory)
    return DatabaseServer(url=url, socket=directory / "socket", supervisor=supervisor)


def closed_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _with_another_port(start: Callable[[int], DatabaseServer]) -> DatabaseServer:
    """Try again when somebody else took the free port in the meantime."""
    for _ in range(2):
        try:
            return start(closed_port())
        except RuntimeError as error:
            if "in use" not in str(error):
                raise
    return start(closed_port())


def _program(name: str, pattern: str, package: str) -> str:
    """The path of a server's program. Without it the tests are skipped, but never where CI is set."""
    folders = sorted((str(path) for path in Path("/").glob(pattern.lstrip("/"))), reverse=True)
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))
    return found or _missing(f"{name} is not installed: apt-get install {package}")


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _home(account: str) -> tuple[Path, str]:
    """A new directory and the user who owns it: servers refuse to run as root. Short, because sockets' paths are."""
    directory = Path(tempfile.mkdtemp(prefix="perfreg-", dir="/tmp"))
    if os.getuid() != 0:
        return directory, ""
    owner = pwd.getpwnam(account)
    os.chown(directory, owner.pw_uid, owner.pw_gid)
    return directory, account


def _prepare(command: list[str], directory: Path, user: str) -> None:
    done = subprocess.run(
        command,
        cwd=directory,
        check=False,
        capture_output=True,
        text=True,
        user=user or None,
        group=user or None,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        shutil.rmtree(directory)
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")


def _start(command: list[str], directory: Path, user: str, stop: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(_SUPERVISE), str(directory), user, stop, *command],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def _await(url: str, supervisor: subprocess.Popen[bytes], directory: Path) -> None:
    """Return once the server answers. Raises ``RuntimeError`` with the end of its log when it does not."""
    deadline = time.monotonic() + _DEADLINE
    while time.monotonic() < deadline and supervisor.poll() is None:
        try:
            run_sql(url, "SELECT 1")
        except sqlalchemy.exc.OperationalError:
            time.sleep(0.05)
        else:
            return
    said = (directory / "server.log").read_text(errors="replace")[-2000:]
    supervisor.communicate()
    shutil.rmtree(directory, ignore_errors=True)
    raise RuntimeError(f"the server did not start: {said}")
