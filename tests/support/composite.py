"""Runs the steps of a composite action as GitHub's runner does: the same shell, files and workflow commands.

Strict where the runner is lenient: an expression, key or command it does not know fails the test.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_COMPARISON = re.compile(r"(\S+) (==|!=) '([^']*)'")
_STEP_KEYS = {"id", "if", "shell", "run", "env", "uses", "with", "continue-on-error"}


@dataclass(frozen=True)
class Annotation:
    """What the runner would show: its level, properties and message, unescaped."""

    level: str
    properties: dict[str, str]
    message: str


@dataclass
class Job:
    """What one use of an action left behind."""

    code: int = 0
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    uses: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)


class Composite:
    """A composite action on a runner whose files are in ``temp``; ``env`` is all that its steps inherit."""

    def __init__(self, action: Path, *, temp: Path, workspace: Path, env: Mapping[str, str]) -> None:
        self._definition: dict[str, Any] = yaml.safe_load(action.read_text("utf-8"))
        self._temp = temp
        self._workspace = workspace
        self._env = {**env, "RUNNER_TEMP": str(temp), "GITHUB_ACTION_PATH": str(action.parent), "GITHUB_JOB": "perf"}

    def run(self, **given: str) -> Job:
        """Run every step with the inputs ``given`` (underscores for hyphens)."""
        inputs = {name: str(spec.get("default", "")) for name, spec in self._definition["inputs"].items()}
        for name, value in given.items():
            assert name.replace("_", "-") in inputs, f"no such input: {name}"
            inputs[name.replace("_", "-")] = value
        contexts = {
            "strategy.job-index": "0",
            "strategy.job-total": "1",
            "github.token": "job-token",
            "github.event_name": self._env.get("GITHUB_EVENT_NAME", ""),
            "runner.temp": str(self._temp),
            **{f"inputs.{name}": value for name, value in inputs.items()},
        }
        job = Job()
        for number, step in enumerate(self._definition["runs"]["steps"]):
            assert step.keys() <= _STEP_KEYS, step
            if not _wanted(step.get("if", "success()"), contexts, failed=job.code != 0):
                continue
            if "uses" in step:
                job.uses.append({"uses": step["uses"], **_resolved(step["with"], contexts)})
                continue
            for name, value in self._step(step, number, contexts, job).items():
                contexts[f"steps.{step['id']}.outputs.{name}"] = value
        for name, spec in self._definition["outputs"].items():
            job.outputs[name] = _expand(spec["value"], contexts)
        return job

    def _step(self, step: dict[str, Any], number: int, contexts: dict[str, str], job: Job) -> dict[str, str]:
        files = {name: self._temp / f"{name}_{number}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        script = self._temp / f"step_{number}.sh"
        assert "${{" not in step["run"], "an expression in a script is an injection"
        script.write_text(step["run"])
        assert step["shell"] == "bash"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            env={**self._env, **{k: str(v) for k, v in files.items()}, **_resolved(step.get("env", {}), contexts)},
            cwd=self._workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        job.code = job.code or done.returncode
        job.log += done.stdout
        job.annotations += _annotations(done.stdout)
        job.summary += files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        return _outputs(files["GITHUB_OUTPUT"].read_text("utf-8"))


def _wanted(condition: str, contexts: Mapping[str, str], *, failed: bool) -> bool:
    """A conjunction of ``always()``, ``success()`` and comparisons with a string."""
    terms = condition.split(" && ")
    return all(_term(term, contexts) for term in terms) and (not failed or "always()" in terms)


def _term(term: str, contexts: Mapping[str, str]) -> bool:
    if term in ("always()", "success()"):
        return True
    comparison = _COMPARISON.fullmatch(term)
    assert comparison, f"unknown condition: {term}"
    value, operator, literal = comparison.groups()
    return (_value(value, contexts) == literal) is (operator == "==")


def _value(name: str, contexts: Mapping[str, str]) -> str:
    """The value of a context's member; an output that no step has set is empty, all else must be known."""
    if name.startswith("steps."):
        return contexts.get(name, "")
    return contexts[name]


def _expand(text: str, contexts: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda found: _value(found[1], contexts), text)


def _resolved(mapping: Mapping[str, Any], contexts: Mapping[str, str]) -> dict[str, str]:
    return {name: _expand(str(value), contexts) for name, value in mapping.items()}


def _outputs(text: str) -> dict[str, str]:
    """The outputs of a step from its file: ``name=value`` and ``name<<MARK`` blocks, nothing else."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        block = re.fullmatch(r"([\w-]+)<<(\S+)", line)
        if block:
            value: list[str] = []
            for inner in lines:
                if inner == block[2]:
                    break
                value.append(inner)
            else:
                raise AssertionError(f"output {block[1]} has no end")
            found[block[1]] = "\n".join(value)
        else:
            name, equals, plain = line.partition("=")
            assert equals, f"not an output: {line!r}"
            found[name] = plain
    return found


def _annotations(log: str) -> list[Annotation]:
    """The annotations that the runner would make of a log, and no other command in it."""
    found: list[Annotation] = []
    resume = ""
    for line in log.splitlines():
        command = re.fullmatch(r"\s*::([\w-]+)(?: ([^:]*))?::(.*)", line)
        if resume:
            resume = "" if line.strip() == f"::{resume}::" else resume
        elif command and command[1] == "stop-commands":
            resume = command[3]
        elif command:
            assert command[1] in ("error", "warning"), f"unexpected command: {line}"
            properties = dict(item.split("=", 1) for item in (command[2] or "").split(",") if item)
            found.append(Annotation(command[1], {k: _plain(v) for k, v in properties.items()}, _plain(command[3])))
    assert not resume, "commands were stopped and never resumed"
    return found


def _plain(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text
