"""Files to plain data with line numbers, and one clear line for whatever cannot be read."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.config.document import Document, KeyPath, show_path
from perfreg.config.text import MAX_BYTES, parse, read
from perfreg.errors import ConfigError, PerfregError, UsageError


def yaml(text: str) -> Document:
    return parse(text.encode(), name="a.yml")


def complaint(raw: bytes, *, as_json: bool = False) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(raw, name="a.yml", as_json=as_json)
    assert len(caught.value.problems) == 1
    return str(caught.value)


def test_keys_know_their_lines_in_yaml() -> None:
    document = yaml("# first\na: 1\nb:\n  - x: 1\n  - x: 2\n    y: [3,\n      4]\n")
    places: dict[KeyPath, int] = {
        ("a",): 2,
        ("b",): 3,
        ("b", 0, "x"): 4,
        ("b", 1): 5,
        ("b", 1, "y"): 6,
        ("b", 1, "y", 1): 7,
        ("b", 1, "missing", "deeper"): 5,
        ("missing",): 1,
    }
    assert {path: document.line(path) for path in places} == places


def test_keys_know_their_lines_in_json() -> None:
    text = '{\n\t"a": "x{,:]\\"\\\\",\n\t"b": [\n1, {"c\\u0064": {}}, [],\n\n"z"]\n}'
    document = parse(text.encode(), name="a.json", as_json=True)
    assert document.data == {"a": 'x{,:]"\\', "b": [1, {"cd": {}}, [], "z"]}
    lines = [document.line(path) for path in (("a",), ("b",), ("b", 0), ("b", 1, "cd"), ("b", 3))]
    assert lines == [2, 3, 4, 4, 6]


def test_json_in_a_file_of_another_name_may_have_tabs() -> None:
    assert parse(b'\n{\t"a":\t[true, null, 1.5]}', name="perfreg.yml").data == {"a": [True, None, 1.5]}


def test_a_yaml_mapping_in_braces_is_no_json() -> None:
    assert yaml("{a: 1, b: [x]}").data == {"a": 1, "b": ["x"]}


def test_scalars_follow_yaml_1_2() -> None:
    document = yaml(
        "on: yes\noff: No\n1: on\ntime: 12:30:00\nday: 2024-01-02\nzip: 007\nunderscore: 1_000\n"
        "exponent: 1e3\nhex: 0x1F\noctal: 0o17\nminus: -.5\nnothing:\ntilde: ~\nyes: true\nquoted: 'true'\n"
    )
    assert document.data == {
        "on": "yes",
        "off": "No",
        "1": "on",
        "time": "12:30:00",
        "day": "2024-01-02",
        "zip": "007",
        "underscore": "1_000",
        "exponent": 1000.0,
        "hex": 31,
        "octal": 15,
        "minus": -0.5,
        "nothing": None,
        "tilde": None,
        "yes": True,
        "quoted": "true",
    }
    assert document.problems == []


def test_merge_keys_give_way_to_own_keys() -> None:
    document = yaml("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nall:\n  <<: [*b, *m]\n  x: 9\nplain: <<\n")
    assert document.data["all"] == {"x": 9, "y": 2, "z": 4}
    assert document.data["plain"] == "<<"
    assert document.problems == []


@pytest.mark.parametrize("as_json", [False, True])
def test_a_key_that_is_defined_twice(*, as_json: bool) -> None:
    document = parse(b'{"a": 1,\n"b": {"c": 1,\n\n"c": 2}}', name="a.yml", as_json=as_json)
    assert [str(problem) for problem in document.problems] == ["a.yml:4: b.c: is defined twice, first on line 2"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "a.yml: is empty"),
        (b" \n\t\n", "a.yml: is empty"),
        (b"# nothing\n---\n", "must be a mapping of keys to values, found nothing"),
        (b"# nothing\n", "a.yml: is empty"),
        (b"- a\n- b\n", "must be a mapping of keys to values, found a list"),
        (b"hello", "must be a mapping of keys to values, found text"),
        (b"a: 1\nb: \xff\n", "a.yml:2: is not UTF-8 text (byte 0xff) (save it as UTF-8)"),
        ("a: 1".encode("utf-16"), "a.yml:1: is not UTF-8 text"),
        (b"a: 1\n\tb: 2\n", "a.yml:2:1: is not valid YAML"),
        (b"a:\n\t- b\n", "indent with spaces"),
        (b"a: b: c\n", "quote text that has ': ' in it"),
        (b"targets: *.example.org\n", "quote text that starts with '*'"),
        (b"a: @x\n", "quote text that starts with a special character"),
        (b"a: [1, 2\n", "a.yml:2:1: is not valid YAML"),
        (b"a: 1\n---\nb: 2\n", "is not valid YAML: but found another document"),
        (b"a: 1\nb: \x07\n", "a.yml:2: has a control character"),
        (b'a: "\\U00110000"\n', "is not valid YAML"),
        (b"a: " + b"[" * 600, "is nested too deeply"),
        (b"a: " + b"[" * 60 + b"]" * 60, "a.yml:1: is nested too deeply"),
        (b"a: &a [*a]\n", "is nested too deeply"),
        (b"a: &a\n  <<: *a\n", "is nested too deeply"),
        (b"a: " + b"x" * MAX_BYTES, "a.yml: is larger than 1024 KiB"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(raw: bytes, expected: str) -> None:
    assert expected in complaint(raw)
    assert "\n" not in complaint(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a": 1,}', "no comma before a closing bracket"),
        (b'{\n"a": 1 // one\n}', "a.yml:2:8: is not valid JSON: expecting ',' delimiter (JSON has no comments"),
        (b"[1]", "found a list"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"a": ' + b"[" * 60 + b"]" * 60 + b"}", "is nested too deeply"),
    ],
)
def test_what_is_no_json_is_one_clear_line(raw: bytes, expected: str) -> None:
    assert expected in complaint(raw, as_json=True)


def test_aliases_cannot_blow_up() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
    )
    assert "has too many values" in complaint(bomb.encode())
    merges = "a0: &a0 {x: 1}\n" + "".join(
        f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 9)}]}}\n" for level in range(1, 12)
    )
    assert "has too many values" in complaint(merges.encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: .nan", "a.yml:1: a: must be a finite number"),
        ("a: -.inf", "a.yml:1: a: must be a finite number"),
        ("x: 1\na: [1, 1e999]", "a.yml:2: a[1]: must be a finite number"),
        (f"a: {'9' * 5000}", "a.yml:1: a: must be a finite number"),
        ('a: "\\0"', "a: has characters that are no text"),
        ('a: "\\ud800"', "a: has characters that are no text"),
        ("a: !foo 1", "a: has the unknown tag '!foo' (remove it)"),
        ("a: !!int seven", "does not fit what follows it"),
        ("a: !!python/object:os.system {}", "has the unknown tag"),
        ("a: !!set {x}", "has the unknown tag"),
        ("? [a]\n: b", "has a key that is no text"),
        ("a:\n  <<: 12", "'<<' needs a mapping to merge"),
    ],
)
def test_a_value_that_cannot_be_used_is_a_problem_at_its_place(text: str, expected: str) -> None:
    assert expected in "\n".join(map(str, yaml(text).problems))


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999", "9" * 5000])
def test_json_has_only_finite_numbers(value: str) -> None:
    document = parse(f'{{"a":\n{{"b": {value}}}}}'.encode(), name="a.json", as_json=True)
    assert [str(problem) for problem in document.problems] == ["a.json:2: a.b: must be a finite number"]


def test_a_byte_order_mark_is_no_text() -> None:
    assert parse("\ufeffa: ä\n".encode(), name="a.yml").data == {"a": "ä"}


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: no such file"):
        read(tmp_path / "nowhere.yml")
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path)


def test_a_json_suffix_means_json(tmp_path: Path) -> None:
    path = tmp_path / "perfreg.JSON"
    path.write_text("a: 1", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not valid JSON"):
        read(path)


def test_key_paths_are_written_as_people_write_them() -> None:
    assert show_path(("test_scenarios", 0, "headers", "X-Id")) == "test_scenarios[0].headers.X-Id"
    assert show_path(("metrics", "a.b", "tolerance")) == "metrics['a.b'].tolerance"
    assert show_path(("\x1b[31m",)) == "['\\x1b[31m']"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _JSON), st.sampled_from([None, 0, 3, "\t"]))
def test_json_is_read_as_the_standard_library_reads_it(data: dict[str, object], indent: int | str | None) -> None:
    text = json.dumps(data, indent=indent)
    document = parse(text.encode(), name="a.json", as_json=True)
    assert document.data == json.loads(text)
    for key in data:
        assert json.dumps(key) in text.split("\n")[document.line((key,)) - 1]


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_text_crashes_the_parser(raw: bytes) -> None:
    for as_json in (False, True):
        with suppress(PerfregError):
            assert isinstance(parse(raw, name="a.yml", as_json=as_json).data, dict)


@given(st.text(alphabet="ab&*<:!?|>'\"#%@`-[]{},.0 \n\t~", max_size=80))
def test_no_yaml_crashes_the_parser(text: str) -> None:
    with suppress(PerfregError):
        assert "a" in parse(f"a: {text}".encode(), name="a.yml").data
