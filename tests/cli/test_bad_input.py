"""Bad input: one clear line, exit code 2, and nothing written over."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.support.command_line import Done, called, perfreg, write_config

GOOD = {"name": "s", "type": "command", "run": "true", "test_iterations": 1, "warm_up_iterations": 0}


def refused() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def check(done: Done, *words: str) -> None:
    assert done.code == 2, done.out + done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    (line,) = done.complaints
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"test_scenarios": [{"name": "s", "type": "api", "endpont": "/"}]}', ["perfreg.json:1", "endpont", "mean"]),
        ('{"test_scenarios": []}', ["test_scenarios"]),
        ('{"test_scenarios": [', ["perfreg.json:1"]),
        ('{"base_url": NaN, "test_scenarios": [{"name": "s", "type": "command", "run": "true"}]}', ["finite"]),
        ("", ["perfreg.json"]),
        ("[1, 2]", ["perfreg.json"]),
    ],
)  # fmt: skip
def test_configuration(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "perfreg.json").write_text(text)
    done = called("run", cwd=tmp_path)
    assert done.code == 2
    assert all(any(word in line for line in done.complaints) for word in words), done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "perf-results").exists()


def test_all_problems_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    write_config(tmp_path, {"name": "a", "type": "apii"}, {"name": "b", "type": "api"}, concurent_users=3)
    done = perfreg("run", cwd=tmp_path)
    assert done.code == 2
    assert len(done.complaints) == 4, done.err


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ({"type": "api", "endpoint": "http://8.8.8.8/"}, ["8.8.8.8", "--allow-target"]),
        ({"type": "api", "endpoint": "/"}, ["base_url"]),
        (
            {
                "type": "database",
                "connection_string": "sqlite:///x.db",
                "query": "SELEC 1",
                "setup": "CREATE TABLE t (a)",
            },
            ["SELEC"],
        ),
        ({"type": "database", "connection_string": "nonsense", "query": "SELECT 1"}, ["connection_string"]),
        ({"type": "command", "run": ["no-such-program-here"]}, ["no-such-program-here"]),
        ({"type": "function", "callable": "no_such_module:f"}, ["no_such_module"]),
        ({"type": "system", "pid": 999999999, "duration": 1}, ["999999999"]),
    ],
)
def test_scenarios_that_cannot_be_measured(tmp_path: Path, scenario: dict[str, Any], words: list[str]) -> None:
    write_config(tmp_path, {"name": "s", **scenario})
    check(called("run", cwd=tmp_path), *words)
    assert not (tmp_path / "perf-results" / "result.json").exists()


def test_a_refused_connection(tmp_path: Path) -> None:
    write_config(tmp_path, {"name": "s", "type": "api", "endpoint": "/x"}, base_url=refused())
    check(called("run", cwd=tmp_path), "cannot connect")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "-c", "missing.yml"], ["missing.yml"]),
        (["run", "--scenario", "nothing"], ["nothing"]),
        (["run", "--format", "pdf"], ["pdf", "json"]),
        (["run", "--thresholds", "missing.json"], ["missing.json"]),
        (["run", "--output", "."], ["directory"]),
        (["run", "--no-such-flag"], ["--no-such-flag"]),
        (["run", "--environment", "moon"], ["moon"]),
        (["rum"], ["rum"]),
        (["report", "missing.json", "--format", "html"], ["missing.json"]),
        (["demo", "--directory", "."], ["not empty"]),
    ],
)
def test_flags(tmp_path: Path, arguments: list[str], words: list[str]) -> None:
    write_config(tmp_path, GOOD, environments={"mars": {}})
    check(called(*arguments, cwd=tmp_path), *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"response_time_p59": {"critical": 1}}', ["response_time_p59", "did you mean"]),
        ('{"response_time_p95": {"critical": "soon"}}', ["soon"]),
        ('{"response_time_p95": {"critical": 1, "unit": "parsec"}}', ["parsec"]),
    ],
)
def test_thresholds(tmp_path: Path, text: str, words: list[str]) -> None:
    write_config(tmp_path, GOOD)
    (tmp_path / "limits.json").write_text(text)
    check(called("run", "--thresholds", "limits.json", cwd=tmp_path), "limits.json:1", *words)


def test_an_earlier_result_is_kept_when_a_run_fails(tmp_path: Path) -> None:
    write_config(tmp_path, GOOD)
    assert called("run", cwd=tmp_path).code == 0
    before = (tmp_path / "perf-results" / "result.json").read_bytes()
    write_config(tmp_path, {"name": "s", "type": "command", "run": ["no-such-program-here"]})
    assert called("run", cwd=tmp_path).code == 2
    assert (tmp_path / "perf-results" / "result.json").read_bytes() == before


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "perfreg.result/1"}', '{"schema": "other/9"}', "\x00"])
def test_a_result_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "result.json").write_text(text)
    check(called("report", "result.json", "--format", "markdown", cwd=tmp_path), "result.json")


def test_verbose_shows_where(tmp_path: Path) -> None:
    done = perfreg("run", "-c", "missing.yml", "--verbose", cwd=tmp_path)
    assert done.code != 0
    assert "Traceback" in done.err


def test_a_result_renders_in_every_format(tmp_path: Path) -> None:
    write_config(tmp_path, GOOD)
    assert called("run", cwd=tmp_path).code == 0
    result = str(tmp_path / "perf-results" / "result.json")
    for name in ("json", "markdown", "console"):
        done = called("report", result, "--format", name, cwd=tmp_path)
        assert done.code == 0, done.err
        assert "wall_time" in done.out
    done = called("report", result, "--format", "html", "--output", "out/page.html", cwd=tmp_path)
    assert done.code == 0
    assert "wall_time" in (tmp_path / "out" / "page.html").read_text()
    assert json.loads(called("report", result, "--format", "json", cwd=tmp_path).out) == json.loads(
        Path(result).read_text()
    )
