"""The scenario kinds perfreg knows: its own, and others' through the entry-point group ``perfreg.scenarios``."""

from __future__ import annotations

from functools import cache

from perfreg.config.base import ScenarioSpec
from perfreg.measure.context import ScenarioKind
from perfreg.measure.scenarios import api, command, database, function, system
from perfreg.plugins import extended

SCENARIO_KINDS: dict[str, ScenarioKind] = {
    kind.name: kind for kind in (api.KIND, command.KIND, database.KIND, function.KIND, system.KIND)
}


@cache
def scenario_kinds() -> dict[str, ScenarioKind]:
    """All kinds by name, those of installed packages included."""
    return extended("perfreg.scenarios", SCENARIO_KINDS)


def scenario_specs() -> dict[str, type[ScenarioSpec]]:
    """The configuration model of each kind, for the loader."""
    return {name: kind.spec for name, kind in scenario_kinds().items()}
