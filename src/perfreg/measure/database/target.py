"""Where a connection string leads: the driver it takes, files relative to the configuration, and allowed hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from perfreg.errors import MeasureError
from perfreg.measure.targets import TargetPolicy

if TYPE_CHECKING:
    from sqlalchemy import URL

_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "sqlite": "sqlite+pysqlite",
}
_LOCAL_WITHOUT_HOST = frozenset({"postgresql", "mysql", "sqlite", "duckdb"})
_EXAMPLE = "write it as postgresql://user:password@host:5432/name or sqlite:///file.db"


def dialect_of(connection_string: str) -> str:
    """``postgresql``, ``mysql`` (MariaDB too), ``sqlite``, or whatever else the scheme names."""
    backend = connection_string.partition(":")[0].partition("+")[0].lower()
    return _DRIVERS.get(backend, backend).partition("+")[0]


def parse(connection_string: str, directory: Path, *, may_create: bool) -> URL:
    """The URL to connect to: the default driver named, SQLite's path absolute.

    Raises `MeasureError` for what is no URL, and for an SQLite file that does not exist unless ``may_create``.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(connection_string)
    except (ArgumentError, ValueError):
        # The cause may quote the password.
        raise MeasureError("this is not a database URL", hint=_EXAMPLE) from None
    url = url.set(drivername=_DRIVERS.get(url.drivername.lower(), url.drivername))
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, directory, may_create=may_create)
    return url


def check(url: URL, targets: TargetPolicy) -> None:
    """Raise `MeasureError` unless every host the URL names may be loaded; sockets and files always may."""
    hosts = list(hosts_of(url))
    if not hosts and dialect_of(url.drivername) not in _LOCAL_WITHOUT_HOST:
        raise MeasureError("the URL does not say which host is loaded", hint="name the host in the URL")
    for host in hosts:
        check_host(host, targets)


def check_host(host: str, targets: TargetPolicy) -> None:
    """As `check` for one host; a directory or an abstract name (``@…``) is a socket of this machine."""
    if host and not host.startswith(("/", "@")):
        targets.check(host)


def hosts_of(url: URL) -> Iterator[str]:
    """Hosts in the URL's authority and in libpq's ``?host=`` and ``?hostaddr=``, without their ports."""
    if url.get_backend_name() == "sqlite":
        return
    given = [url.host or ""]
    for key in ("host", "hostaddr"):
        value = url.query.get(key, ())
        given += [value] if isinstance(value, str) else value
    for host in ",".join(given).split(","):
        name = host.strip()
        # An IPv6 address has several colons, a host with its port has one.
        yield from filter(None, [name.partition(":")[0] if name.count(":") == 1 else name])


def secrets_of(url: URL) -> tuple[str, ...]:
    """Everything in the URL that must not be shown."""
    values = [url.password or ""]
    for key, value in url.query.items():
        if "pass" in key.lower() or "secret" in key.lower():
            values += [value] if isinstance(value, str) else value
    return tuple(filter(None, values))


def _sqlite(url: URL, directory: Path, *, may_create: bool) -> URL:
    """A database in memory gets a name of its own that all sessions of this process share."""
    name = url.database or ":memory:"
    if name == ":memory:":
        shared = {**url.query, "mode": "memory", "cache": "shared", "uri": "true"}
        return url.set(database=f"file:perfreg-{uuid4().hex}", query=shared)
    if name.startswith("file:"):
        path = name.removeprefix("file:")
        local = url.query.get("mode") == "memory" or path.startswith((":memory:", "/"))
        return url if local else url.set(database=f"file:{directory.absolute() / path}")
    file = directory.absolute() / name
    if not may_create and not file.is_file():
        raise MeasureError(
            f"the SQLite database {name!r} does not exist",
            hint="give a path relative to the configuration file, or create the tables in 'setup'",
        )
    return url.set(database=str(file))
