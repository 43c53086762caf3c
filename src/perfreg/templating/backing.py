"""Databases and caches that a service needs beside it, as containers that every CI system can start."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count

from perfreg.errors import UsageError

_PATH = r"[a-z0-9][a-z0-9._/-]*"
_IMAGE = re.compile(rf"{_PATH}(:[0-9]+/{_PATH})?(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@sha256:[0-9a-f]{{64}})?")
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """A container beside the tests: ``host`` is its name, ``{place}`` in its ``address`` stands for a host and a port.

    ``variables`` are the environment variables that the address goes to; ``published`` is its port on the machine that
    runs it. ``health`` exits with 0 inside of the container when it can be used; without one only its port tells, and
    without a ``port`` nothing does.
    """

    image: str
    host: str
    port: int = 0
    published: int = 0
    variables: tuple[str, ...] = ()
    address: str = ""
    env: Mapping[str, str]
    health: tuple[str, ...] = ()

    @property
    def inside(self) -> str:
        """The address for other containers."""
        return self.address.replace("{place}", f"{self.host}:{self.port}")

    @property
    def outside(self) -> str:
        """The address for the machine that the containers run on."""
        return self.address.replace("{place}", f"127.0.0.1:{self.published}")

    @property
    def docker_options(self) -> str:
        """What `docker create` has to be told to watch its health."""
        command = shlex.quote(" ".join(self.health))
        return f"--health-cmd={command} --health-interval=2s --health-timeout=5s --health-retries=60"

    @property
    def docker_run(self) -> str:
        """What `docker run` has to be told: its environment, a port of the machine that is free, and its health."""
        env = (f"--env={shlex.quote(f'{name}={value}')}" for name, value in self.env.items())
        port = (f"--publish=127.0.0.1::{self.port}",) if self.port else ()
        return " ".join((*env, *port, *((self.docker_options,) if self.health else ())))


_POSTGRES = Backing(
    image="postgres:17",
    host="postgres",
    port=5432,
    variables=("DATABASE_URL",),
    address="postgresql://perf:perf@{place}/perf",
    env={"POSTGRES_DB": "perf", "POSTGRES_PASSWORD": "perf", "POSTGRES_USER": "perf"},
    health=("pg_isready", "--dbname=perf", "--username=perf"),
)
_MYSQL = Backing(
    image="mysql:8.4",
    host="mysql",
    port=3306,
    variables=("DATABASE_URL",),
    address="mysql://perf:perf@{place}/perf",
    env={"MYSQL_DATABASE": "perf", "MYSQL_PASSWORD": "perf", "MYSQL_ROOT_PASSWORD": "perf", "MYSQL_USER": "perf"},
    health=("mysqladmin", "ping", "--host=127.0.0.1", "--user=perf", "--password=perf"),
)
_MARIADB = replace(
    _MYSQL,
    image="mariadb:11.8",
    host="mariadb",
    address="mariadb://perf:perf@{place}/perf",
    env={name.replace("MYSQL", "MARIADB"): value for name, value in _MYSQL.env.items()},
    health=("healthcheck.sh", "--connect", "--innodb_initialized"),
)
_REDIS = Backing(
    image="redis:8",
    host="redis",
    port=6379,
    variables=("REDIS_URL",),
    address="redis://{place}/0",
    env={},
    health=("redis-cli", "ping"),
)
_KNOWN = {each.host: each for each in (_POSTGRES, _MYSQL, _MARIADB, _REDIS)}
_SCHEMES = {"postgresql": _POSTGRES, "postgres": _POSTGRES, "mysql": _MYSQL, "mariadb": _MARIADB, "redis": _REDIS}


def of_image(image: str) -> Backing:
    """The container of ``image``, which may be anybody's. Raises `UsageError` when it cannot be an image."""
    checked_image(image, "--service")
    name = re.sub(r"[^a-z0-9]+", "-", image.partition("@")[0].rpartition("/")[2].partition(":")[0]).strip("-")
    known = next((each for key, each in _KNOWN.items() if name.startswith(key)), None)
    if known is None:
        return Backing(image=image, host=name or "service", env={})
    return replace(known, image=image)


def of_scheme(scheme: str) -> Backing | None:
    """The container that an address with this ``scheme`` leads to; None when it needs none or nobody knows it."""
    return _SCHEMES.get(scheme.partition("+")[0].lower())


def checked_image(image: str, where: str) -> str:
    """``image`` if it can be the name of one. Raises `UsageError`."""
    if len(image) > _LONGEST or not _IMAGE.fullmatch(image):
        raise UsageError(f"{image!r} is no image", where=where, hint="write it as postgres:17 or host/name:tag")
    return image


def together(given: Iterable[Backing], found: Iterable[Backing]) -> tuple[Backing, ...]:
    """Those that were ``given``, then those that were ``found``; what is given stands for what is found of its kind.

    All have a name, variables and a port of the machine of their own.
    """
    chosen = list(given)
    for each in found:
        place = next((place for place, other in enumerate(chosen) if each.port == other.port), None)
        if place is None:
            chosen.append(each)
        else:
            both = dict.fromkeys((*each.variables, *chosen[place].variables))
            chosen[place] = replace(chosen[place], variables=tuple(both))
    hosts = {"app", "perfreg"}
    variables: set[str] = set()
    ports: set[int] = set()
    return tuple(_alone(each, hosts, variables, ports) for each in chosen)


def _alone(each: Backing, hosts: set[str], variables: set[str], ports: set[int]) -> Backing:
    """``each`` without what others have taken already; what it has is taken now."""
    host = next(name for name in _numbered(each.host) if name not in hosts)
    own = f"{host.upper().replace('-', '_')}_URL"
    names = tuple(dict.fromkeys(own if name in variables else name for name in each.variables))
    port = next(number for number in count(each.port) if number not in ports) if each.port else 0
    hosts.add(host)
    variables.update(names)
    ports.add(port)
    return replace(each, host=host, variables=names, published=port)


def _numbered(name: str) -> Iterator[str]:
    return (name if number == 1 else f"{name}-{number}" for number in count(1))
