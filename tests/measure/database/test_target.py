"""Connection strings: drivers, files, hosts that may be loaded, and secrets that are not shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfreg.errors import MeasureError
from perfreg.measure.database import target
from perfreg.measure.database.server import open_server
from perfreg.measure.targets import TargetPolicy


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgresql://h/d", "postgresql+psycopg"),
        ("postgres://h/d", "postgresql+psycopg"),
        ("postgresql+psycopg2://h/d", "postgresql+psycopg2"),
        ("mysql://h/d", "mysql+pymysql"),
        ("mariadb://h/d", "mysql+pymysql"),
        ("sqlite://", "sqlite+pysqlite"),
    ],
)
def test_default_drivers(given: str, driver: str, tmp_path: Path) -> None:
    assert target.parse(given, tmp_path, may_create=True).drivername == driver


@pytest.mark.parametrize(
    ("given", "dialect"),
    [
        ("postgres://h/d", "postgresql"),
        ("postgresql+psycopg2://h/d", "postgresql"),
        ("mariadb+mysqldb://h/d", "mysql"),
        ("sqlite:///x.db", "sqlite"),
        ("oracle://h/d", "oracle"),
    ],
)
def test_the_engine_is_told_from_the_scheme(given: str, dialect: str) -> None:
    assert target.dialect_of(given) == dialect


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://u:p@db.example.org:5432/d", ["db.example.org"]),
        ("postgresql:///d", []),
        ("postgresql:///d?host=/run/postgresql", ["/run/postgresql"]),
        ("postgresql:///d?host=one:5432&host=two", ["one", "two"]),
        ("postgresql:///d?host=one,two:1&hostaddr=8.8.8.8", ["one", "two", "8.8.8.8"]),
        ("postgresql://[2001:db8::1]:5432/d", ["2001:db8::1"]),
        ("mysql://u@h/d?unix_socket=/tmp/s", ["h"]),
        ("sqlite:///file.db", []),
    ],
)
def test_every_host_is_found(url: str, hosts: list[str], tmp_path: Path) -> None:
    assert list(target.hosts_of(target.parse(url, tmp_path, may_create=True))) == hosts


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@8.8.8.8/d",
        "postgresql:///d?host=/tmp&host=8.8.8.8",
        "postgresql://127.0.0.1/d?hostaddr=8.8.8.8",
        "mysql://8.8.8.8:3306/d",
        "oracle://8.8.8.8/d",
        "mssql:///?odbc_connect=whatever",
    ],
)
def test_public_or_unknown_hosts_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"may not be loaded|which host"):
        target.check(target.parse(url, tmp_path, may_create=True), TargetPolicy())


@pytest.mark.parametrize(
    "url",
    ["postgresql:///d", "postgresql:///d?host=/run", "mysql://127.0.0.1/d", "sqlite:///x", "postgresql://[::1]/d"],
)
def test_local_targets_are_allowed(url: str, tmp_path: Path) -> None:
    target.check(target.parse(url, tmp_path, may_create=True), TargetPolicy())


def test_a_named_host_is_allowed(tmp_path: Path) -> None:
    url = target.parse("postgresql://8.8.8.8/d", tmp_path, may_create=True)

    target.check(url, TargetPolicy(allowed=("8.8.8.8",)))


def test_sqlite_paths_start_at_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    file.touch()

    assert target.parse("sqlite:///shop.db", tmp_path, may_create=False).database == str(file)
    assert target.parse(f"sqlite:///{file}", Path("/nowhere"), may_create=False).database == str(file)
    uri = target.parse("sqlite:///file:shop.db?uri=true&mode=ro", tmp_path, may_create=False)
    assert uri.database == f"file:{file}"


def test_a_missing_sqlite_file_is_said_before_one_is_made(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"'shop\.db' does not exist"):
        target.parse("sqlite:///shop.db", tmp_path, may_create=False)

    assert not (tmp_path / "shop.db").exists()


@pytest.mark.parametrize("url", ["postgresql://u:s3cret@h:notaport/d", "postgresql:/s3cret", "://s3cret", "s3cret"])
def test_no_url_is_one_line_without_the_url(url: str, tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="not a database URL") as caught:
        target.parse(url, tmp_path, may_create=True)

    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_secrets_are_known(tmp_path: Path) -> None:
    url = target.parse("postgresql://u:p%40ss@h/d?sslpassword=two&user=me", tmp_path, may_create=True)

    assert target.secrets_of(url) == ("p@ss", "two")


@pytest.mark.parametrize(
    ("missing", "url", "hint"),
    [
        ("psycopg", "postgresql://127.0.0.1/d", "pip install 'perfreg[postgresql]'"),
        ("pymysql", "mysql://127.0.0.1/d", "pip install 'perfreg[mysql]'"),
        ("pg8000", "postgresql+pg8000://127.0.0.1/d", "pip install 'pg8000'"),
    ],
)
def test_a_missing_driver_says_what_to_install(
    missing: str, url: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(MeasureError, match="is not installed") as caught:
        _open(url, tmp_path)

    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense://127.0.0.1/d", "SQLAlchemy knows no database 'nonsense'"),
        ("sqlite:///no/such/folder/x.db", "cannot connect: unable to open database file"),
        ("mysql://127.0.0.1:1/d?nonsense=1", "unexpected keyword argument 'nonsense'"),
    ],
)
def test_what_cannot_be_opened_is_one_clear_line(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(MeasureError) as caught:
        _open(url, tmp_path)

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def _open(url: str, directory: Path) -> None:
    parsed = target.parse(url, directory, may_create=True)
    open_server(parsed, where="test_scenarios.orders", timeout=5, targets=TargetPolicy())
