"""The published schema: fresh, valid, and of one mind with the models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.support.configs import KINDS, SCENARIOS
from tests.support.public_configs import JSON_CONFIGURATION, REAL_KINDS, YAML_CONFIGURATION

from perfreg.config.scenarios import Kinds
from perfreg.config.schema import config_schema
from perfreg.measure.registry import SCENARIO_KINDS

PUBLISHED = Path(__file__).parents[2] / "schema" / "perfreg.schema.json"


def errors(text: str, kinds: Kinds = KINDS) -> list[str]:
    validator = Draft202012Validator(config_schema(kinds))
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


def registered() -> Kinds:
    return {name: kind.spec for name, kind in SCENARIO_KINDS.items()}


def test_the_published_schema_is_fresh() -> None:
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert published == config_schema(registered()), "stale: run `python -m perfreg schema --output schema/`"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(config_schema(registered()))


@pytest.mark.parametrize("text", [JSON_CONFIGURATION, YAML_CONFIGURATION])
def test_the_public_examples_are_valid(text: str) -> None:
    assert errors(text, REAL_KINDS) == []


@pytest.mark.parametrize(
    "text",
    [
        "test_duration: 2 min",
        "test_duration: ${SECONDS:-5}",
        "concurrent_users: ${USERS}",
        "fail_on_regression: ${FAIL}",
        "gate: {fail_on: '${SEVERITY}', enabled: true}",
        "regression_threshold: 5%",
        "targets: a.example.org",
        "targets: [a.example.org]",
        "thresholds: limits.json",
        "thresholds: {rps: {warning: 5, critical: 1 req/s}}",
        "metrics: {'*': {tolerance: 5%, direction: higher, severity: low}}",
        "service: {start: x, ready: {tcp: 80}}",
        "environments: {a: {test_duration: 5, gate: {fail_on: low}}, b: }",
        "'$schema': ./perfreg.schema.json",
        "test_scenarios: [{name: a, type: job, run: [x], monitor: {metrics: [cpu_usage]}}]",
    ],
)
def test_what_the_loader_takes_is_valid(text: str) -> None:
    scenarios = "" if "test_scenarios" in text else SCENARIOS
    assert errors(scenarios + text) == []


@pytest.mark.parametrize(
    "text",
    [
        "concurent_users: 5",
        "concurrent_users: 0",
        "test_duration: 5 parsecs",
        "test_duration: -5",
        "gate: {fail_on: hihg}",
        "gate: {fail_om: high}",
        "alerts: {}",
        "baseline: {store: disk}",
        "environments: {a: {environments: {}}}",
        "environments: {a: {concurrent_users: none}}",
        "test_scenarios: []",
        "test_scenarios: [{name: a, type: wep, endpoint: /}]",
        "test_scenarios: [{name: a, endpoint: /}]",
        "test_scenarios: [{name: a, type: web}]",
        "test_scenarios: [{name: a, type: web, endpoint: /, run: x}]",
    ],
)
def test_what_the_loader_refuses_is_invalid(text: str) -> None:
    scenarios = "" if "test_scenarios" in text else SCENARIOS
    assert errors(scenarios + text) != []


def test_every_key_is_described() -> None:
    schema = config_schema(registered())
    groups = [schema, *schema["$defs"].values()]
    bare = [
        key
        for group in groups
        for key, value in group.get("properties", {}).items()
        if "description" not in value and "$ref" not in value
    ]
    assert bare == []
