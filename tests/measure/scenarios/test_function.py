from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import ValidationError
from tests.support.contexts import make_context
from tests.support.services import eventually, living, server, start

from perfreg.errors import MeasureError, ServiceError
from perfreg.measure.context import Outcome
from perfreg.measure.identity import scenario_hash
from perfreg.measure.registry import SCENARIO_KINDS
from perfreg.measure.scenario_log import log_file
from perfreg.measure.scenarios.function import KIND, FunctionSpec, measure
from perfreg.model.run import Measurement

MODULE = """
import asyncio, os, pathlib, subprocess, sys, time

calls = []
ready = []

def nap(seconds=0.01): time.sleep(seconds)
async def doze(): await asyncio.sleep(0.01)
def work(seconds=0.02):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
def allocate(size=5_000_000): return len(bytearray(size))
def quick(): pass
def number(): calls.append(1); return len(calls)
def note(): pathlib.Path("calls").open("a").write("x")
def consume(items, *, extra): assert items.pop() == 3 and extra.pop("a") == 1
def prepare(): ready.append(1)
async def prepare_later(): await asyncio.sleep(0); ready.append(1)
def needs_setup(): assert len(ready) == 1
async def needs_setup_later(): assert len(ready) == 1
def own_loop(): asyncio.run(doze())
def disguised(): return doze()
def fail(): raise ValueError("\\x1b[31mno\\x1b[0m luck")
def fail_once():
    calls.append(1)
    if len(calls) == 3: time.sleep(0.5); raise KeyError("third")
def leave(): raise SystemExit(3)
def vanish():
    calls.append(1)
    if len(calls) == 3: print("so long", flush=True); os._exit(7)
def crash(): os.kill(os.getpid(), 11)
def chatter(): print('{"failure": "no"}' * 20_000)
def hang(): subprocess.run([sys.executable, "-c", "import time; time.sleep(300)", os.getcwd()])
def in_child(): subprocess.run([sys.executable, "-I", "-S", "-c", "sum(range(2_000_000))"], check=True)
def infinite(): return float("inf")
def words(): return "12"
def boolean(): return True
def parameters(*args, **kwargs): pathlib.Path("seen").write_text(repr((args, kwargs, os.environ["PERFREG_BASE_URL"])))
def kill_service(pid): os.kill(pid, 9); time.sleep(300)
class Outer:
    class Inner:
        @staticmethod
        def method(): pass
    async def __call__(self): await asyncio.sleep(0.01)
instance = Outer()
constant = 5
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "bench.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


def spec(name: str, **changes: Any) -> FunctionSpec:
    values = {"name": "f", "type": "function", "callable": f"bench:{name}", "test_iterations": 5}
    return FunctionSpec.model_validate({**values, "warm_up_iterations": 1, **changes})


def call(home: Path, name: str, limit: float = 1.0, **changes: Any) -> Outcome:
    return measure(spec(name, **changes), make_context(home, max_error_rate_pct=limit))


def metrics(outcome: Outcome) -> dict[str, Measurement]:
    return {each.metric: each for each in outcome.measurements}


@pytest.mark.parametrize("name", ["nap", "doze", "own_loop", "instance"])
def test_latency(home: Path, name: str) -> None:
    outcome = call(home, name)
    found = metrics(outcome)
    assert (outcome.status, outcome.reasons, outcome.errors) == ("ok", (), {})
    assert {*found} == {"latency_mean", "latency_p50", "latency_p90", "latency_p95", "latency_p99"}
    assert 10 <= found["latency_p50"].value < 100
    assert found["latency_p50"].unit == "ms"
    assert found["latency_p50"].n == 5


def test_throughput(home: Path) -> None:
    found = metrics(call(home, "nap", test_type="throughput"))
    assert {*found} == {"throughput"}
    assert 10 < found["throughput"].value <= 100
    assert (found["throughput"].unit, found["throughput"].direction) == ("calls/s", "higher")
    assert found["throughput"].std_error is not None
    assert spec("nap", test_type="throughput").custom_metrics()[0].unit == "calls/s"


def test_memory_usage_is_the_same_for_the_same_work(home: Path) -> None:
    found = metrics(call(home, "allocate", test_type="memory_usage"))
    assert {*found} == {"memory_usage"}
    assert found["memory_usage"].value == pytest.approx(5.0, abs=0.1)
    more = metrics(call(home, "allocate", test_type="memory_usage", args=[7_000_000]))
    assert more["memory_usage"].value == pytest.approx(7.0, abs=0.1)


def test_cpu_usage(home: Path) -> None:
    busy = metrics(call(home, "work", test_type="cpu_usage"))
    idle = metrics(call(home, "nap", test_type="cpu_usage"))
    assert {*busy} == {"cpu_usage"}
    short = metrics(call(home, "quick", test_type="cpu_usage"))
    assert idle["cpu_usage"].value < 20 < busy["cpu_usage"].value < 130
    assert short["cpu_usage"].value < 130


@pytest.mark.skipif(os.name != "posix", reason="CPU time of children is known on POSIX")
def test_cpu_usage_of_child_processes_counts(home: Path) -> None:
    assert metrics(call(home, "in_child", test_type="cpu_usage"))["cpu_usage"].value > 20


@pytest.mark.skipif(os.name != "posix", reason="the peak is known on POSIX")
def test_resource_utilization(home: Path) -> None:
    ballast = bytearray(150_000_000)
    small = metrics(call(home, "quick", test_type="resource_utilization"))
    large = metrics(call(home, "allocate", test_type="resource_utilization", args=[60_000_000]))
    assert len(ballast) == 150_000_000
    assert {*small} == {"cpu_usage", "memory_usage", "latency_mean"}
    assert small["memory_usage"].value < 60
    assert large["memory_usage"].value - small["memory_usage"].value == pytest.approx(60, abs=10)


def test_custom(home: Path) -> None:
    keys: dict[str, Any] = {"test_type": "custom", "metric": "items", "unit": "items", "direction": "higher"}
    outcome = call(home, "number", **keys)
    found = metrics(outcome)["items"]
    assert (found.unit, found.direction, found.n) == ("items", "higher", 5)
    assert (found.value, found.min, found.max) == (4.0, 2.0, 6.0)
    assert spec("number", **keys).custom_metrics()[0].name == "items"


@pytest.mark.parametrize(
    ("name", "error"),
    [("words", "TypeError"), ("boolean", "TypeError"), ("nap", "TypeError"), ("infinite", "ValueError")],
)
def test_custom_takes_numbers_only(home: Path, name: str, error: str) -> None:
    outcome = call(home, name, test_type="custom", metric="m", unit="u", direction="none")
    assert outcome.status == "broken"
    assert outcome.errors == {error: 5}
    assert outcome.measurements == ()
    assert "a custom test must return a" in outcome.reasons[1]


def test_error_rate_is_the_measured_thing(home: Path) -> None:
    outcome = call(home, "fail", test_type="error_rate")
    found = metrics(outcome)["error_rate"]
    assert outcome.status == "ok"
    assert (found.value, found.n, found.unit, found.nature) == (100.0, 5, "%", "rate")
    assert outcome.errors == {"ValueError": 5}
    assert metrics(call(home, "quick", test_type="error_rate"))["error_rate"].value == 0


def test_exceptions_are_counted_and_left_out(home: Path) -> None:
    outcome = call(home, "fail_once", limit=50)
    found = metrics(outcome)
    assert outcome.status == "ok"
    assert outcome.errors == {"KeyError": 1}
    assert found["latency_p99"].n == 4
    assert found["latency_p99"].max is not None
    assert found["latency_p99"].max < 400


def test_too_many_exceptions_break_it_with_the_traceback(home: Path) -> None:
    outcome = call(home, "fail")
    assert outcome.status == "broken"
    assert outcome.reasons[0] == "100 % of 5 calls failed (limit 1 %): 5 x ValueError"
    assert outcome.reasons[-1] == "ValueError: no luck"
    assert any("bench.py" in reason and "in fail" in reason for reason in outcome.reasons)
    assert not any("function_runner" in reason for reason in outcome.reasons)


def test_an_exit_is_an_exception_like_others(home: Path) -> None:
    assert call(home, "leave").errors == {"SystemExit": 5}


def test_wrong_arguments_break_it(home: Path) -> None:
    outcome = call(home, "quick", args=[1])
    assert outcome.errors == {"TypeError": 5}
    assert "quick() takes 0 positional arguments" in outcome.reasons[-1]


@pytest.mark.parametrize(("name", "ending"), [("vanish", "exit 7"), ("crash", "signal SIGSEGV")])
def test_the_end_of_the_process_breaks_it(home: Path, name: str, ending: str) -> None:
    outcome = call(home, name)
    assert outcome.status == "broken"
    assert outcome.errors == {ending: 1}
    assert f"calls: {ending}" in outcome.reasons[0]
    if name == "vanish":
        assert outcome.reasons[0].startswith("the process of the function ended early, after 2 of 6 calls")
        assert "log: so long" in outcome.reasons


def test_the_deadline_kills_the_whole_tree(home: Path) -> None:
    outcome = call(home, "hang", test_timeout_seconds=1)
    assert outcome.status == "broken"
    assert outcome.errors == {"timeout": 1}
    assert outcome.reasons[0].endswith("after 0 of 6 calls: timeout")
    assert eventually(lambda: not living(home))


def test_calls_arguments_and_warm_up(home: Path) -> None:
    call(home, "note", warm_up_iterations=2, test_iterations=3)
    assert (home / "calls").read_text() == "x" * 5
    assert call(home, "consume", args=[[1, 2, 3]], kwargs={"extra": {"a": 1}}).status == "ok"
    context = make_context(home, base_url="http://127.0.0.1:9")
    measure(spec("parameters", args=[1, "b", None], kwargs={"c": [0.5]}), context)
    assert (home / "seen").read_text() == "((1, 'b', None), {'c': [0.5]}, 'http://127.0.0.1:9')"


@pytest.mark.parametrize("setup", ["prepare", "prepare_later"])
@pytest.mark.parametrize("name", ["needs_setup", "needs_setup_later"])
def test_setup_runs_once_before(home: Path, name: str, setup: str) -> None:
    assert call(home, name, setup=f"bench:{setup}").status == "ok"
    assert call(home, name).errors == {"AssertionError": 5}


def test_nested_names_and_packages(home: Path) -> None:
    package = home / "deep" / "er"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def function(): pass\n")
    assert call(home, "Outer.Inner.method").status == "ok"
    assert call(home, "", callable="deep.er:function").status == "ok"


def test_our_own_modules_do_not_hide_others(home: Path) -> None:
    (home / "context.py").write_text("def mine(): pass\n")
    assert call(home, "", callable="context:mine").status == "ok"
    with pytest.raises(MeasureError, match="'registry' cannot be imported"):
        call(home, "", callable="registry:mine")


def test_output_goes_to_the_log(home: Path) -> None:
    assert call(home, "chatter").status == "ok"
    assert log_file(home, "f").stat().st_size > 1_000_000


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("bench:missing", "'bench' has no 'missing'"),
        ("bench:Outer.missing", "'bench' has no 'Outer.missing'"),
        ("bench:constant", "'bench:constant' is not callable, it is of type int"),
        ("missing:function", "the module 'missing' cannot be imported: ModuleNotFoundError"),
        ("broken:function", "the module 'broken' cannot be imported: SyntaxError"),
        ("leaving:function", "the module 'leaving' cannot be imported: SystemExit: 1"),
        ("bench:disguised", "'bench:disguised' returns an awaitable"),
    ],
)
def test_what_cannot_be_called(home: Path, name: str, complaint: str) -> None:
    (home / "broken.py").write_text("def function(:\n")
    (home / "leaving.py").write_text("raise SystemExit(1)\n")
    with pytest.raises(MeasureError) as caught:
        call(home, "", callable=name)
    assert complaint in str(caught.value)
    assert str(caught.value).startswith("test_scenarios.f.callable: ")
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_setup_that_fails(home: Path) -> None:
    with pytest.raises(MeasureError, match="the setup 'bench:fail' failed: ValueError: no luck"):
        call(home, "quick", setup="bench:fail")


def test_another_interpreter(home: Path) -> None:
    (home / "python").symlink_to(sys.executable)
    (home / "who.py").write_text("import pathlib, sys\ndef am_i(): pathlib.Path('who').write_text(sys.orig_argv[0])\n")
    assert call(home, "", callable="who:am_i", python="./python").status == "ok"
    assert (home / "who").read_text() == str(home / "python")
    with pytest.raises(
        MeasureError, match=r"^test_scenarios.f.python: .*'no-such-python' cannot be started: No such file"
    ):
        call(home, "quick", python="no-such-python")


def test_an_interpreter_that_is_none(home: Path) -> None:
    (home / "python").write_text("#!/bin/sh\necho '{}' > $3; echo not me; exit 1\n")
    (home / "python").chmod(0o755)
    with pytest.raises(MeasureError, match="wrote records that are none"):
        call(home, "quick", python="./python")
    (home / "python").write_text("#!/bin/sh\necho not me; exit 1\n")
    outcome = call(home, "quick", python="./python")
    assert outcome.status == "broken"
    assert outcome.reasons[1] == "log: not me"


def record(wall: str, warm_up: str = "false") -> str:
    rest = '"cpu": 0, "span": 1, "memory": null, "value": null, "error": "", "trace": []'
    return f'{{"warm_up": {warm_up}, "wall": {wall}, {rest}}}\n'


@pytest.mark.parametrize(
    "line",
    [
        record("NaN"),
        record("-1"),
        record("1e999"),
        record('"1"'),
        record("1", warm_up="0"),
        '{"wall": 1}\n',
        "[]\n",
        "?\n",
    ],
)
def test_records_are_not_believed(home: Path, line: str) -> None:
    (home / "record").write_text(line)
    (home / "python").write_text("#!/bin/sh\ncat record > $3\n")
    (home / "python").chmod(0o755)
    with pytest.raises(MeasureError, match="wrote records that are none"):
        call(home, "quick", python="./python")


def test_a_record_of_the_right_shape_is_believed(home: Path) -> None:
    (home / "record").write_text(record("1") * 6)
    (home / "python").write_text("#!/bin/sh\ncat record > $3\n")
    (home / "python").chmod(0o755)
    assert metrics(call(home, "quick", python="./python"))["latency_mean"].value == 1000
    with pytest.raises(MeasureError, match="more calls than were asked for"):
        call(home, "quick", python="./python", test_iterations=4)


def test_a_call_too_short_to_be_measured_is_doubted(home: Path) -> None:
    assert "repeat the work inside it" in call(home, "quick").warnings[0]
    assert call(home, "nap").warnings == ()


def test_progress_is_told(home: Path) -> None:
    told: list[tuple[float, str]] = []
    context = make_context(home, progress=lambda share, words: told.append((share, words)))
    measure(spec("nap", args=[0.1], test_iterations=9), context)
    assert told[-1] == (1.0, "call 10 of 10")
    assert len(told) > 2
    assert [share for share, _ in told] == sorted(share for share, _ in told)


def test_the_death_of_the_service_ends_it(home: Path) -> None:
    with start(home, f"exec {server(home)} {{port}}") as service:
        pid = service.pid
        with pytest.raises(ServiceError, match="killed by SIGKILL"):
            measure(spec("kill_service", args=[pid]), make_context(home, service=service))
    assert not psutil.pid_exists(pid)
    assert eventually(lambda: not living(home))


def test_a_thread_that_never_ends_does_not_hold_it_up(home: Path) -> None:
    source = "import threading, time\ndef function():\n    threading.Thread(target=time.sleep, args=[300]).start()\n"
    (home / "threads.py").write_text(source)
    assert call(home, "", callable="threads:function", test_timeout_seconds=60).status == "ok"


def test_the_runner_needs_nothing_but_the_standard_library() -> None:
    from perfreg.measure import function_runner

    command = [sys.executable, "-I", "-S", "-c", "import runpy, sys; runpy.run_path(sys.argv[1], run_name='x')"]
    subprocess.run([*command, function_runner.__file__], check=True, timeout=60)


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"callable": "bench"}, "written as package.module:name"),
        ({"callable": "bench:"}, "written as package.module:name"),
        ({"callable": "bench:a b"}, "written as package.module:name"),
        ({"callable": "../bench:a"}, "written as package.module:name"),
        ({"callable": "bench:a\n"}, "written as package.module:name"),
        ({"setup": "x"}, "written as package.module:name"),
        ({"test_type": "speed"}, "'latency', 'throughput'"),
        ({"test_type": "custom", "metric": "m"}, "needs unit and direction too"),
        ({"test_type": "custom", "metric": "M", "unit": "u", "direction": "lower"}, "pattern"),
        ({"unit": "u"}, "unit belongs to test_type custom only"),
        ({"test_type": "cpu_usage", "monitor": {}}, "cpu_usage is what test_type cpu_usage measures already"),
        ({"test_type": "resource_utilization", "monitor": {"metrics": ["memory_usage"]}}, "measures already"),
        ({"test_iterations": 0}, "greater than or equal to 1"),
    ],
)
def test_keys_that_make_no_sense(keys: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        spec("quick", **keys)


def test_what_identifies_it() -> None:
    base = spec("quick")
    for same in ({"test_iterations": 99}, {"warm_up_iterations": 9}, {"test_timeout_seconds": 1.0}):
        assert scenario_hash(base.model_copy(update=same)) == scenario_hash(base)
    others: tuple[dict[str, object], ...] = ({"callable": "bench:nap"}, {"args": (1,)}, {"test_type": "throughput"})
    for other in others:
        assert scenario_hash(base.model_copy(update=other)) != scenario_hash(base)


def test_its_kind() -> None:
    assert SCENARIO_KINDS["function"] is KIND
