"""The time line that reports show."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tests.measure.engines.test_outcome import result
from tests.support.contexts import make_context

from perfreg.measure.engines.accumulator import Accumulator, TimeLine
from perfreg.measure.engines.engine import Second
from perfreg.measure.engines.timelines import timeline
from perfreg.measure.scenarios import api


def seconds(*medians: float, n: int = 100) -> tuple[Second, ...]:
    """Seconds with ``n`` answers that took so many ms; 0 stands for one with a failure and no answer."""
    line = TimeLine()
    for number, median in enumerate(medians):
        if not median:
            line.fail(number)
            continue
        values = np.full(n, median)
        line.add(np.full(n, number), values, Accumulator.numbers(values))
    return line.seconds()


def test_each_second_is_a_step() -> None:
    found = timeline("s", result(seconds=seconds(10.0, 0, 20.0, 99.0)), 3.0)
    assert found is not None
    assert (found.scenario, found.step_s) == ("s", 1.0)
    assert (found.answers, found.failures) == ((100, 0, 100), (0, 1, 0))
    for column in (found.p50_ms, found.p95_ms):
        assert [each and round(each) for each in column] == [10, None, 20]


def test_many_seconds_share_steps_and_none_is_lost() -> None:
    found = timeline("s", result(seconds=seconds(*[5.0] * 500, n=3)), 500.0)
    assert found is not None
    assert found.step_s == 5.0
    assert len(found.answers) == len(found.p95_ms) == 100
    assert sum(found.answers) == 1500


@pytest.mark.parametrize(("medians", "duration"), [((), 5.0), ((1.0, 1.0), 2.0), ((0, 0, 0), 3.0), ((1.0,) * 5, 0.4)])
def test_what_shows_nothing_is_left_out(medians: tuple[float, ...], duration: float) -> None:
    assert timeline("s", result(seconds=seconds(*medians)), duration) is None


def test_a_scenario_hands_it_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found_by = result(seconds=seconds(1.0, 1.0, 1.0, 1.0, 1.0))
    driven = SimpleNamespace(features=frozenset(), drive=lambda _: found_by)
    monkeypatch.setattr(api, "engines", lambda: {"native": driven})
    spec = {"name": "a", "type": "api", "endpoint": "/", "engine": "native", "duration": 4, "concurrent_users": 1}
    found = api.measure(api.ApiSpec.model_validate(spec), make_context(tmp_path, base_url="http://127.0.0.1:9"))
    assert found.timeline is not None
    assert found.timeline.answers == (100,) * 4
