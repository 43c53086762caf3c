"""Two virtual environments, in which the same function costs differently."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from tests.support.command_line import called, read_result, write_config

from perfreg.measure.interpreter import find

MODULE = """
import os, sys, time

def work():
    time.sleep(float(open(os.path.join(sys.prefix, "pause")).read()))
"""
SHORT = ("--budget", "25s", "--rounds", "10", "--confidence", "0.9", "--seed", "5")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    homes = tmp_path / "old", tmp_path / "new"
    for home, pause in zip(homes, ("0.01", "0.03"), strict=True):
        venv.create(home, with_pip=False, symlinks=os.name != "nt")
        (home / "pause").write_text(pause)
    return homes


def test_a_slower_environment_is_found(pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(MODULE)
    write_config(tmp_path, {"name": "call", "type": "function", "callable": "shop:work"})
    base, head = pair
    python = head / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = called("compare", "--base-python", str(base), "--head-python", str(python), *SHORT, cwd=tmp_path)
    assert done.code == 1, done.out + done.err
    result = read_result(tmp_path)
    assert result["comparison"]["mode"] == "environments"
    assert result["comparison"]["head"]["label"] == str(python)
    assert result["comparison"]["head"]["note"].endswith(sys.version.split()[0])
    found = {each["metric"]: each for each in result["verdicts"]}["latency_mean"]
    assert found["status"] == "regression", found
    assert found["change_pct"] > 50


def test_commands_and_services_find_their_environment(pair: tuple[Path, Path]) -> None:
    ask = "import os, sys; print(sys.prefix, os.environ['VIRTUAL_ENV'])"
    for home in pair:
        found = find(str(home), os.environ, where="--head-python")
        env = found.environment({**os.environ, "VIRTUAL_ENV": "elsewhere", "PYTHONHOME": "nowhere"})
        done = subprocess.run(
            ["/usr/bin/env", "python", "-c", ask], env=env, capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == [str(home), str(home)]


@pytest.mark.parametrize("python", ["nowhere", "empty", "text", "liar"])
def test_what_is_no_python_is_one_clear_line(python: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, text in (("text", "not a program"), ("liar", "#!/bin/sh\nexit 3\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    write_config(tmp_path, {"name": "noop", "type": "command", "run": "true"})
    done = called("compare", "--base-python", sys.executable, "--head-python", python, cwd=tmp_path)
    assert done.code == 2
    (complaint,) = done.complaints
    assert "--head-python: " in complaint


def test_the_same_environment_twice_is_refused(tmp_path: Path) -> None:
    write_config(tmp_path, {"name": "noop", "type": "command", "run": "true"})
    done = called("compare", "--base-python", sys.executable, "--head-python", sys.executable, cwd=tmp_path)
    assert done.code == 2
    assert "perfreg noise" in done.err
