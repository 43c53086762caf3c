from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.contexts import make_context
from tests.support.services import server, start

from perfreg.app.measuring import Bench, Measured, knows_all
from perfreg.app.observer import Silent
from perfreg.config.models import Config
from perfreg.measure.registry import SCENARIO_KINDS

API: dict[str, Any] = {
    "name": "s",
    "type": "api",
    "endpoint": "/",
    "concurrent_users": 1,
    "duration": 1.2,
    "warm_up": 0,
}


def measured(tmp_path: Path, **changes: Any) -> Measured:
    """The scenario on a real service that perfreg has started."""
    spec = SCENARIO_KINDS["api"].spec.model_validate({**API, **changes})
    config = Config.model_construct(test_scenarios=(spec,))
    with start(tmp_path, f"exec {server(tmp_path)} {{port}}") as service:
        context = make_context(tmp_path, service=service, base_url=service.base_url)
        place = Bench(config=config, context=context, observer=Silent())
        return place.measure(spec)


def test_what_else_went_on_is_kept(tmp_path: Path) -> None:
    found = measured(tmp_path)
    assert all(0 <= share <= 100 for share in found.record.conditions.values())
    if sys.platform == "linux":
        assert {"stolen", "others"} <= {*found.record.conditions}


def test_a_monitor_is_judged_where_the_scenario_only_informs(tmp_path: Path) -> None:
    plain = {each.metric: each for each in measured(tmp_path).measurements}
    assert (plain["cpu_usage"].direction, plain["memory_usage"].direction) == ("none", "lower")
    found = measured(tmp_path, monitor={"metrics": ["cpu_usage", "memory_usage"]}).measurements
    assert len({each.metric for each in found}) == len(found)
    asked = {each.metric: each for each in found}
    assert (asked["cpu_usage"].direction, asked["memory_usage"].direction) == ("lower", "lower")


@pytest.mark.parametrize(
    ("kind", "served", "known"),
    [("api", True, True), ("api", False, False), ("command", False, True), ("database", True, False),
     ("system", True, False)],
)  # fmt: skip
def test_whose_processes_are_all_known(kind: str, *, served: bool, known: bool) -> None:
    spec = SCENARIO_KINDS[kind].spec.model_construct(name="s", type=kind)
    assert knows_all(spec, served=served) is known
