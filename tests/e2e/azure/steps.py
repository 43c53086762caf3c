"""The kinds of steps and the tasks that generated pipelines use, with the state that Azure keeps for them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from tests.e2e.azure.expressions import PipelineError, only
from tests.support.git_repository import git

if TYPE_CHECKING:
    from tests.e2e.azure.agent import Agent

ADDRESS = "file:///dev/null/octo/Shop/_git/shop"
"""Where the repository is: nobody gets there without the credentials that a checkout may keep."""

_ARTIFACT = re.compile(r'[^\\/":<>|*?]+')
_RESULTS = {"allowPartiallySucceededBuilds": "SucceededWithIssues", "allowFailedBuilds": "Failed"}


def _checkout(agent: Agent, step: Mapping[str, Any]) -> str:
    """The commit of the build, detached; what new pipelines get is its newest commit alone."""
    only(step, "checkout", "fetchDepth", "persistCredentials")
    ref, depth = agent.variables["Build.SourceBranch"], step.get("fetchDepth", "1")
    credentials = f"url.{agent.machine.remote.as_uri()}.insteadOf"
    wanted = ["+refs/heads/*:refs/remotes/origin/*"]
    if ref.startswith("refs/pull/"):
        wanted.append(f"+{ref}:refs/remotes/{ref.removeprefix('refs/')}")
    shallow = [] if depth == "0" else [f"--depth={depth}"]
    git(agent.sources, "init", "--quiet")
    git(agent.sources, "remote", "add", "origin", ADDRESS)
    git(agent.sources, "-c", f"{credentials}={ADDRESS}", "fetch", "--quiet", "--tags", *shallow, "origin", *wanted)
    git(agent.sources, "checkout", "--quiet", "--force", "--detach", agent.variables["Build.SourceVersion"])
    if step.get("persistCredentials", "false").lower() == "true":
        git(agent.sources, "config", credentials, ADDRESS)
    return "Succeeded"


def _bash(agent: Agent, step: Mapping[str, Any]) -> str:
    only(step, "bash", "env")
    return agent.script(step["bash"], step.get("env", {}))


def _publish(agent: Agent, step: Mapping[str, Any]) -> str:
    """An artifact of a directory; its name has to be new in the build."""
    only(step, "publish", "artifact")
    source, name = agent.sources / agent.filled(step["publish"]), agent.filled(step["artifact"])
    if not _ARTIFACT.fullmatch(name) or name in agent.build.names or not source.is_dir():
        agent.build.printed.append(f"{agent.name}: {source} cannot become the artifact {name}")
        return "Failed"
    file = source / ".artifactignore"
    ignored = [line.removeprefix("**/") for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    if any("/" in pattern or pattern.startswith(("!", "#")) for pattern in ignored):
        raise PipelineError(f"{ignored} are more than names")
    shutil.copytree(source, agent.build.artifacts / name, ignore=shutil.ignore_patterns(*ignored))
    return "Succeeded"


def _task(agent: Agent, step: Mapping[str, Any]) -> str:
    only(step, "task", "inputs")
    if step["task"] not in _TASKS:
        raise PipelineError(f"no task is called {step['task']!r}")
    return _TASKS[step["task"]](agent, {name: agent.filled(text) for name, text in step["inputs"].items()})


def _use_python(agent: Agent, inputs: Mapping[str, str]) -> str:
    only(inputs, "versionSpec")
    if not re.fullmatch(r"3\.\d+", inputs["versionSpec"]):
        raise PipelineError(f"{inputs} is no version of Python")
    agent.path.insert(0, str(agent.machine.python))
    return "Succeeded"


def _download(agent: Agent, inputs: Mapping[str, str]) -> str:
    """Artifacts of this build, in directories that are called as they are, or a single one of an earlier build."""
    if inputs.get("buildType") == "specific":
        return _download_earlier(agent, inputs)
    only(inputs, "itemPattern", "targetPath")
    pattern, target = PurePosixPath(inputs["itemPattern"]), Path(inputs["targetPath"])
    target.mkdir(parents=True, exist_ok=True)
    for file in _files(agent.build.artifacts):
        path = file.relative_to(agent.build.artifacts)
        if len(path.parts) == len(pattern.parts) and path.match(str(pattern)):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / path)
    return "Succeeded"


def _download_earlier(agent: Agent, inputs: Mapping[str, str]) -> str:
    """From the newest build of a branch that ended well enough and has all the tags; it may not be there."""
    only(
        inputs, *("buildType", "project", "definition", "buildVersionToDownload", "branchName", "tags"),
        *("artifactName", "targetPath"), *_RESULTS,
    )  # fmt: skip
    mine = (agent.variables["System.TeamProjectId"], agent.variables["System.DefinitionId"], "latestFromBranch")
    if (inputs["project"], inputs["definition"], inputs["buildVersionToDownload"]) != mine:
        raise PipelineError(f"{inputs} are about another pipeline")
    ends = {"Succeeded", *(result for name, result in _RESULTS.items() if inputs.get(name) == "true")}
    tags = {tag for tag in inputs.get("tags", "").split(",") if tag}
    found = [
        build
        for build in agent.build.earlier
        if build.branch == inputs["branchName"] and build.result in ends and tags <= build.tags
    ]
    if not found or inputs["artifactName"] not in found[-1].names:
        agent.build.printed.append(f"{agent.name}: there is no artifact {inputs['artifactName']}")
        return "Failed"
    shutil.copytree(found[-1].artifacts / inputs["artifactName"], inputs["targetPath"], dirs_exist_ok=True)
    return "Succeeded"


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file())


def _publish_tests(agent: Agent, inputs: Mapping[str, str]) -> str:
    only(inputs, "testResultsFormat", "testResultsFiles", "testRunTitle", "failTaskOnFailedTests")
    if (inputs["testResultsFormat"], inputs["failTaskOnFailedTests"]) != ("JUnit", "false"):
        raise PipelineError(f"nothing is known of {inputs}")
    shown = agent.build.tests.setdefault(inputs["testRunTitle"], {})
    files = sorted(agent.sources.glob(inputs["testResultsFiles"]))
    for file in files:
        for case in ET.parse(file).iter("testcase"):  # noqa: S314 - perfreg has just written it
            is_bad = case.find("failure") is not None or case.find("error") is not None
            shown[f"{case.attrib['classname']}.{case.attrib['name']}"] = "failed" if is_bad else "passed"
    return "Succeeded" if files else "SucceededWithIssues"


KINDS: Mapping[str, Callable[[Agent, Mapping[str, Any]], str]] = {
    "bash": _bash,
    "checkout": _checkout,
    "publish": _publish,
    "task": _task,
}
"""By the key that tells the kind of a step, what does it and says how it ended."""

_TASKS: Mapping[str, Callable[[Agent, Mapping[str, str]], str]] = {
    "DownloadPipelineArtifact@2": _download,
    "PublishTestResults@2": _publish_tests,
    "UsePythonVersion@0": _use_python,
}
