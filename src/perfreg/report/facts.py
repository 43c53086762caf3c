"""What a run was made of and compared with: environment, code, baseline, configuration."""

from __future__ import annotations

from perfreg.model.comparison import Comparison
from perfreg.model.result import BaselineInfo, Result
from perfreg.model.run import Environment
from perfreg.report import words
from perfreg.report.escape import visible
from perfreg.report.versus import side_line

Facts = tuple[tuple[str, str], ...]
"""Labels and what they are; absent facts are left out."""

_TRUST = {
    "established": "yes, as asked",
    "automatic": "yes, a clean run of the base branch",
    "none": "no",
}


def environment_line(environment: Environment) -> str:
    """The machine in one line, with the key that baselines go by."""
    parts = (
        environment.name,
        f"{environment.os} {environment.architecture}",
        f"{environment.cpu_model} ({_machine(environment)})",
        environment.interpreter,
        environment.runner_image,
        f"key {environment.key}",
    )
    return ", ".join(visible(part) for part in parts if part)


def _machine(environment: Environment) -> str:
    return f"{_cpus(environment.cpus)}, {environment.memory_mb:,} MB"


def _limits(environment: Environment) -> str:
    """What a container leaves of the machine; empty where it leaves everything."""
    cpus, memory = environment.cpu_limit, environment.memory_limit_mb
    parts = ("" if cpus is None else _cpus(cpus), "" if memory is None else f"{memory:,} MB")
    return ", ".join(part for part in parts if part)


def _cpus(count: float) -> str:
    return f"{words.number(count)} CPU{'' if count == 1 else 's'}"


def baseline_line(baseline: BaselineInfo) -> str:
    """What the run was compared with, in one line."""
    if not baseline.runs:
        return "none"
    parts = [words.count(baseline.runs, "run")]
    if baseline.age_days is not None:
        parts.append(f"the newest {words.age(baseline.age_days)}")
    if baseline.newest_commit:
        parts.append(f"commit {visible(baseline.newest_commit[:12])}")
    if baseline.health is not None:
        parts.append(f"health {baseline.health:.2f} of 1")
    return ", ".join(parts)


def code_facts(result: Result) -> Facts:
    """The commit and where it came from."""
    source = result.run.source
    return _present(
        ("Commit", source.commit or "none"),
        ("Parents", ", ".join(parent[:12] for parent in source.parents)),
        ("Branch", source.branch),
        ("Base branch", source.base_branch),
        ("Pull request", source.pull_request),
        ("Uncommitted", "changes" if source.dirty else "nothing"),
    )


def environment_facts(result: Result) -> Facts:
    """The machine."""
    environment = result.run.environment
    return _present(
        ("Key", environment.key),
        ("Name", environment.name),
        ("System", f"{environment.os} {environment.architecture}"),
        ("Processor", environment.cpu_model),
        ("Size", _machine(environment)),
        ("Container limits", _limits(environment)),
        ("Interpreter", environment.interpreter),
        ("Runner image", environment.runner_image),
    )


def baseline_facts(result: Result) -> Facts:
    """What was compared with."""
    baseline = result.baseline
    age = "" if baseline.age_days is None else words.age(baseline.age_days)
    return _present(
        ("Trusted runs", f"{baseline.runs:,}" if baseline.runs else "none"),
        ("Newest", age),
        ("Newest commit", baseline.newest_commit),
        ("Health", "" if baseline.health is None else f"{baseline.health:.2f} of 1"),
        ("Concerns", "; ".join(baseline.concerns)),
        ("This run becomes one", _becomes_baseline(result)),
    )


def comparison_facts(comparison: Comparison, repeat: str) -> Facts:
    """The two sides and how they were measured; ``repeat`` is the command that does it again."""
    base, head = comparison.base, comparison.head
    if comparison.mode == "results":
        return _present(("Base", side_line(base)), ("Head", side_line(head)), ("Rounds", "none: measured apart"))
    return _present(
        ("Base", side_line(base)),
        ("Base commit", base.commit),
        ("Head", side_line(head)),
        ("Head commit", head.commit),
        ("Took", words.duration(comparison.elapsed_s)),
        ("Budget", words.duration(comparison.budget_s)),
        ("Restarts", f"{comparison.restarts:,}"),
        ("Seed", f"{comparison.seed}"),
        ("Repeat", repeat),
    )


def _becomes_baseline(result: Result) -> str:
    refused = {each for each in result.with_status("regression") if not each.accepted}
    return "no: it regressed" if refused and result.run.trust != "none" else _TRUST[result.run.trust]


def run_facts(result: Result) -> Facts:
    """The execution and its configuration."""
    run = result.run
    return _present(
        ("Run", run.id),
        ("Started", run.started_at),
        ("Took", words.duration(run.duration_s)),
        ("Configuration", run.config_hash),
        ("perfreg", run.tool_version),
    )


def _present(*facts: tuple[str, str]) -> Facts:
    return tuple((label, visible(text)) for label, text in facts if text)
