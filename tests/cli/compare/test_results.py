"""Results that were measured apart, from real runs and from strangers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.support import results
from tests.support.command_line import Done, called, read_result, write_config
from tests.support.runs import HERE, make_run
from tests.support.strategies import results as any_result

from perfreg.app.compare.results import NamedRun, compare_results
from perfreg.config.load import load_document
from perfreg.config.models import Config
from perfreg.config.text import parse
from perfreg.errors import InputError
from perfreg.measure.registry import scenario_specs
from perfreg.model.result import Gate, Result
from perfreg.model.run import Run
from perfreg.report.formats.json_ import render
from perfreg.report.registry import REPORT_FORMATS


def config() -> Config:
    document = parse(b'{"test_scenarios": [{"name": "a", "type": "command", "run": "true"}]}', name="x", as_json=True)
    return load_document(document, path=Path("x"), kinds=scenario_specs(), env={}, flags={}).config


def write(path: Path, run: Run) -> str:
    path.write_text(render(Result(run=run, verdicts=(), gate=Gate(status="pass"))))
    return path.name


def compared(base: list[Run], head: Run) -> Result:
    named = [NamedRun(file=f"base-{index}.json", run=run) for index, run in enumerate(base)]
    return compare_results(named, NamedRun(file="head.json", run=head), config(), ())


def history(*values: float) -> list[Run]:
    return [make_run({"search.response_time_p95": value}) for value in values]


def compare(*arguments: str, cwd: Path) -> Done:
    return called("compare", *arguments, "--format", "json", cwd=cwd)


def test_a_real_result_is_compared_with_others(tmp_path: Path) -> None:
    write_config(tmp_path, {"name": "nap", "type": "command", "run": "sleep 0.01", "test_iterations": 6})
    files = []
    for name in ("one.json", "two.json", "three.json"):
        assert called("run", "--format", "json", "--output", name, cwd=tmp_path).code == 0
        files.append(name)
    document = json.loads((tmp_path / "three.json").read_text())
    wall = next(each for each in document["run"]["measurements"] if each["metric"] == "wall_time")
    wall["value"] *= 40
    (tmp_path / "three.json").write_text(json.dumps(document))
    write_config(tmp_path, {"name": "nap", "type": "command", "run": "true"}, min_baseline_samples=2)
    done = compare("--base-result", *files[:2], "--head-result", files[2], cwd=tmp_path)
    assert done.code == 1, done.out + done.err
    result = read_result(tmp_path)
    found = {each["metric"]: each for each in result["verdicts"]}["wall_time"]
    assert found["status"] == "regression"
    assert found["method"].endswith("measured apart")
    assert result["comparison"]["mode"] == "results"
    assert "caution: measured apart" in done.out
    assert "baseline" not in done.out
    again = called("report", "perf-results/result.json", "--format", "markdown", "--output", "r.md", cwd=tmp_path)
    assert again.code == 0
    assert "- Caution: measured apart" in (tmp_path / "r.md").read_text()


def test_a_large_change_beyond_the_noise_of_several_runs_is_a_regression() -> None:
    result = compared(history(100, 101, 99, 100.5, 99.5, 100.2), *history(150))
    (verdict,) = result.verdicts
    assert (verdict.status, verdict.baseline_runs) == ("regression", 6)
    assert "baseline" not in verdict.reason
    assert result.comparison is not None
    assert result.comparison.base.label == "6 results"
    assert result.gate.status == "fail"


def test_other_machines_are_never_compared_with() -> None:
    away = [replace(run, environment=replace(HERE, key="away")) for run in history(100, 101, 99)]
    result = compared(away, *history(500))
    (verdict,) = result.verdicts
    assert (verdict.status, verdict.change_pct) == ("environment_mismatch", None)
    assert "another environment" in verdict.reason
    assert "(99 ms there, for information)" in verdict.reason


def test_what_base_lacks_or_measured_otherwise_has_no_base() -> None:
    head = make_run({"search.response_time_p95": 1.0, "search.response_time_p50": 1.0, "other.wall_time": 1.0})
    other = make_run({"other.wall_time": 1.0, "gone.wall_time": 2.0}, hash_="otherwise")
    result = compared([*history(1.0), other], head)
    reasons = {
        f"{each.scenario}.{each.metric}": each.reason for each in result.verdicts if each.status == "no_baseline"
    }
    assert reasons["search.response_time_p50"] == "new: base has not measured it"
    assert reasons["other.wall_time"] == "base measured another definition of this scenario"
    assert result.notes == ("only base has these scenarios: gone",)


def test_a_broken_base_is_no_base_and_a_broken_head_is_broken() -> None:
    broken = make_run({"search.response_time_p95": 1.0}, status="broken")
    ended = replace(broken, scenarios=tuple(replace(each, status="broken") for each in broken.scenarios))
    assert compared([ended], *history(1.0)).verdicts[0].status == "no_baseline"
    assert compared(history(1.0), ended).verdicts[0].status == "broken"


@pytest.mark.parametrize("direction", ["same", "twice"])
def test_a_run_is_on_one_side_once(direction: str) -> None:
    one, two = history(1.0, 1.0)
    with pytest.raises(InputError, match="is the same run as"):
        compared([one], one) if direction == "same" else compared([one, one], two)


def test_runs_that_contradict_themselves_are_refused() -> None:
    (head,) = history(1.0)
    lost = replace(head, scenarios=())
    double = replace(head, measurements=head.measurements * 2)
    for strange, words in ((lost, "none of its scenarios"), (double, "is there twice")):
        with pytest.raises(InputError, match=words):
            compared(history(1.0), strange)
        with pytest.raises(InputError, match=words):
            compared([strange], head)


@given(any_result(), any_result())
@settings(max_examples=40)
def test_no_pair_of_valid_results_is_too_odd(base: Result, head: Result) -> None:
    try:
        result = compared([base.run], head.run)
    except InputError as error:
        problem = str(error)
        result = None
    else:
        problem = ""
    assert problem == "" or problem.isprintable()
    assert result is None or all(each.render(result) for each in REPORT_FORMATS.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "cannot read the result"),
        ("", "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"schema": "perfreg.result/2"}', "schema: perfreg.result/2"),
        (render(results.nothing()).replace('"pass"', '"green"').replace('"fail"', '"green"'), "gate.status"),
    ],
)
def test_a_hostile_file_is_one_clear_line(text: str | None, expected: str, tmp_path: Path) -> None:
    write(tmp_path / "good.json", history(1.0)[0])
    if text is not None:
        (tmp_path / "bad.json").write_text(text)
    for base, head in (("good.json", "bad.json"), ("bad.json", "good.json")):
        done = compare("--base-result", base, "--head-result", head, cwd=tmp_path)
        assert done.code == 2
        (complaint,) = done.complaints
        assert "bad.json" in complaint
        assert expected in complaint


def test_nothing_compared_is_an_error(tmp_path: Path) -> None:
    old, new = make_run({"a.wall_time": 1.0}), make_run({"b.wall_time": 1.0})
    names = write(tmp_path / "old.json", old), write(tmp_path / "new.json", new)
    done = compare("--base-result", names[0], "--head-result", names[1], cwd=tmp_path)
    assert done.code == 2, done.out
    assert "no_base: " in done.out
