"""YAML text to a document, by the core schema of YAML 1.2: ``on``, ``yes``, ``12:30`` and ``007`` are text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import yaml

from perfreg.config.document import MAX_DEPTH, MAX_VALUES, Document, KeyPath, fail

_PREFIX = "tag:yaml.org,2002:"
_DIGITS = 400  # more than any float has; beyond it int() is slow or refuses
_INTEGER = r"[-+]?(?:0|[1-9][0-9]*)"
_SCALARS = (
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", "true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", rf"{_INTEGER}|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", rf"(?:{_INTEGER}(?:\.[0-9]*)?|[-+]?\.[0-9]+)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("float", r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", list("-+.")),
    ("merge", "<<", ["<"]),
)


_VALUES: Mapping[str, Callable[[str], object]] = {
    "null": lambda _: None,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": lambda text: int(text, 0) if len(text) <= _DIGITS else math.inf,
    "float": lambda text: float(text.lower().replace(".inf", "inf").replace(".nan", "nan")),
    "merge": str,
}


class _Loader(yaml.SafeLoader):
    """Composes nodes; only the tags of `_SCALARS` are given to plain text."""

    yaml_implicit_resolvers = {}


for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_PREFIX + _name, re.compile(f"(?:{_pattern})\\Z"), _first)


def parse(text: str, document: Document) -> None:
    """Fill ``document`` from ``text``. Raises `ConfigError` when it is not YAML or not a mapping."""
    root = _compose(text, document.name)
    if root is None:
        fail(document.name, "is empty")
    document.fill(_Reader(document).value(root, ()))


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        loader = _Loader(text)
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        fail(where, f"is not valid YAML: {error.problem or error.context}", _cure(f"{error.context} {error.problem}"))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        fail(f"{name}:{line}", f"has a control character ({error.character!r})", "remove it")
    except (ValueError, OverflowError):
        fail(name, "is not valid YAML: an escape stands for no character")


def _cure(problem: str) -> str:
    if "'\\t'" in problem:
        return "indent with spaces"
    if "scanning an alias" in problem or "undefined alias" in problem:
        return "quote text that starts with '*'"
    if "cannot start any token" in problem:
        return "quote text that starts with a special character"
    if "mapping values are not allowed" in problem:
        return "quote text that has ': ' in it, and check the indentation"
    return ""


class _Reader:
    """Turns nodes into plain data. Counts them, because aliases let a small file describe a huge one."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._count = 0

    def value(self, node: yaml.Node, path: KeyPath) -> object:
        """The data of ``node``, which belongs at ``path``."""
        self._count += 1
        if self._count > MAX_VALUES or len(path) > MAX_DEPTH:
            too = "has too many values" if self._count > MAX_VALUES else "is nested too deeply"
            fail(f"{self._document.name}:{node.start_mark.line + 1}", too)
        if isinstance(node, yaml.MappingNode):
            self._expect(node, "map", path)
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            self._expect(node, "seq", path)
            return self._sequence(node, path)
        return self._scalar(node, path)

    def _sequence(self, node: yaml.SequenceNode, path: KeyPath) -> list[object]:
        found = []
        for index, item in enumerate(node.value):
            here = (*path, index)
            self._document.define(here, item.start_mark.line + 1)
            found.append(self.value(item, here))
        return found

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        found: dict[str, object] = {}
        merged = []
        for key, item in node.value:
            if key.tag == _PREFIX + "merge":
                merged.append(item)
            elif isinstance(key, yaml.ScalarNode):
                self._document.define((*path, key.value), key.start_mark.line + 1)
                found[key.value] = self.value(item, (*path, key.value))
            else:
                self._document.complain(path, "has a key that is no text", line=key.start_mark.line + 1)
        for item in merged:
            self._merge(item, found, path)
        return found

    def _merge(self, node: yaml.Node, found: dict[str, object], path: KeyPath) -> None:
        """Add what ``<<:`` refers to; keys that are already there win."""
        self._count += 1
        if self._count > MAX_VALUES:
            fail(f"{self._document.name}:{node.start_mark.line + 1}", "has too many values")
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                self._merge(item, found, path)
        elif isinstance(node, yaml.MappingNode):
            fresh = [pair for pair in node.value if str(pair[0].value) not in found]
            found.update(self._mapping(yaml.MappingNode(node.tag, fresh, node.start_mark), path))
        else:
            self._document.complain(path, "'<<' needs a mapping to merge", line=node.start_mark.line + 1)

    def _scalar(self, node: yaml.Node, path: KeyPath) -> object:
        text, kind = str(node.value), node.tag.removeprefix(_PREFIX)
        try:
            if kind in _VALUES:
                return _VALUES[kind](text)
        except (ValueError, KeyError):
            self._document.complain(path, f"{node.tag} does not fit what follows it", "remove the tag")
        else:
            self._expect(node, "str", path)
        return text

    def _expect(self, node: yaml.Node, kind: str, path: KeyPath) -> None:
        if node.tag != _PREFIX + kind:
            self._document.complain(path, f"has the unknown tag {node.tag!r}", "remove it")
