from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import results

from perfreg.errors import InputError
from perfreg.report.formats.json_ import render
from perfreg.report.read import SIZE_LIMIT, read_result

VALID = render(results.every_verdict())

Edit = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda d: d.pop("run"), "run: Field required"),
        (lambda d: d.update(extra=1), "extra: Unexpected keyword argument"),
        (lambda d: d["gate"].update(status="green"), "gate.status: Input should be 'pass', 'warn' or 'fail'"),
        (lambda d: d["verdicts"][3].update(change_pct="7"), "verdicts[3].change_pct: Input should be a valid number"),
        (lambda d: d["verdicts"][0].update(status=None, base="x"), "verdicts[0].status: "),
        (lambda d: d["run"].update(status=["ok"]), "run.status: "),
        (lambda d: d["run"]["scenarios"][0].update(name=5), "run.scenarios[0].name: Input should be a valid string"),
        (lambda d: d["run"]["measurements"][0].update(n=True), "run.measurements[0].n: "),
        (lambda d: d["run"].update({"x\x1b[31m\n": 1}), "run.x\\x1b[31m\\n: Unexpected keyword argument"),
        (lambda d: d.update(schema="perfreg.result/2"), "schema: perfreg.result/2, but this perfreg reads"),
        (lambda d: d.update(schema=1), "schema: not a text, but"),
        (lambda d: d.pop("schema"), "schema: missing, but"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(edit: Edit, expected: str) -> None:
    document = json.loads(VALID)
    edit(document)
    message = refused(json.dumps(document))
    assert message.startswith(f"some/result.json: {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "some/result.json:1: is not JSON"),
        ("{\n  \"schema\": 'x'}", "some/result.json:2: is not JSON"),
        ("[1]", "is not a result: not an object"),
        ('{"a": 1, "a": 2}', "the key 'a' is there twice"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": -Infinity}', "-Infinity is not a number"),
        ("[" * 200_000, "nested too deeply"),
        ('{"a": ' + "9" * 10_000 + "}", "is not a result"),
        (VALID.replace('"value": 54.0123', '"value": 1e999'), "measurements[0].value: Input should be a finite number"),
        (VALID + "{}", "is not JSON: Extra data"),
        (VALID.replace("faster-search", "\\ud800"), "Invalid JSON"),
    ],
)
def test_hostile_text_gives_one_clear_line(text: str, expected: str) -> None:
    message = refused(text)
    assert expected in message
    assert message.startswith("some/result.json:")


def test_more_problems_are_counted() -> None:
    document = json.loads(VALID)
    document["gate"]["status"] = document["run"]["status"] = "fine"
    assert "; 1 more problem " in refused(json.dumps(document))


def test_huge_text_is_refused_before_it_is_read() -> None:
    assert "more than the limit" in refused(" " * (SIZE_LIMIT + 1))


@given(st.data())
def test_no_edit_of_a_valid_text_raises_anything_else(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(VALID)))
    end = min(len(VALID), start + data.draw(st.integers(0, 30)))
    text = VALID[:start] + data.draw(st.text(st.sampled_from('{}[],:"\\01e-.nultrfas \x00'), max_size=8)) + VALID[end:]
    try:
        read_result(text, "some/result.json")
    except InputError as error:
        problem = str(error)
    else:
        problem = ""
    assert problem == "" or problem.isprintable()


def refused(text: str) -> str:
    with pytest.raises(InputError) as caught:
        read_result(text, "some/result.json")
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    assert len(message) < 500
    return message
