"""Plans of the three engines: read, stripped of estimates, and never a reason to crash."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.measure.database import plans

JOIN = {
    "Node Type": "Nested Loop",
    "Join Type": "Left",
    "Total Cost": 24.94,
    "Plan Rows": 3,
    "Plans": [
        {"Node Type": "Seq Scan", "Relation Name": "orders", "Total Cost": 1.5, "Filter": "(secret = 'x'::text)"},
        {
            "Node Type": "Index Scan",
            "Index Name": "users_pkey",
            "Relation Name": "users",
            "Scan Direction": "Forward",
            "Total Cost": 8.3,
        },
        {
            "Node Type": "Aggregate",
            "Strategy": "Hashed",
            "Partial Mode": "Simple",
            "Subplan Name": "SubPlan 1",
            "Plans": [{"Node Type": "CTE Scan", "CTE Name": "recent"}],
        },
    ],
}

MARIADB = {
    "query_block": {
        "select_id": 1,
        "cost": 0.75,
        "filesort": {
            "sort_key": "count(0)",
            "temporary_table": {
                "nested_loop": [
                    {"table": {"table_name": "a", "access_type": "ALL", "rows": 100, "attached_condition": "a.x = 5"}},
                    {
                        "block-nl-join": {
                            "table": {"table_name": "b", "access_type": "ref", "key": "b_email", "using_index": True},
                            "join_type": "BNL",
                        }
                    },
                ]
            },
        },
    }
}

MYSQL_8 = {
    "query_block": {
        "select_id": 1,
        "cost_info": {"query_cost": "12.50"},
        "ordering_operation": {
            "using_filesort": True,
            "table": {
                "table_name": "users",
                "access_type": "range",
                "key": "PRIMARY",
                "cost_info": {"read_cost": "1.00"},
                "used_columns": ["id"],
            },
        },
    }
}

MYSQL_9 = {
    "query": "/* select#1 */ select 'x'",
    "query_plan": {
        "inputs": [
            {"operation": "Table scan on t", "table_name": "t", "access_type": "table", "estimated_total_cost": 1.1}
        ],
        "operation": "Filter: (t.secret = 'x')",
        "access_type": "filter",
        "estimated_total_cost": 2.5,
    },
}


def test_postgresql_plan_names_steps_relations_and_indexes() -> None:
    plan = plans.postgresql([{"Plan": JOIN}])

    assert plan.cost == 24.94
    assert plan.text.splitlines() == [
        "Nested Loop (Left)",
        "  Seq Scan on orders",
        "  Index Scan using users_pkey on users",
        "  SubPlan 1: Aggregate (Hashed)",
        "    CTE Scan on recent",
    ]
    assert plans.postgresql(json.dumps([{"Plan": JOIN}])) == plan


def test_mariadb_plan_and_cost() -> None:
    plan = plans.mysql(json.dumps(MARIADB))

    assert plan.cost == 0.75
    assert plan.text.splitlines() == [
        "query_block",
        "  filesort",
        "    temporary_table",
        "      nested_loop",
        "        table a: ALL",
        "        block-nl-join: BNL",
        "          table b: ref, key b_email, using index",
    ]


def test_mysql_plan_and_cost() -> None:
    plan = plans.mysql(MYSQL_8)

    assert plan.cost == 12.5
    assert plan.text.splitlines() == [
        "query_block",
        "  ordering_operation: using filesort",
        "    table users: range, key PRIMARY",
    ]


def test_mysql_second_json_version() -> None:
    plan = plans.mysql(MYSQL_9)

    assert plan.cost == 2.5
    assert plan.text.splitlines() == ["query_plan: filter", "  inputs", "    step t: table"]


def test_sqlite_plan_is_indented_by_parent() -> None:
    rows = [(2, 0, 0, "SEARCH u USING INDEX i (a=?)"), (6, 0, 0, "LIST SUBQUERY 1"), (9, 6, 0, "SCAN t")]

    plan = plans.sqlite(rows)

    assert plan.text == "SEARCH u USING INDEX i (a=?)\nLIST SUBQUERY 1\n  SCAN t"
    assert plan.cost is None
    assert plans.sqlite([]).text == "(no steps)"


def test_estimates_and_conditions_are_not_part_of_the_shape() -> None:
    grown = json.loads(json.dumps(JOIN).replace("8.3", "900.5").replace("secret", "other"))

    assert plans.postgresql([{"Plan": grown}]).fingerprint == plans.postgresql([{"Plan": JOIN}]).fingerprint


def test_another_index_is_another_shape() -> None:
    other = json.loads(json.dumps(JOIN).replace("users_pkey", "users_email"))

    assert plans.postgresql([{"Plan": other}]).fingerprint != plans.postgresql([{"Plan": JOIN}]).fingerprint


def test_fingerprint_is_an_exact_float_and_stays_the_same() -> None:
    fingerprint = plans.Plan(shape="Seq Scan on users").fingerprint

    assert fingerprint == 3812262760903102.0
    assert 0 <= fingerprint < 2**53


def test_text_is_cut_but_the_fingerprint_sees_everything() -> None:
    long = [{"Node Type": "Seq Scan", "Relation Name": f"part_{number}"} for number in range(500)]
    plan = plans.postgresql([{"Plan": {"Node Type": "Append", "Plans": long}}])
    shorter = plans.postgresql([{"Plan": {"Node Type": "Append", "Plans": long[:-1]}}])

    assert len(plan.text.splitlines()) == 101
    assert plan.text.endswith("… cut; 401 more lines")
    assert plan.fingerprint != shorter.fingerprint


def test_names_cannot_break_a_line_or_a_terminal() -> None:
    node = {"Node Type": "Seq Scan", "Relation Name": "a\n\x1b[31m\u202eb" + "x" * 10_000}

    text = plans.postgresql([{"Plan": node}]).text

    assert text.startswith("Seq Scan on a??[31m?b")
    assert text.isprintable()
    assert len(text) < 300


@pytest.mark.parametrize("document", [None, "", "[", "[]", "[{}]", "7", "null", '{"Plan": {}}', [], [{"Plan": 3}]])
def test_what_is_no_postgresql_plan_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match=r"no plan|Expecting"):
        plans.postgresql(document)


@pytest.mark.parametrize("document", [None, "", "{", "[]", "{}", "7", '{"query_block": 3}'])
def test_what_is_no_mysql_plan_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match=r"no plan|Expecting"):
        plans.mysql(document)


def test_nesting_is_followed_only_so_far() -> None:
    node: dict[str, Any] = {"Node Type": "Result"}
    block: dict[str, Any] = {"table": {"table_name": "t"}}
    for _ in range(5000):
        node = {"Node Type": "Append", "Plans": [node]}
        block = {"materialized": block}

    assert plans.postgresql([{"Plan": node}]).shape.count("\n") <= 101
    assert plans.mysql({"query_block": block}).shape.count("\n") <= 101
    with pytest.raises(ValueError, match="nested too deeply"):
        plans.postgresql("[" * 100_000)


KEYS = st.sampled_from(
    [
        *("Plan", "Plans", "Node Type", "Relation Name", "Index Name", "Join Type", "Total Cost", "Subplan Name"),
        *("query_block", "query_plan", "table", "table_name", "access_type", "key", "nested_loop", "cost", "cost_info"),
        *("query_cost", "operation", "inputs", "message", "using_index"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=5),
    max_leaves=30,
)


@given(JSON)
def test_any_document_gives_a_plan_or_a_value_error(document: object) -> None:
    for read in (plans.postgresql, plans.mysql):
        for form in (document, [{"Plan": document}], {"query_block": document}):
            try:
                plan = read(form)
            except ValueError:
                continue
            assert plan.text.replace("\n", "").isprintable()
            assert len(plan.text) <= 8_100
            assert len(plan.text.splitlines()) <= 101
            assert 0 <= plan.fingerprint < 2**53
            assert plan.cost is None or abs(plan.cost) < float("inf")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.just(0), st.text()), max_size=30))
def test_any_rows_of_sqlite_give_a_plan(rows: list[tuple[int, int, int, str]]) -> None:
    plan = plans.sqlite(rows)

    assert len(plan.shape.split("\n")) == max(len(rows), 1)
    assert plan.shape.replace("\n", "").isprintable()
