"""Two commands of different cost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.support.command_line import called, read_result, write_config

PYTHON = f"{sys.executable} -I -S"
SHORT = ("--budget", "60s", "--rounds", "10", "--confidence", "0.9", "--seed", "5")


def test_a_dearer_command_is_a_regression(tmp_path: Path) -> None:
    base, head = (f"{PYTHON} -c 'import time; time.sleep({seconds})'" for seconds in (0.02, 0.2))
    (tmp_path / "perfreg.json").write_text("this file is about something else")
    done = called("compare", "--base-cmd", base, "--head-cmd", head, *SHORT, cwd=tmp_path)
    assert done.code == 1, done.out + done.err
    result = read_result(tmp_path)
    assert result["comparison"]["mode"] == "commands"
    assert result["comparison"]["base"]["label"] == base
    found = {(each["scenario"], each["metric"]): each for each in result["verdicts"]}["command", "wall_time"]
    assert found["status"] == "regression"
    assert found["change_pct"] > 30
    assert "repeat: perfreg compare --base-cmd '" in done.out


def test_the_settings_of_a_named_file_count(tmp_path: Path) -> None:
    rules = {"*": {"direction": "none"}}
    settings, here = tmp_path / "settings", tmp_path / "here"
    for directory in (settings, here):
        directory.mkdir()
    path = write_config(settings, {"name": "other", "type": "command", "run": "false"}, metrics=rules)
    (here / "slow.py").write_text("import time; time.sleep(0.05)")
    commands = ("--base-cmd", "true", "--head-cmd", f"{PYTHON} slow.py")
    done = called("compare", "-c", str(path), *commands, *SHORT, cwd=here)
    assert done.code == 0, done.out + done.err
    result = read_result(settings)
    assert {each["scenario"] for each in result["verdicts"]} == {"command"}
    assert {each["direction"] for each in result["verdicts"]} == {"none"}


def test_a_command_that_fails_is_broken_with_its_last_words(tmp_path: Path) -> None:
    head = "echo no such table; exit 3"
    done = called("compare", "--base-cmd", "true", "--head-cmd", head, *SHORT, cwd=tmp_path)
    assert done.code == 2
    assert "head: 1 of 1 runs failed" in done.out
    assert "no such table" in done.out
    turned = called("compare", "--base-cmd", head, "--head-cmd", "true", *SHORT, cwd=tmp_path)
    assert turned.code == 2, turned.out
    assert "no_base" in turned.out


@pytest.mark.parametrize("command", ["", "  "])
def test_what_is_no_command_is_one_clear_line(command: str, tmp_path: Path) -> None:
    done = called("compare", "--base-cmd", "true", "--head-cmd", command, cwd=tmp_path)
    assert done.code == 2
    assert len(done.complaints) == 1


def test_passwords_in_urls_are_not_shown(tmp_path: Path) -> None:
    head = "echo http://ann:s3cret@127.0.0.1/ > /dev/null"
    done = called("compare", "--base-cmd", "true", "--head-cmd", head, "--rounds", "1", cwd=tmp_path)
    assert "http://127.0.0.1/" in done.out
    assert "s3cret" not in done.out + (tmp_path / "perf-results" / "result.json").read_text()
