"""An agent of Azure Pipelines at one job: the steps in their order, and the commands in what they print."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.azure.build import Build, worst
from tests.e2e.azure.expressions import PipelineError, evaluate, item
from tests.e2e.azure.steps import KINDS

_MACRO = re.compile(r"\$\((?P<name>[A-Za-z_][\w.]*)\)")
_COMMAND = re.compile(r"##vso\[(?P<name>[a-z.]+) ?(?P<properties>[^\]]*)\](?P<text>.*)")
_TIME_LIMIT_S = 400
_GOOD = ("Succeeded", "SucceededWithIssues")
_EVERYWHERE = ("condition", "continueOnError", "displayName")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What agents run on: how they reach the repository, and the directory of the Python that a job may ask for."""

    remote: Path
    python: Path


@dataclass(kw_only=True)
class Agent:
    """A job at work. ``variables`` reach every script, ``secrets`` what names them, ``path`` is where programs are."""

    build: Build
    name: str
    directory: Path
    machine: Machine
    variables: dict[str, str]
    secrets: Mapping[str, str]
    path: list[str]
    status: str = "Succeeded"

    @property
    def sources(self) -> Path:
        """Where the repository is checked out, and scripts begin."""
        return self.directory / "s"

    def run(self, steps: Sequence[Mapping[str, Any]]) -> str:
        """Run these steps; how the job ends."""
        self.sources.mkdir(parents=True)
        for step in steps:
            kind = next((kind for kind in KINDS if kind in step), "")
            if not kind:
                raise PipelineError(f"no kind of step is known that has {sorted(step)}")
            result = "Skipped"
            if self._wanted(step.get("condition", "succeeded()")):
                result = KINDS[kind](self, {key: part for key, part in step.items() if key not in _EVERYWHERE})
            if result == "Failed" and step.get("continueOnError") == "true":
                result = "SucceededWithIssues"
            self.status = worst((self.status, result))
            self.build.steps[self.name, step.get("displayName", kind)] = result
        return self.status

    def _wanted(self, condition: str) -> bool:
        wanted: bool = evaluate(
            condition,
            {"variables": self.variables},
            {
                "canceled": lambda: False,
                "succeeded": lambda: self.status in _GOOD,
                "succeededOrFailed": lambda: True,
            },
        )
        return wanted

    def filled(self, text: str) -> str:
        """``text`` with the values of variables where it names them as $(NAME)."""
        known = {**self.variables, **self.secrets}
        return _MACRO.sub(lambda found: self.filled(item(known, found["name"])), text)

    def script(self, text: str, own: Mapping[str, str]) -> str:
        """Run a script of bash with the environment of a step, which has variables of its ``own``; how it ended."""
        file = self.directory / "script.sh"
        file.write_text(self.filled(text), "utf-8")
        known = {name.replace(".", "_").upper(): self.filled(value) for name, value in self.variables.items()}
        given = {name: self.filled(value) for name, value in own.items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", str(file)],
            cwd=self.sources,
            env={"HOME": str(self.directory), "LANG": "C.UTF-8", "PATH": ":".join(self.path), **known, **given},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=_TIME_LIMIT_S,
            check=False,
        )
        self.build.printed.append(f"{self.name}:\n{done.stdout}")
        asked = [self._obeyed(found) for line in done.stdout.splitlines() if (found := _COMMAND.search(line))]
        return worst(("Failed" if done.returncode else "Succeeded", *asked))

    def _obeyed(self, command: re.Match[str]) -> str:
        """Do what a command in the output says; the result that it wants the step to have."""
        pairs = (each.partition("=") for each in command["properties"].split(";") if each)
        told, text = {key: value for key, _, value in pairs}, command["text"]
        match command["name"]:
            case "task.complete":
                return told["result"]
            case "task.logissue":
                self.build.issues.append((told["type"], text))
            case "task.prependpath":
                self.path.insert(0, text)
            case "task.setvariable":
                self.variables[told["variable"]] = text
            case "task.uploadsummary":
                self.build.summaries.append(Path(text).read_text("utf-8"))
            case "build.addbuildtag":
                self.build.tags.add(text)
            case name:
                raise PipelineError(f"no command is called {name!r}")
        return "Skipped"
