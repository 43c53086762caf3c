from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import ValidationError
from tests.support.contexts import make_context
from tests.support.services import PYTHON, daemon, eventually, living, script, server, start

from perfreg.errors import MeasureError, ServiceError
from perfreg.measure.command_run import execute, polled
from perfreg.measure.context import Outcome
from perfreg.measure.identity import scenario_hash
from perfreg.measure.measured_process import World
from perfreg.measure.registry import SCENARIO_KINDS
from perfreg.measure.scenario_log import log_file
from perfreg.measure.scenarios.command import KIND, CommandSpec, measure

POSIX = pytest.mark.skipif(os.name != "posix", reason="a matter of POSIX processes")


def spec(run: str | list[str], **changes: Any) -> CommandSpec:
    values = {"name": "c", "type": "command", "run": run, "test_iterations": 3, "warm_up_iterations": 0}
    return CommandSpec.model_validate({**values, **changes})


def run(home: Path, line: str | list[str], limit: float = 1.0, **changes: Any) -> Outcome:
    return measure(spec(line, **changes), make_context(home, max_error_rate_pct=limit))


def values(outcome: Outcome) -> dict[str, float]:
    return {each.metric: each.value for each in outcome.measurements}


def test_every_metric_of_a_command(tmp_path: Path) -> None:
    line = script(tmp_path, "import time; end = time.process_time() + 0.15\nwhile time.process_time() < end: pass")
    outcome = run(tmp_path, line, warm_up_iterations=1)
    found = values(outcome)
    assert outcome.status == "ok"
    assert {*found} == {"wall_time", "user_time", "system_time", "max_rss", "error_rate"}
    assert 0.1 < found["user_time"] + found["system_time"] < 1
    assert found["wall_time"] >= 0.15
    assert found["error_rate"] == 0
    assert {each.n for each in outcome.measurements} == {3}
    assert {each.metric: each.unit for each in outcome.measurements} == {
        "wall_time": "s", "user_time": "s", "system_time": "s", "max_rss": "MB", "error_rate": "%",
    }  # fmt: skip


def test_waiting_costs_wall_time_only(tmp_path: Path) -> None:
    found = values(run(tmp_path, "sleep 0.2"))
    assert 0.2 <= found["wall_time"] < 2
    assert found["user_time"] < 0.1


def test_the_value_is_the_median(tmp_path: Path) -> None:
    line = f"{_counting(tmp_path)}; [ $(wc -l < runs) -ne 2 ] || sleep 1"
    outcome = run(tmp_path, line, test_iterations=5)
    wall = next(each for each in outcome.measurements if each.metric == "wall_time")
    assert wall.value == wall.p50
    assert wall.max is not None
    assert wall.value < 0.9 < wall.max


@POSIX
def test_memory_is_the_command_s_own_however_large_we_are(tmp_path: Path) -> None:
    ballast = bytearray(150_000_000)
    small = values(run(tmp_path, script(tmp_path, "pass")))["max_rss"]
    large = values(run(tmp_path, script(tmp_path, "bytearray(60_000_000)")))["max_rss"]
    assert len(ballast) == 150_000_000
    assert small < 30
    assert 60 < large < 95


@POSIX
def test_children_of_the_command_count(tmp_path: Path) -> None:
    found = values(run(tmp_path, f"{script(tmp_path, 'bytearray(60_000_000)')} & wait"))
    assert found["max_rss"] > 60


@POSIX
def test_memory_too_small_to_be_seen_is_doubted(tmp_path: Path) -> None:
    outcome = run(tmp_path, ["true"])
    if values(outcome)["max_rss"] > 8:
        pytest.skip("'true' is large here")
    assert "looks all the same" in outcome.warnings[0]


def test_warm_up_runs_do_not_count(tmp_path: Path) -> None:
    outcome = run(tmp_path, _counting(tmp_path), warm_up_iterations=2)
    assert len((tmp_path / "runs").read_text().splitlines()) == 5
    assert {each.n for each in outcome.measurements} == {3}


