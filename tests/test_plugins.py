"""Another package adds a scenario kind and a decision rule by entry points; a real interpreter finds them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = """
from typing import Literal
from perfreg.config.base import ScenarioSpec
from perfreg.measure.context import Outcome, ScenarioKind
from perfreg.model.metric import Metric
from perfreg.stats.describe import single
from perfreg.stats.rules.rule import Rule, Score

class Spec(ScenarioSpec):
    type: Literal["dice"]
    face: int

def measure(spec, context):
    return Outcome(measurements=(single(spec.name, Metric(name="face", unit="x", direction="lower"), spec.face),))

def luck(case):
    return Score(score=case.value - case.past[-1] + 7, base=case.past[-1], change_pct=50.0)

RULE = Rule(name="luck", summary="Luck.", unit="pips", limit=6.5, measure=luck)
KIND = ScenarioKind(name="dice", summary="A die.", spec=Spec, measure=measure)
"""


def install(site: Path, entry_points: str) -> None:
    site.mkdir()
    (site / "dice_plugin.py").write_text(PLUGIN)
    info = site / "dice_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dice-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)


def run(tmp_path: Path, *flags: str, keys: str = "") -> subprocess.CompletedProcess[str]:
    (tmp_path / "perfreg.yml").write_text("test_scenarios:\n  - {name: throw, type: dice, face: 5}\n" + keys)
    code = "import sys; sys.path.insert(0, 'site'); from perfreg.cli.main import entry; entry()"
    return subprocess.run(
        [sys.executable, "-c", code, "run", *flags],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_kind_of_another_package_is_measured(tmp_path: Path) -> None:
    install(tmp_path / "site", "[perfreg.scenarios]\ndice = dice_plugin:KIND\n")
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "throw.face" in (tmp_path / "perf-results" / "report.md").read_text()


def test_a_rule_of_another_package_decides(tmp_path: Path) -> None:
    install(
        tmp_path / "site", "[perfreg.scenarios]\ndice = dice_plugin:KIND\n[perfreg.rules]\nluck = dice_plugin:RULE\n"
    )
    keys = "history: {rule: luck}\nmin_baseline_samples: 1\n"
    assert run(tmp_path, "--establish-baselines", keys=keys).returncode == 0
    done = run(tmp_path, keys=keys)
    assert done.returncode == 1, done.stderr
    assert "7 pips (rule luck, limit 6.5; 1 baseline run)" in (tmp_path / "perf-results" / "report.md").read_text()


@pytest.mark.parametrize(
    ("line", "words"), [("api = dice_plugin:KIND", "is taken"), ("dice = dice_plugin:NOTHING", "cannot be loaded")]
)
def test_a_plugin_that_does_not_fit_is_one_clear_line(tmp_path: Path, line: str, words: str) -> None:
    install(tmp_path / "site", f"[perfreg.scenarios]\n{line}\n")
    done = run(tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
