"""The scenarios of a configuration, each validated with the model of its own kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfreg.config.base import ScenarioSpec
from perfreg.config.document import KeyPath, kind_of
from perfreg.config.models import Settings
from perfreg.config.sentence import show
from perfreg.config.suggest import closest
from perfreg.config.validation import Report, validate

Kinds = Mapping[str, type[ScenarioSpec]]
"""The model of each kind of scenario, by the kind's name."""

KEY = "test_scenarios"
_DEFAULTS = {"duration": "test_duration"}


def decode_scenarios(given: object, kinds: Kinds, defaults: Settings, report: Report) -> list[ScenarioSpec]:
    """The valid ones among the ``given`` scenarios; all that is wrong with the others is reported."""
    if not isinstance(given, list) or not given:
        report.add((KEY,), *_nothing(given))
        return []
    specs = [_decode(item, (KEY, index), kinds, defaults, report) for index, item in enumerate(given)]
    names: dict[str, int] = {}
    for index, item in enumerate(given):
        for name in scenario_names([item]):
            first = names.setdefault(name, index)
            if first != index:
                report.add((KEY, index, "name"), f"is the name of {KEY}[{first}] too", "names have to be unique")
    return [spec for spec in specs if spec is not None]


def scenario_names(given: object) -> list[str]:
    """The names among the ``given`` scenarios, whatever else is wrong with them."""
    items = given if isinstance(given, list) else []
    return [item["name"] for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)]


def _nothing(given: object) -> tuple[str, str]:
    if given is None or given == []:
        hint = "list what to measure, for example {name: home, type: api, endpoint: /}"
        return "there is no scenario, so nothing would be measured", hint
    return f"must be a list of scenarios, got {kind_of(given)}", ""


def _decode(item: object, path: KeyPath, kinds: Kinds, defaults: Settings, report: Report) -> ScenarioSpec | None:
    if not isinstance(item, dict):
        report.add(path, f"must be a mapping with a name and a type, got {kind_of(item)}")
        return None
    kind = item.get("type")
    spec = kinds.get(kind) if isinstance(kind, str) else None
    if spec is None:
        report.add((*path, "type"), *_no_kind(item, kinds, filled=bool(report.filled((*path, "type")))))
        guess = closest(kind, kinds) if isinstance(kind, str) else None
        if guess is None:
            return None
        spec, item = kinds[guess], {**item, "type": guess}
    return validate(spec, {**item, **_inherited(spec, item, defaults)}, path, report)


def _inherited(spec: type[ScenarioSpec], item: Mapping[str, Any], defaults: Settings) -> dict[str, Any]:
    return {key: getattr(defaults, _DEFAULTS.get(key, key)) for key in spec.inherits if item.get(key) is None}


def _no_kind(item: Mapping[str, Any], kinds: Kinds, *, filled: bool) -> tuple[str, str]:
    """Message and hint for a scenario whose type is missing or unknown; one from a variable is not shown."""
    kind, known = item.get("type"), f"known: {', '.join(sorted(kinds))}"
    if kind is not None:
        guess = closest(kind, kinds) if isinstance(kind, str) else None
        shown = "in a variable" if filled else show(kind)
        return f"unknown type {shown}", f"did you mean {guess!r}? {known}" if guess else known
    common = set(ScenarioSpec.model_fields)
    own = {name: len(set(item) & (set(spec.model_fields) - common)) for name, spec in kinds.items()}
    likely = max(own, key=lambda name: own[name], default="")
    if likely and own[likely]:
        return "is required", f"by its other keys this looks like 'type: {likely}'"
    return "is required", known