def test_failed_runs_are_counted_and_left_out(tmp_path: Path) -> None:
    failing = f"{_counting(tmp_path)}; [ $(wc -l < runs) -ne 2 ] || {{ sleep 1; exit 3; }}"
    outcome = run(tmp_path, failing, limit=50, test_iterations=4)
    found = {each.metric: each for each in outcome.measurements}
    assert outcome.status == "ok"
    assert outcome.errors == {"exit 3": 1}
    assert found["error_rate"].value == 25
    assert found["error_rate"].n == 4
    assert found["wall_time"].n == 3
    assert found["wall_time"].max is not None
    assert found["wall_time"].max < 0.9


def test_too_many_failed_runs_break_it_with_the_last_words(tmp_path: Path) -> None:
    line = f"{_counting(tmp_path)}; [ $(wc -l < runs) -ne 2 ] || {{ printf '\\033[31mboom\\033[0m\\n' >&2; exit 3; }}"
    outcome = run(tmp_path, f"echo fine; {line}", test_iterations=4)
    assert outcome.status == "broken"
    assert outcome.reasons == ("1 of 4 runs failed (limit 1 %): 1 x exit 3", "log: fine", "log: boom")


def test_nothing_but_failures(tmp_path: Path) -> None:
    outcome = run(tmp_path, "exit 4", limit=100)
    assert outcome.status == "broken"
    assert values(outcome) == {"error_rate": 100}
    assert outcome.errors == {"exit 4": 3}


@POSIX
def test_a_signal_is_a_failure_with_a_name(tmp_path: Path) -> None:
    line = ["python", "-c", "import os; os.kill(os.getpid(), 11)"]
    line[0] = sys.executable
    assert run(tmp_path, line, test_iterations=1).errors == {"signal SIGSEGV": 1}


def test_another_exit_code_can_be_expected(tmp_path: Path) -> None:
    assert run(tmp_path, "exit 3", expected_exit_code=3).status == "ok"
    assert run(tmp_path, "exit 127", expected_exit_code=127).status == "ok"
    assert run(tmp_path, "exit 0", expected_exit_code=3).errors == {"exit 0": 3}


def test_the_deadline_kills_the_whole_tree(tmp_path: Path) -> None:
    sleeper = script(tmp_path, "import time; time.sleep(300)")
    outcome = run(tmp_path, f"{sleeper} & {sleeper}", test_iterations=1, test_timeout_seconds=0.5)
    assert outcome.status == "broken"
    assert outcome.errors == {"timeout": 1}
    assert eventually(lambda: not living(tmp_path))


@POSIX
def test_what_a_command_leaves_behind_is_ended(tmp_path: Path) -> None:
    in_another_session = f"{daemon(tmp_path)} 0"
    without_our_environment = f"env -i {server(tmp_path)} 0 &"
    outcome = run(tmp_path, f"{in_another_session}; {without_our_environment} sleep 0.5", test_iterations=1)
    assert outcome.status == "ok"
    assert (tmp_path / "scenario-c.log").read_text().count("listening") == 2
    assert eventually(lambda: not living(tmp_path))


@POSIX
def test_a_script_that_ends_its_group_is_measured(tmp_path: Path) -> None:
    outcome = run(tmp_path, "trap 'exit 0' TERM; kill 0; sleep 5", test_iterations=1)
    assert outcome.status == "ok"
    assert values(outcome)["wall_time"] < 3


@pytest.mark.parametrize(
    "line", ["no-such-command-anywhere", ["no-such-command-anywhere"], ["./no-such-command-anywhere", "x"]]
)
def test_a_command_that_does_not_exist(tmp_path: Path, line: str | list[str]) -> None:
    with pytest.raises(MeasureError, match=r"command-anywhere.*check its spelling") as caught:
        run(tmp_path, line)
    assert str(caught.value).startswith("test_scenarios.c.run: the command ")
    assert "was not found" in str(caught.value)
    assert "\n" not in str(caught.value)


