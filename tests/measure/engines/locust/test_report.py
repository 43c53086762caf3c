from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.load import make_plan

from perfreg.errors import MeasureError
from perfreg.measure.engines.call import Call
from perfreg.measure.engines.engine import Generator, LoadResult
from perfreg.measure.engines.locust.job import numbers, told
from perfreg.measure.engines.locust.merging import together
from perfreg.measure.engines.locust.report import packed, unpacked
from perfreg.measure.engines.profile import constant
from perfreg.measure.engines.recording import Recorder
from perfreg.stats.distribution import distribution, merge


def recorded(times_ms: list[int], *, names: tuple[str, ...] = ()) -> LoadResult:
    recorder = Recorder(start_ns=0, duration_s=1.0, keep_samples=True)
    write = recorder.writer()
    for number, time in enumerate(times_ms):
        write(number, number, number + time, number + time * 1_000_000, 10)
    recorder.fail("timeout", 5, 9)
    recorder.flush()
    nothing = distribution(())
    return LoadResult(
        response=recorder.response,
        service=recorder.service,
        connect=nothing,
        tls=nothing,
        first_byte=recorder.first_byte,
        steps=(recorder.response,) * len(names),
        names=names,
        size=recorder.size,
        errors=recorder.errors,
        requests=recorder.requests,
        elapsed_s=1.0,
        throughput=float(len(times_ms)),
        slice_s=recorder.slice_s,
        seconds=recorder.seconds,
        generator=Generator(cpu_s=0.5, wall_s=1.0, lag=recorder.first_byte),
        samples=recorder.samples,
    )


@given(st.lists(st.integers(min_value=1, max_value=100_000), max_size=20))
def test_nothing_is_lost_on_the_way(times: list[int]) -> None:
    before = recorded(times)
    after = unpacked(json.loads(json.dumps(packed(before))))
    assert [each.moments for each in after.response] == [each.moments for each in before.response]
    for one, other in zip(after.response, before.response, strict=True):
        assert np.array_equal(one.histogram.counts, other.histogram.counts)
        assert not one.n or one.histogram.first == other.histogram.first
    assert (after.errors, after.requests, after.size) == (before.errors, before.requests, before.size)
    assert after.samples == before.samples
    assert [each.answers for each in after.seconds] == [each.answers for each in before.seconds]
    assert after.generator.cpu_s == 0.5


@pytest.mark.parametrize(
    "changes",
    [
        {"response": []},
        {"response": None},
        {"requests": -1},
        {"requests": True},
        {"elapsed_s": float("nan")},
        {"throughput": "9"},
        {"errors": {"x": 1.5}},
        {"errors": [1]},
        {"names": [7]},
        {"seconds": [{"row": [1]}]},
        {"first_byte": {"moments": [1, 1, 1, 1, 1], "first": 0, "at": [], "counts": []}},
        {"first_byte": {"moments": None, "first": 0, "at": [10**9], "counts": [1]}},
        {"first_byte": {"moments": [2, 1, 1, 1, 1], "first": 0, "at": [0], "counts": [1]}},
        {"samples": dict.fromkeys(("intended", "sent", "first_byte", "finished", "size"), "AAAA")},
    ],
)
def test_garbage_is_no_report(changes: dict[str, Any]) -> None:
    with pytest.raises(MeasureError, match="cannot be read"):
        unpacked({**packed(recorded([1])), **changes})


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_anything_else_is_no_report(data: object) -> None:
    with pytest.raises(MeasureError):
        unpacked(data)


def test_names_of_errors_stay_on_their_line() -> None:
    data = {**packed(recorded([1])), "errors": {"a\n::error::b" + "x" * 1000: 1}}
    (kind,) = unpacked(data).errors
    assert kind.isprintable()
    assert len(kind) <= 300


def test_workers_may_have_seen_requests_of_different_names() -> None:
    found = together([recorded([1, 2], names=("a", "b")), recorded([3], names=("b", "c"))])
    assert found.names == ("a", "b", "c")
    assert [merge(slices).n for slices in found.steps] == [2, 3, 1]
    assert found.answers == 3


def test_workers_that_did_something_else_are_told() -> None:
    with pytest.raises(MeasureError, match="same load"):
        together([recorded([1]), replace(recorded([1]), open_loop=True)])
    with pytest.raises(MeasureError, match="no worker"):
        together([])


def test_a_worker_takes_numbers_from_its_master_and_requests_from_itself() -> None:
    theirs = make_plan("http://a/x?y", users=7, rate=constant(5, 2.0), call={"headers": (("a", "1"),)})
    mine = make_plan("http://b:99/x?y", users=1, call={"headers": (("a", "2"),)})
    data = json.loads(json.dumps(numbers(theirs, (1, 3))))
    assert not {"1", "http://a"} & {str(value) for value in data.values()}
    plan = told((make_plan("http://b/other"), mine), data)
    assert plan.calls == (Call(url="http://b:99/x?y", headers=(("a", "2"),)),)
    assert (plan.users, plan.share, plan.rate) == (7, (1, 3), theirs.rate)


@pytest.mark.parametrize("changes", [{"users": 0}, {"users": "9"}, {"warm_up_s": -1}, {"rate": [[1]]}, {"share": 5}])
def test_a_plan_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    plan = make_plan("http://b/")
    with pytest.raises(MeasureError, match="cannot be read"):
        told((plan,), {**numbers(plan, (0, 1)), **changes})


def test_a_scenario_that_the_worker_does_not_know_is_told() -> None:
    with pytest.raises(MeasureError, match="no such scenario"):
        told((make_plan("http://b/"),), numbers(make_plan("http://b/", call={"method": "POST"}), (0, 1)))
