from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from pydantic import ValidationError
from tests.support.contexts import make_context
from tests.support.services import script, server, start

from perfreg.errors import MeasureError, ServiceError
from perfreg.measure.context import Outcome
from perfreg.measure.identity import scenario_hash
from perfreg.measure.registry import SCENARIO_KINDS
from perfreg.measure.scenarios.system import KIND, SystemSpec, measure


def spec(**changes: Any) -> SystemSpec:
    return SystemSpec.model_validate({"name": "s", "type": "system", "duration": 0.5, **changes})


def values(outcome: Outcome) -> dict[str, float]:
    return {each.metric: each.value for each in outcome.measurements}


def test_the_whole_machine(tmp_path: Path) -> None:
    seen: list[float] = []
    context = make_context(tmp_path, progress=lambda share, _: seen.append(share))
    outcome = measure(spec(metrics=["cpu_usage", "memory_usage"]), context)
    assert outcome.status == "ok"
    assert {*values(outcome)} == {"cpu_usage", "memory_usage"}
    assert all(each.n >= 2 for each in outcome.measurements)
    assert seen == sorted(seen)
    assert seen[0] < 0.01
    assert seen[-1] == 1.0


def test_samples_for_as_long_as_it_is_told(tmp_path: Path) -> None:
    start_time = time.monotonic()
    measure(spec(duration="300ms", target="host"), make_context(tmp_path))
    assert 0.3 <= time.monotonic() - start_time < 5


def test_a_process_by_id_or_name(tmp_path: Path) -> None:
    with start(tmp_path, f"exec {server(tmp_path)} {{port}}") as service:
        by_id = values(measure(spec(pid=service.pid), make_context(tmp_path)))
        name = psutil.Process(service.pid).name()
        by_name = values(measure(spec(process=name), make_context(tmp_path)))
    assert 3 < by_id["memory_usage"] < 60
    assert by_name["memory_usage"] >= by_id["memory_usage"] * 0.9


def test_the_started_service_is_the_default(tmp_path: Path) -> None:
    with start(tmp_path, f"{server(tmp_path)} {{port}}") as service:
        context = make_context(tmp_path, service=service)
        of_service = values(measure(spec(), context))["memory_usage"]
        of_host = values(measure(spec(target="host"), context))["memory_usage"]
    assert of_service < 60 < of_host


def test_a_process_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="no process 99999999 to watch"):
        measure(spec(pid=99_999_999), make_context(tmp_path))
    with pytest.raises(MeasureError, match="no process named 'nothing called this'"):
        measure(spec(process="nothing called this"), make_context(tmp_path))


def test_a_target_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="no service to watch"):
        measure(spec(target="service"), make_context(tmp_path))


def test_a_process_that_ends_on_the_way_breaks_the_scenario(tmp_path: Path) -> None:
    with start(tmp_path, f"exec {server(tmp_path)} {{port}}") as service:
        threading.Timer(0.4, psutil.Process(service.pid).kill).start()
        outcome = measure(spec(pid=service.pid, duration=60), make_context(tmp_path))
    assert outcome.status == "broken"
    assert outcome.reasons[0].startswith(f"the process {service.pid} ended after ")
    assert outcome.reasons[0].endswith(" of 60 s")


def test_the_death_of_the_service_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = script(
        tmp_path, "import time\nprint('starting', flush=True)\ntime.sleep(0.6)\nprint('I die', flush=True)"
    )
    with start(tmp_path, command, ready={"log": "starting"}) as service, pytest.raises(ServiceError, match="I die"):
        measure(spec(duration=60), make_context(tmp_path, service=service))


def test_nothing_that_can_be_seen(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="network_io is left out"):
        measure(spec(pid=os.getpid(), metrics=["network_io"]), make_context(tmp_path))


def test_part_of_it_that_can_be_seen(tmp_path: Path) -> None:
    outcome = measure(spec(pid=os.getpid(), metrics=["network_io", "memory_usage"]), make_context(tmp_path))
    assert {*values(outcome)} == {"memory_usage"}
    assert outcome.status == "ok"
    assert "network_io is left out" in outcome.warnings[0]


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"metrics": ["memory"]}, "'cpu_usage', 'memory_usage', .*'threads' or 'open_files'"),
        ({"metrics": []}, "at least 1"),
        ({"pid": 1, "process": "x"}, "found pid and process"),
        ({"pid": 1, "target": "host"}, "found target and pid"),
        ({"duration": 0}, "greater than 0"),
        ({"pid": -1}, "greater than 0"),
        ({"monitor": {}}, "takes no monitor"),
    ],
)
def test_keys_that_make_no_sense(keys: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        spec(**keys)


def test_what_identifies_it() -> None:
    assert "duration" in SystemSpec.inherits
    same = {scenario_hash(spec(**keys)) for keys in ({}, {"duration": 9}, {"metrics": ["disk_io"]}, {"interval": 1})}
    assert len(same) == 1
    others: tuple[dict[str, object], ...] = (
        {},
        {"target": "host"},
        {"target": "service"},
        {"process": "a"},
        {"process": "b"},
        {"pid": 1},
    )
    assert len({scenario_hash(spec(**keys)) for keys in others}) == len(others)
    assert scenario_hash(spec(pid=1)) == scenario_hash(spec(pid=2))


def test_its_kind() -> None:
    assert (KIND.name, KIND.spec, KIND.measure) == ("system", SystemSpec, measure)
    assert SCENARIO_KINDS["system"] is KIND
