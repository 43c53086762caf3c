"""The documented JSON shape, unchanged but for addresses: a real HTTP server, the host, and a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.command_line import called, verdicts, write_config
from tests.support.http_server import http_server

if TYPE_CHECKING:
    from tests.support.databases import DatabaseServer

pytest_plugins = ("tests.support.databases",)


def test_the_documented_shape_with_postgresql(postgresql: DatabaseServer, tmp_path: Path) -> None:
    from tests.support.databases import run_sql

    url = postgresql.new_database()
    run_sql(url, "CREATE TABLE users (id serial, name text)", "INSERT INTO users (name) VALUES ('ann'), ('bob')")
    with http_server() as server:
        write_config(
            tmp_path,
            {"name": "login", "type": "api", "endpoint": "/ok", "method": "POST", "concurrent_users": 3, "duration": 1,
             "headers": {"Authorization": "Bearer ${TOKEN}"}, "timeout": 30},
            {"name": "system_resources", "type": "system", "duration": 1,
             "metrics": ["cpu_usage", "memory_usage", "disk_io"]},
            {"name": "users", "type": "database", "query": "SELECT COUNT(*) FROM users", "iterations": 100,
             "connection_string": url},
            base_url=server.url,
        )  # fmt: skip
        done = called("run", cwd=tmp_path, TOKEN="secret")
    assert done.code == 0, done.out + done.err
    found = verdicts(tmp_path)
    assert found["users.row_count"]["head"] == 1
    assert found["users.plan_cost"]["head"] > 0
    assert {name.partition(".")[0] for name in found} == {"login", "system_resources", "users"}