@POSIX
def test_a_command_that_cannot_be_executed(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no program")
    with pytest.raises(MeasureError, match=r"'./data' cannot be executed: .*ermission"):
        run(tmp_path, ["./data"])


def test_a_secret_in_the_command_stays_out_of_the_message(tmp_path: Path) -> None:
    with pytest.raises(MeasureError) as caught:
        run(tmp_path, "TOKEN=hunter2 no-such-command-anywhere --token hunter2")
    assert "hunter2" not in str(caught.value)


def test_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"test_scenarios.c.directory: there is no directory 'nowhere'"):
        run(tmp_path, "true", directory="nowhere")


def test_directory_and_environment(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    line = f"{PYTHON} -c 'import json, os; print(json.dumps([os.getcwd(), dict(os.environ)]))' > seen.json"
    env = {"PATH": os.environ["PATH"], "OUTER": "1", "BOTH": "outer"}
    context = make_context(tmp_path, env=env, base_url="http://127.0.0.1:9")
    outcome = measure(spec(line, directory="below", env={"INNER": "2", "BOTH": "inner"}, test_iterations=1), context)
    assert outcome.status == "ok"
    directory, seen = json.loads((tmp_path / "below" / "seen.json").read_text())
    assert Path(directory) == (tmp_path / "below").resolve()
    assert (seen["OUTER"], seen["INNER"], seen["BOTH"]) == ("1", "2", "inner")
    assert seen["PERFREG_BASE_URL"] == "http://127.0.0.1:9"


@POSIX
def test_the_command_starts_as_from_a_shell(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    line = "env > out/env; grep -E 'Sig(Ign|Blk)' /proc/self/status > out/signals; readlink /proc/self/fd/* > out/fds"
    measure(spec(line, test_iterations=1), make_context(tmp_path, env={"PATH": os.environ["PATH"]}))
    names = {each.partition("=")[0] for each in (tmp_path / "out" / "env").read_text().splitlines()}
    assert {name for name in names if not name.startswith("_PERFREG_")} <= {"PATH", "PWD", "SHLVL", "_", "OLDPWD"}
    if sys.platform == "linux":
        # The C library keeps 32 and 33 to itself; GNU make starts its children with them ignored.
        masks = [int(each.split()[1], 16) for each in (tmp_path / "out" / "signals").read_text().splitlines()]
        assert [mask & ~(0b11 << 31) for mask in masks] == [0, 0]
        open_files = (tmp_path / "out" / "fds").read_text().splitlines()
        assert not [each for each in open_files if each.startswith("pipe:")]
        assert open_files[0] == os.devnull


def test_output_goes_to_a_log_of_any_size(tmp_path: Path) -> None:
    outcome = run(tmp_path, f"{PYTHON} -c 'print(\"x\" * 3_000_000)'", test_iterations=2)
    assert outcome.status == "ok"
    assert log_file(tmp_path, "c").stat().st_size == 2 * 3_000_001


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b", "ä" * 200, "..", "CON", "a/b", "a\\b"])
def test_any_name_has_a_log_inside_the_output_directory(tmp_path: Path, name: str) -> None:
    outcome = run(tmp_path, "echo hello", name=name, test_iterations=1)
    assert outcome.status == "ok"
    assert log_file(tmp_path, name).parent == tmp_path
    assert log_file(tmp_path, name).read_text() == "hello\n"
    assert log_file(tmp_path, name) != log_file(tmp_path, f"{name} ")


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    context = make_context(tmp_path, progress=lambda share, words: told.append((share, words)))
    measure(spec("true", test_iterations=2, warm_up_iterations=1), context)
    assert told[0] == (0.0, "warm-up run 1 of 3")
    assert told[-1][0] == 1.0
    assert [share for share, _ in told] == sorted(share for share, _ in told)


def test_the_death_of_the_service_ends_it(tmp_path: Path) -> None:
    with start(tmp_path, f"exec {server(tmp_path)} {{port}}") as service:
        pid = service.pid
        context = make_context(tmp_path, service=service)
        line = f"kill -9 {pid}; {script(tmp_path, 'import time; time.sleep(300)')}"
        with pytest.raises(ServiceError, match="killed by SIGKILL"):
            measure(spec(line), context)
    assert not psutil.pid_exists(pid)
    assert eventually(lambda: not living(tmp_path))


def test_cooldown(tmp_path: Path) -> None:
    line = f"{PYTHON} -c 'import time; print(time.time())' >> times"
    run(tmp_path, line, cooldown_seconds=0.4, test_iterations=2)
    first, second = map(float, (tmp_path / "times").read_text().split())
    assert second - first >= 0.4


def test_where_there_is_no_wait4_it_is_looked_at(tmp_path: Path) -> None:
    source = "import time; x = bytearray(60_000_000); end = time.process_time() + 0.3\n"
    source += "while time.process_time() < end: pass"
    with (tmp_path / "log").open("wb") as log:
        world = World(directory=tmp_path, env=os.environ, log=log)
        good = polled(shlex.split(script(tmp_path, source)), world, timeout_s=30, tick=list)
        assert good.exit_code == 0
        assert good.wall >= 0.3
        assert good.user is not None
        assert good.system is not None
        assert 0.15 < good.user + good.system < 1.5
        assert good.max_rss is not None
        assert 60 < good.max_rss < 95
        assert polled("exit 3", world, timeout_s=30, tick=list).exit_code == 3
        assert polled(["no-such-command"], world, timeout_s=30, tick=list).exit_code == 127
        assert polled("sleep 300", world, timeout_s=0.2, tick=list).ending() == "timeout"


@POSIX
def test_a_launcher_that_is_killed_is_told(tmp_path: Path) -> None:
    line = script(tmp_path, "import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
    with (tmp_path / "log").open("wb") as log, pytest.raises(MeasureError, match="launcher of the command was killed"):
        execute(shlex.split(line), World(directory=tmp_path, env=os.environ, log=log), timeout_s=30, tick=list)


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"run": ""}, "pattern"),
        ({"run": []}, "at least 1"),
        ({"run": "a\0b"}, "pattern"),
        ({"env": {"A=B": "1"}}, "pattern"),
        ({"test_iterations": 0}, "greater than or equal to 1"),
        ({"test_timeout_seconds": 0}, "greater than 0"),
        ({"expected_exit_code": 256}, "less than or equal to 255"),
        ({"iterations": 3}, "[Ee]xtra"),
    ],
)
def test_keys_that_make_no_sense(keys: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        spec(**{"run": "true", **keys})  # type: ignore[arg-type]  # wrong on purpose


def test_what_identifies_it() -> None:
    base = spec("true", env={"TOKEN": "hunter2"})
    assert "hunter2" not in str(base.identity())
    for same in ({"env": {"TOKEN": "other"}}, {"test_iterations": 99}, {"test_timeout_seconds": 1}):
        assert scenario_hash(base.model_copy(update=same)) == scenario_hash(base)
    others: tuple[dict[str, object], ...] = (
        {"run": "false"},
        {"directory": "below"},
        {"env": {}},
        {"expected_exit_code": 1},
    )
    for other in others:
        assert scenario_hash(base.model_copy(update=other)) != scenario_hash(base)


def test_its_kind() -> None:
    assert SCENARIO_KINDS["command"] is KIND


def _counting(directory: Path) -> str:
    """A shell command that writes one line for each run into ``runs``."""
    return f"cd {shlex.quote(str(directory))}; echo >> runs"
