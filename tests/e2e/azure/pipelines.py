"""Azure Pipelines in small, on this machine: the builds of one pipeline, with stages, jobs and matrices one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.azure.agent import Agent, Machine
from tests.e2e.azure.build import Build, worst
from tests.e2e.azure.expressions import evaluate, item, only
from tests.e2e.azure.template import load
from tests.support.git_repository import git

_GOOD = ("Succeeded", "SucceededWithIssues")
_WHERE_PROGRAMS_ARE = ("/usr/local/bin", "/usr/bin", "/bin")
_MESSAGE = 200

Entry = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Pipelines:
    """A pipeline and its builds. ``variables`` are the server's, ``token`` is that of its jobs.

    ``templates`` are files of another repository that the pipeline may extend.
    """

    directory: Path
    machine: Machine
    variables: Mapping[str, str]
    token: str
    templates: Mapping[str, str] = field(default_factory=dict)
    builds: list[Build] = field(default_factory=list)

    def run(self, text: str, trigger: Mapping[str, str], parameters: Mapping[str, Any]) -> Build:
        """Run the pipeline in ``text``. The ``trigger`` says in variables what the build is about."""
        number = str(len(self.builds) + 1)
        pipeline = load(text, self.templates, parameters, trigger)
        own = pipeline.get("variables", {})
        known = {**self.variables, **trigger, "Build.BuildId": number, "System.JobAttempt": "1", **own}
        build = Build(
            directory=self.directory / number, branch=trigger["Build.SourceBranch"], earlier=tuple(self.builds)
        )
        self.builds.append(build)
        build.stages = _in_turn("stage", pipeline["stages"], known, lambda stage: self._stage(build, stage, known))
        build.result = worst(build.stages.values())
        return build

    def _stage(self, build: Build, stage: Entry, variables: Mapping[str, str]) -> str:
        only(stage, "stage", "dependsOn", "condition", "jobs")
        ended = _in_turn("job", stage["jobs"], variables, lambda job: self._job(build, job, variables))
        build.jobs.update(ended)
        return worst(ended.values())

    def _job(self, build: Build, job: Entry, variables: Mapping[str, str]) -> str:
        only(
            job, *("job", "deployment", "displayName", "dependsOn", "condition", "environment", "pool", "strategy"),
            *("timeoutInMinutes", "cancelTimeoutInMinutes", "steps"),
        )  # fmt: skip
        strategy = job.get("strategy", {})
        only(strategy, "maxParallel", "matrix", "runOnce")
        if "deployment" in job:
            return self._leg(build, job["deployment"], strategy["runOnce"]["deploy"]["steps"], variables)
        legs = strategy.get("matrix", {"": {}})
        ended = [
            self._leg(build, f"{job['job']} {leg}".strip(), job["steps"], {**variables, **own})
            for leg, own in legs.items()
        ]
        return worst(ended)

    def _leg(self, build: Build, name: str, steps: Sequence[Entry], variables: Mapping[str, str]) -> str:
        place = build.directory / name.replace(" ", "-")
        message = git(self.machine.remote, "log", "-1", "--format=%s", variables["Build.SourceVersion"])
        here = {
            "Agent.BuildDirectory": str(place),
            "Agent.JobName": name,
            "Agent.OS": "Linux",
            "Build.SourceVersionMessage": message[:_MESSAGE],
            "Build.SourcesDirectory": str(place / "s"),
            "Pipeline.Workspace": str(place),
            "System.DefaultWorkingDirectory": str(place / "s"),
        }
        agent = Agent(
            build=build,
            name=name,
            directory=place,
            machine=self.machine,
            variables={**variables, **here},
            secrets={"System.AccessToken": self.token},
            path=list(_WHERE_PROGRAMS_ARE),
        )
        build.jobs[name] = agent.run(steps)
        return build.jobs[name]


def _in_turn(
    kind: str, entries: Sequence[Entry], variables: Mapping[str, str], run: Callable[[Entry], str]
) -> dict[str, str]:
    """How stages or jobs ended, each of which ran after those that it depends on. A stage depends on that before it."""
    results: dict[str, str] = {}
    before: dict[str, dict[str, str]] = {}
    for entry in entries:
        name = entry.get("deployment") or entry[kind]
        needed = entry.get("dependsOn", list(results)[-1] if kind == "stage" and results else "")
        # What went before counts with all that went before that.
        before[name] = {needed: item(results, needed), **before[needed]} if needed else {}
        is_wanted = _wanted(entry.get("condition", "succeeded()"), variables, needed, before[name])
        results[name] = run(entry) if is_wanted else "Skipped"
    return results


def _wanted(condition: str, variables: Mapping[str, str], needed: str, before: Mapping[str, str]) -> bool:
    wanted: bool = evaluate(
        condition,
        {"variables": variables, "dependencies": {needed: {"result": before.get(needed, "")}}},
        {
            "canceled": lambda: False,
            "succeeded": lambda: all(result in _GOOD for result in before.values()),
        },
    )
    return wanted
