"""The parts of the live benchmark do what its table says."""

from __future__ import annotations

import json
import subprocess
import sys
from array import array
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import live
import live_rivals
import live_scene
import live_service
import live_table
import pytest
import second_load


def record(number: int, effect: int, **statuses: str) -> dict[str, Any]:
    """A comparison as the file has it, whose metrics came to ``statuses``."""
    metrics = {
        name: {"status": statuses.get(name, "unchanged"), "change_pct": 0.1, "rounds": 40}
        for name in live_scene.METRICS
    }
    return {
        "session": {"seed": 1, "steps": 1000, "one_percent": 10.7, "budget": "60s", "separate_s": 5.0},
        "number": number,
        "effect_pct": effect,
        "load": [1.0, 2.0],
        "elapsed_s": 30.0,
        "metrics": metrics,
        "separate": {"threshold": False, "mann_whitney": effect > 0},
    }


def test_every_pass_has_every_effect_in_an_order_that_the_seed_repeats() -> None:
    order = list(live.plan(7, 50))
    assert order == list(live.plan(7, 50)) != list(live.plan(8, 50))
    assert order[: 4 * 10] == list(live.plan(7, 10))
    passes = [order[at : at + 4] for at in range(0, len(order), 4)]
    assert all(Counter(each) == Counter(live.EFFECTS) for each in passes)
    assert {each[0] for each in passes} == set(live.EFFECTS)


def test_head_has_exactly_as_much_more_to_do(tmp_path: Path) -> None:
    scene = live_scene.Scene(root=tmp_path / "repository", steps=128_000, one_percent=1392.5)
    scene.build((0, 5))
    assert _steps(scene.root, "base") == _steps(scene.root, "slower-0") == 128_000
    assert _steps(scene.root, "slower-5") == 128_000 + 6962
    heads = subprocess.run(
        ["git", "rev-parse", "base", "slower-0"], cwd=scene.root, capture_output=True, text=True, check=True
    ).stdout.split()
    assert heads[0] != heads[1]


def _steps(root: Path, branch: str) -> int:
    text = subprocess.run(
        ["git", "show", f"{branch}:service.py"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    space: dict[str, Any] = {"__name__": "service"}
    exec(text, space)  # noqa: S102 - our own service, as the branch has it
    return int(space["STEPS"])


def test_a_comparison_is_asked_of_perfreg_and_its_figures_are_kept(tmp_path: Path) -> None:
    scene = live_scene.Scene(root=tmp_path / "repository", steps=2000, one_percent=20)
    scene.build((10,))
    found = scene.compare(10, "3s", seed=5)
    assert found["exit_code"] in (0, 1), found
    assert set(live_scene.METRICS) <= found["metrics"].keys()
    assert found["metrics"]["response_time_p50"]["rounds"] > 0
    json.dumps(found)


def test_the_rivals_load_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_rivals, "_WARM_UP_S", 0.1)
    times = live_rivals.latencies(live_scene.source(1000, "few"), tmp_path / "separate", 0.3)
    assert len(times) > 0
    assert min(times) > 0


def test_a_percent_is_one_of_the_whole_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_scene, "alternately", lambda *_: [[10.0, 20.0, 9.0], [18.0, 36.0, 18.0]])
    assert live_scene.steps_for_one_percent(1000, tmp_path) == pytest.approx(1000 / 80)
    monkeypatch.undo()
    monkeypatch.setattr(live_scene, "_CALIBRATION_S", 0.5)
    assert live_scene.steps_for_one_percent(live_scene.steps_here(), tmp_path) > 0


def test_the_rivals_accuse_what_they_should() -> None:
    base = array("d", [10 + 0.01 * (number % 7) for number in range(100)])
    slower, much_slower = (array("d", [factor * value for value in base]) for factor in (1.05, 1.2))
    assert (live_rivals.compared(base, base)["threshold"], live_rivals.compared(base, base)["mann_whitney"]) == (0, 0)
    assert not live_rivals.compared(base, slower)["threshold"]
    assert live_rivals.compared(base, slower)["mann_whitney"]
    assert live_rivals.compared(base, much_slower)["threshold"]
    assert not live_rivals.compared(slower, base)["mann_whitney"]


def test_the_second_load_works_half_of_the_time() -> None:
    times = list(islice(second_load.lengths(3), 20_000))
    assert min(times) >= second_load.SHORTEST_S
    assert max(times) <= second_load.LONGEST_S
    assert sum(times[0::2]) / sum(times) == pytest.approx(0.5, abs=0.03)


def test_the_second_load_ends_with_its_input() -> None:
    process = subprocess.Popen([sys.executable, second_load.__file__, "1"], stdin=subprocess.PIPE)
    try:
        assert process.stdin
        process.stdin.close()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def test_the_work_is_done_step_by_step() -> None:
    assert live_service.work(0) == 0
    assert live_service.work(3) == 33
    assert live_service.work(100_000) < 1 << 24


def test_the_targets_count_any_metric_of_equal_sides_and_what_was_missed() -> None:
    good = [record(0, 0), record(1, 5, cpu_time_per_request="regression")]
    assert all(claim.met for claim in live_table.claims(good))
    false = [*good, record(2, 0, response_time_p50="regression")]
    assert [claim.met for claim in live_table.claims(false)] == [False, True, True, True]
    missed = [*good, record(2, 5, response_time_p50="improvement")]
    assert [claim.met for claim in live_table.claims(missed)] == [True, False, True, True]
    failed = [*good, {**record(2, 5), "metrics": None}]
    del failed[-1]["metrics"]
    assert [claim.met for claim in live_table.claims(failed)] == [True, True, True, False]


def test_a_session_is_shown_and_written_between_its_markers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results, page = tmp_path / "live.jsonl", tmp_path / "evidence.md"
    lines = [record(0, 0), record(1, 5, cpu_time_per_request="regression"), record(2, 10)]
    # The session was stopped in the middle of its last line.
    results.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"session": {', encoding="utf-8")
    page.write_text("# Evidence\n\nbefore\n\n<!-- live -->\nold\n<!-- /live -->\n\nafter\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["live.py", "--report", str(results), "--write", str(page)])
    assert live.main() == 0
    text = page.read_text(encoding="utf-8")
    assert "| **perfreg, any metric** | 0 of 1 (0-79 %) | 1 of 1 (21-100 %) | 0 of 1 (0-79 %) |" in text
    assert "old" not in text
    assert text.startswith("# Evidence\n\nbefore\n\n<!-- live -->\n")
    assert text.endswith("<!-- /live -->\n\nafter\n")
    assert "comparisons of a service" in capsys.readouterr().out


def test_a_session_that_exists_is_not_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = tmp_path / "live.jsonl"
    results.write_text("", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["live.py", "--results", str(results)])
    with pytest.raises(SystemExit, match="--resume"):
        live.main()
