"""How small a change can be seen: the tree as it is against itself."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import comparisons
from tests.support.command_line import called, read_result, write_config

from perfreg.app import noise
from perfreg.app.compare.request import CompareRequest
from perfreg.app.compare.side import Sides
from perfreg.app.observer import Observer
from perfreg.cli import main
from perfreg.model.result import Result

NAP = {"name": "nap", "type": "command", "run": f"{shlex.quote(sys.executable)} -I -S -c 0"}
SHORT = ("--budget", "30s", "--rounds", "12", "--seed", "3")


def test_each_metric_has_the_smallest_change_that_could_be_seen(tmp_path: Path) -> None:
    write_config(tmp_path, NAP)
    done = called("noise", *SHORT, cwd=tmp_path)
    assert done.code == 0, done.out + done.err
    result = read_result(tmp_path)
    assert result["comparison"]["mode"] == "self"
    noise_of = {each["metric"]: each for each in result["comparison"]["noise"]}
    assert noise_of["wall_time"]["rounds"] == 12
    assert noise_of["wall_time"]["detectable_pct"] > 0
    assert "measure 4 times as long (--budget 120s)" in done.out
    assert "repeat: perfreg noise --budget 30s --seed 3" in done.out
    assert "and more can be seen here" in done.out or "do not trust comparisons here" in done.out
    assert "baseline" not in done.out


def test_each_side_has_a_service_of_its_own(tmp_path: Path) -> None:
    start = f"{shlex.quote(sys.executable)} -m perfreg.sample.shop --port {{port}} --database shop-{{port}}.sqlite3"
    api = {"name": "api", "type": "api", "endpoint": "/product?id=3", "concurrent_users": 1}
    write_config(tmp_path, api, service={"start": start, "build": "echo built >> built"})
    done = called("noise", "--budget", "5s", "--rounds", "2", cwd=tmp_path)
    assert done.code == 0, done.out + done.err
    assert (tmp_path / "built").read_text() == "built\n"
    for side in ("base", "head"):
        assert (tmp_path / "perf-results" / f"service-{side}.log").exists()
    assert len(list(tmp_path.glob("shop-*.sqlite3"))) >= 2


def test_what_cannot_be_measured_is_an_error(tmp_path: Path) -> None:
    write_config(tmp_path, {**NAP, "run": "echo last words; exit 3"})
    done = called("noise", *SHORT, cwd=tmp_path)
    assert done.code == 2
    assert "last words" in done.out
    write_config(tmp_path, NAP, service={"start": "exit 3"})
    assert called("noise", *SHORT, cwd=tmp_path).code == 2
    assert called("noise", "-c", "missing.yml", cwd=tmp_path).code == 2


@pytest.mark.parametrize("differs", [False, True])
def test_a_difference_where_there_is_none_is_warned_of(
    differs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compare(request: CompareRequest, sides: Sides, observer: Observer, *, acceptance_of: object) -> Result:
        del sides, observer, acceptance_of
        assert request.mode == "self"
        return replace(comparisons.with_itself(differs=differs), notes=())

    monkeypatch.setattr(noise, "compare", compare)
    write_config(tmp_path, NAP)
    done = called("noise", cwd=tmp_path)
    assert done.code == 0
    gate = json.loads((tmp_path / "perf-results" / "result.json").read_text())["gate"]
    assert gate["status"] == ("warn" if differs else "pass")
    assert ("do not trust comparisons here" in done.out) == differs


def test_it_is_a_command() -> None:
    assert "noise" in [command.name for command in main.COMMANDS]
