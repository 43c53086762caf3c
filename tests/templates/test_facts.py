"""What a configuration tells templates, whatever is in it."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.templating.facts import MOST_LEGS, facts
from perfreg.templating.settings import EVERYTHING

_NAMES = st.text("ab[]*?$(){}!-% ./1Zé", min_size=1, max_size=12)


@given(st.lists(_NAMES, min_size=1, max_size=8, unique=True))
def test_each_leg_measures_its_scenario_alone(names: list[str]) -> None:
    written = [name.replace("${", "$${") for name in names]
    legs = facts({"test_scenarios": [{"name": name} for name in written]}).legs
    for leg, name in zip(legs, names, strict=True):
        assert [each for each in names if fnmatchcase(each, leg.scenario)] == [name]
        assert re.search(r"\$[({\[]", leg.scenario) is None
    slugs = [leg.slug for leg in legs]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,50}", slug) for slug in slugs)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_KEYS = ("test_scenarios", "baseline", "environments", "service", "fail_on_regression")


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON | st.just([{"type": "database", "connection_string": "//"}])))
def test_no_configuration_is_too_broken(data: dict[str, object]) -> None:
    assert facts(data).legs


def test_what_a_variable_stands_for_may_be_anything() -> None:
    legs = facts({"test_scenarios": [{"name": "search ${REGION:-eu} [x]"}]}).legs
    assert legs[0].scenario == "search * [[]x]"


@pytest.mark.parametrize("number", [0, MOST_LEGS + 1])
def test_with_none_or_too_many_scenarios_there_is_one_leg(number: int) -> None:
    assert facts({"test_scenarios": [{"name": f"s{each}"} for each in range(number)]}).legs == EVERYTHING


@pytest.mark.parametrize(
    ("address", "image"),
    [
        ("postgresql+psycopg://u:p@localhost:5432/a", "postgres:17"),
        ("mysql://127.0.0.1/a", "mysql:8.4"),
        ("mariadb://[::1]/a", "mariadb:11.8"),
        ("${URL:-postgresql://db.example.org/a}", "postgres:17"),
        ("postgresql://db.example.org/a", None),
        ("sqlite:///a.db", None),
        ("${URL}", None),
        ("oracle://localhost/a", None),
    ],
)
def test_a_database_that_is_near_needs_a_container(address: str, image: str | None) -> None:
    known = facts({"test_scenarios": [{"name": "a", "type": "database", "connection_string": address}]})
    assert [each.image for each in known.databases] == ([image] if image else [])


def test_variables_are_those_that_nothing_else_fills_in() -> None:
    scenarios = [
        {"name": "a", "type": "database", "connection_string": "${DB:-postgresql://x/y}"},
        {"name": "b", "type": "api", "headers": {"a": "${TOKEN} ${HOME} ${PERF_CONFIG} ${KEY:-none}"}},
    ]
    assert facts({"test_scenarios": scenarios}).variables == ("KEY", "TOKEN")
