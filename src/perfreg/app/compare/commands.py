"""Compare two commands: a run of each in every round, in the working directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from perfreg.app.compare.comparing import compare
from perfreg.app.compare.request import CompareRequest
from perfreg.app.compare.side import Side, Sides
from perfreg.app.observer import Observer
from perfreg.config.base import ScenarioSpec
from perfreg.config.secrecy import without_secrets
from perfreg.errors import UsageError
from perfreg.measure.scenarios.command import CommandSpec
from perfreg.model.comparison import SideName
from perfreg.model.result import Result

NAME = "command"
"""What the scenario is called that runs them."""


def scenario(command: str) -> dict[str, object]:
    """The scenario that runs ``command``, as a configuration would write it."""
    return {"name": NAME, "type": "command", "run": command}


def compare_commands(request: CompareRequest, base: str, head: str, observer: Observer) -> Result:
    """Compare two commands, run by the shell. Raises `UsageError` for one that is none."""
    for flag, command in (("--base-cmd", base), ("--head-cmd", head)):
        if not command.strip() or "\0" in command:
            raise UsageError("is no command", where=flag, hint="write it as you would in a shell, in quotes")
    sides = Sides(base=_side("base", base, request), head=_side("head", head, request))
    return compare(replace(request, mode="commands"), sides, observer, acceptance_of=lambda _: "")


def _side(name: SideName, command: str, request: CompareRequest) -> Side:
    def adapt(spec: ScenarioSpec) -> ScenarioSpec:
        return spec.model_copy(update={"run": command}) if isinstance(spec, CommandSpec) else spec

    return Side(
        name=name,
        label=without_secrets(command),
        directory=Path.cwd(),
        env=request.env,
        base_url=request.config.base_url or "",
        adapt=adapt,
    )
