"""The formats recognise themselves and no other, and no input breaks them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tests.support.histories import NAMES, sample

from perfreg.config.base import Name
from perfreg.errors import InputError
from perfreg.histories import registry
from perfreg.histories.format import Files, HistoryFormat, Imported
from perfreg.histories.names import natural
from perfreg.histories.registry import HISTORY_FORMATS, detect
from perfreg.store.codec import encode_run

_NAME = TypeAdapter(Name)

texts = st.text(max_size=30) | st.sampled_from(
    ["1e999", "-0", "±5%", "2023-11-14", "ns/op\t1 B/op", "\ud800", "a" * 300]
)
numbers = st.floats() | st.integers() | st.sampled_from([10**400, -(10**30), float("nan")])
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def test_every_file_of_the_package_that_holds_a_format_is_registered() -> None:
    folder = Path(registry.__file__).parent
    holders = {path.stem for path in folder.glob("*.py") if "FORMAT = HistoryFormat(" in path.read_text("utf-8")}
    assert holders == {name.replace("-", "_") for name in HISTORY_FORMATS}
    assert HISTORY_FORMATS.keys() == NAMES.keys()


@pytest.mark.parametrize("name", NAMES)
def test_a_format_recognises_its_own_files_alone(name: str) -> None:
    assert detect(sample(name)).name == name
    assert [each.name for each in HISTORY_FORMATS.values() if each.recognises(sample(name))] == [name]


def test_two_histories_at_once_are_told_by_name() -> None:
    with pytest.raises(InputError, match="asv and bencher"):
        detect({**sample("asv"), **sample("bencher")})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("files", [{}, {"a.json": "{}"}, {"a.js": "alert(1)"}])
def test_a_named_format_says_when_it_finds_nothing(name: str, files: Files) -> None:
    with pytest.raises(InputError, match="none of the files holds"):
        HISTORY_FORMATS[name].read(files)


@pytest.mark.parametrize("files", [{}, {"a.json": "{}"}, {"a.json": "not JSON"}, {"a.js": "alert(1)"}])
def test_what_is_no_history_names_those_that_are(files: Files) -> None:
    with pytest.raises(InputError) as caught:
        detect(files)
    assert all(name in str(caught.value) for name in HISTORY_FORMATS)


def _replaced(value: Any, path: list[int], new: Any) -> Any:
    """``value`` with ``new`` in the place that the numbers lead to."""
    if not path or not isinstance(value, (dict, list)) or not value:
        return new
    step, rest = path[0] % len(value), path[1:]
    if isinstance(value, list):
        return [_replaced(each, rest, new) if index == step else each for index, each in enumerate(value)]
    chosen = list(value)[step]
    return {key: _replaced(each, rest, new) if key == chosen else each for key, each in value.items()}


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, Files]:
    """A sample with anything in some places, or cut off, or with other text in it."""
    name = draw(st.sampled_from(sorted(NAMES)))
    files = dict(sample(name))
    chosen = draw(st.sampled_from(sorted(files)))
    prefix, brace, content = files[chosen].partition("{")
    document = json.loads(brace + content)
    for path in draw(st.lists(st.lists(st.integers(0, 10), max_size=7), max_size=3)):
        document = _replaced(document, path, draw(anything))
    files[chosen] = prefix + json.dumps(document)
    if draw(st.booleans()):
        cut = draw(st.integers(0, len(files[chosen])))
        files[chosen] = files[chosen][:cut] + draw(texts)
    return name, files


def _read(format_: HistoryFormat, files: Files) -> Imported | None:
    """What is imported; None when the files are refused in one line."""
    try:
        imported = format_.read(files)
    except InputError as error:
        refusal = str(error)
    else:
        _check(imported)
        return imported
    assert "\n" not in refusal
    return None


def _check(imported: Imported) -> None:
    for run in imported.runs:
        encode_run(run)
        assert all(_NAME.validate_python(each.name) for each in run.scenarios)
        assert all(each.metric.isprintable() and each.unit.isprintable() and each.n >= 1 for each in run.measurements)
        assert {each.scenario for each in run.measurements} == {each.name for each in run.scenarios}
    assert all(each.isprintable() for each in imported.warnings)


@given(damaged())
def test_damaged_histories_are_read_or_refused(case: tuple[str, Files]) -> None:
    name, files = case
    for each in HISTORY_FORMATS.values():
        each.recognises(files)
    assert _read(HISTORY_FORMATS[name], files) == _read(HISTORY_FORMATS[name], files)


@given(
    st.dictionaries(
        st.sampled_from(["a.json", "runs.json", "m/machine.json", "data.js"]), texts | anything.map(json.dumps)
    )
)
def test_arbitrary_files_are_read_or_refused(files: Files) -> None:
    for each in HISTORY_FORMATS.values():
        each.recognises(files)
        _read(each, files)


def test_numbers_in_names_count() -> None:
    assert sorted(["r10", "r9", "r09b", "q", "r"], key=natural) == ["q", "r", "r9", "r09b", "r10"]
