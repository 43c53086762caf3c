"""Query plans without their estimates: what an engine's EXPLAIN says, reduced to its shape and its cost.

A shape names operations, tables, indexes and join types only, so that it changes when the engine decides to do
something else and not when a table grows. Conditions are left out: they repeat the query and its literals.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_MAX_LINES = 100
_MAX_CHARS = 8_000
_MAX_NAME = 200
_MAX_DEPTH = 100

_POSTGRESQL_DETAILS = ("Partial Mode", "Strategy", "Operation", "Command", "Join Type", "Scan Direction")
_POSTGRESQL_SUBJECTS = ("Relation Name", "CTE Name", "Function Name", "Table Function Name", "Tuplestore Name")
_MYSQL_FLAGS = ("using_index", "using_filesort", "using_temporary_table", "insert", "update", "delete", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``shape`` is one line per step, indented as the engine nests them; ``cost`` is in the engine's own unit."""

    shape: str
    cost: float | None = None

    @property
    def fingerprint(self) -> float:
        """A whole number below 2**52 that is the same for the same shape, on every machine."""
        return float(int(hashlib.sha256(self.shape.encode()).hexdigest()[:13], 16))

    @property
    def text(self) -> str:
        """The shape for people, cut to 100 lines and 8,000 characters."""
        lines = self.shape[:_MAX_CHARS].split("\n")[:_MAX_LINES]
        hidden = self.shape.count("\n") + 1 - len(lines)
        if hidden or len(self.shape) > _MAX_CHARS:
            lines.append(f"… cut; {hidden} more lines" if hidden else "… cut")
        return "\n".join(lines)


def postgresql(document: object) -> Plan:
    """The plan in the answer to ``EXPLAIN (FORMAT JSON)``, as text or already decoded.

    Raises ``ValueError`` when it is not one. Keys: https://www.postgresql.org/docs/current/sql-explain.html
    """
    root = _decode(document)
    for top in _dicts(root):
        for node in _dicts([top.get("Plan")]):
            return Plan(shape=_join(_postgresql_lines(node, 0)), cost=_number(node.get("Total Cost")))
    raise ValueError("the answer holds no plan")


def mysql(document: object) -> Plan:
    """The plan in the answer of MySQL or MariaDB to ``EXPLAIN FORMAT=JSON``; MariaDB before 11 gives no cost.

    Both JSON versions of MySQL are understood. Raises ``ValueError`` when the document is not a plan.
    """
    for root in _dicts([_decode(document)]):
        if shape := _join(_mysql_lines({"plan": root} if _mysql_details(root) else root, 0)):
            return Plan(shape=shape, cost=_mysql_cost(root))
    raise ValueError("the answer holds no plan")


def sqlite(rows: Iterable[Sequence[Any]]) -> Plan:
    """The plan in the rows (id, parent, unused, detail) of ``EXPLAIN QUERY PLAN``; SQLite gives no cost."""
    depths: dict[object, int] = {}
    lines = []
    for step, parent, _, detail in rows:
        depths[step] = min(depths.get(parent, -1) + 1, _MAX_DEPTH)
        lines.append((depths[step], _clean(detail)))
    return Plan(shape=_join(lines) or "(no steps)")


def _postgresql_lines(node: dict[str, Any], depth: int) -> Iterator[tuple[int, str]]:
    yield depth, _postgresql_step(node)
    for child in _dicts(node.get("Plans")) if depth < _MAX_DEPTH else ():
        yield from _postgresql_lines(child, depth + 1)


def _postgresql_step(node: dict[str, Any]) -> str:
    """Such as ``Index Scan using users_email on users`` or ``InitPlan 1: Aggregate (Hashed)``."""
    details = ", ".join(
        detail
        for detail in _names(node, *_POSTGRESQL_DETAILS)
        if detail not in ("Simple", "Plain", "Inner", "Forward", "NoMovement")  # EXPLAIN's text form omits them too
    )
    return "".join(
        (
            *(f"{name}: " for name in _names(node, "Subplan Name")),
            _clean(node.get("Node Type")),
            f" ({details})" if details else "",
            *(f" using {name}" for name in _names(node, "Index Name")),
            *(f" on {name}" for name in _names(node, *_POSTGRESQL_SUBJECTS)[:1]),
        )
    )


def _mysql_lines(node: dict[str, Any], depth: int) -> Iterator[tuple[int, str]]:
    """A line for every named group of steps; what holds no steps (costs, conditions, columns) is passed over."""
    for key, value in node.items() if depth < _MAX_DEPTH else ():
        if isinstance(value, dict) and key != "cost_info":
            yield depth, f"{_clean(key)}{_mysql_details(value)}"
            yield from _mysql_lines(value, depth + 1)
        elif children := list(_dicts(value)):
            yield depth, _clean(key)
            for child in children:
                details = _mysql_details(child)
                if details:
                    yield depth + 1, f"step{details}"
                yield from _mysql_lines(child, depth + (2 if details else 1))


def _mysql_details(step: dict[str, Any]) -> str:
    """Such as `` users: ref, key users_email``; empty when the step has no name of its own."""
    details = _names(step, "access_type", "join_type", "join_algorithm", "message")
    details += [f"key {name}" for name in _names(step, "key", "index_name")]
    details += [flag.replace("_", " ") for flag in _MYSQL_FLAGS if step.get(flag) in (True, 1)]
    # UNION; newer servers write sentences with literals here.
    details += [name for name in _names(step, "operation") if name.isupper()]
    table = "".join(f" {name}" for name in _names(step, "table_name"))
    return f"{table}: {', '.join(details)}" if details else table


def _mysql_cost(root: dict[str, Any]) -> float | None:
    block = root.get("query_block")
    block = block if isinstance(block, dict) else {}
    info = block.get("cost_info")
    tree = root.get("query_plan")
    candidates = (
        block.get("cost"),
        info.get("query_cost") if isinstance(info, dict) else None,
        tree.get("estimated_total_cost") if isinstance(tree, dict) else None,
        root.get("estimated_total_cost"),
    )
    return next((cost for cost in map(_number, candidates) if cost is not None), None)


def _decode(document: object) -> object:
    """Raises ``ValueError`` for text that is no JSON or is nested beyond reason."""
    if not isinstance(document, str | bytes):
        return document
    try:
        return json.loads(document)
    except RecursionError as error:
        raise ValueError("the plan is nested too deeply") from error


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _names(node: dict[str, Any], *keys: str) -> list[str]:
    return [_clean(node[key]) for key in keys if isinstance(node.get(key), str)]


def _clean(name: object) -> str:
    """A name on one line, harmless on a terminal."""
    if not isinstance(name, str):
        return "?"
    return "".join(char if char.isprintable() else "?" for char in name[:_MAX_NAME])


def _join(lines: Iterable[tuple[int, str]]) -> str:
    return "\n".join("  " * depth + line for depth, line in lines)
