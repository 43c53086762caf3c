"""The scenario kinds perfreg knows: its own, and others' through the entry-point group ``perfreg.scenarios``."""

from __future__ import annotations

from perfreg.measure.context import ScenarioKind
from perfreg.measure.scenarios import api, command, function, system

SCENARIO_KINDS: dict[str, ScenarioKind] = {
    kind.name: kind for kind in (api.KIND, command.KIND, function.KIND, system.KIND)
}
