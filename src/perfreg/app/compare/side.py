"""One of the two things that are compared, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perfreg.config.base import ScenarioSpec
from perfreg.config.models import ServiceConfig
from perfreg.model import comparison
from perfreg.model.comparison import SideName

Adapt = Callable[[ScenarioSpec], ScenarioSpec]
"""Makes a scenario of the configuration the one that a side is measured with. Raises `PerfregError`."""


def unchanged(spec: ScenarioSpec) -> ScenarioSpec:
    """The scenario as it is configured."""
    return spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Everything that measuring one side takes; who measures it need not know what kind of thing it is.

    ``label`` is what the user called it. Relative paths of the configuration start at ``directory``, which is built
    already. With a ``service`` perfreg starts that in ``directory`` and ``base_url`` is only the path below it;
    otherwise ``base_url`` is where endpoints start, empty for none.
    """

    name: SideName
    label: str
    commit: str = ""
    dirty: bool = False
    note: str = ""
    directory: Path
    env: Mapping[str, str] = field(repr=False)  # may hold secrets
    service: ServiceConfig | None = None
    base_url: str = ""
    adapt: Adapt = unchanged

    def described(self) -> comparison.Side:
        """What reports say about it."""
        return comparison.Side(
            name=self.name, label=self.label, commit=self.commit, dirty=self.dirty, note=self.note
        )  # fmt: skip


SIDES: tuple[SideName, SideName] = ("base", "head")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Both of them."""

    base: Side
    head: Side

    def of(self, name: SideName) -> Side:
        """One of them."""
        return self.base if name == "base" else self.head
