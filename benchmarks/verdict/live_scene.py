"""The stage of `live.py`: a repository whose branches differ in the work of a service, and what is done with them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import live_service
from live_rivals import alternately, compared, latencies

Record = dict[str, Any]
"""A line of the file of results."""

BASE = "base"
SCENARIO = "work"
METRICS = ("response_time_p50", "cpu_time_per_request")
"""Those whose figures are shown. A regression of any metric counts, as a right one or as a false one."""

_WORK_S = 0.010
_DEADLINE_S = 600.0
_CALIBRATION_S = 30.0
_START = f"{shlex.quote(sys.executable)} -S service.py {{port}}"


def branch(effect_pct: int) -> str:
    """The branch whose service has so much more to do."""
    return f"slower-{effect_pct}"


def steps_here() -> int:
    """Steps that take this machine about 10 ms."""
    few, times = 20_000, []
    for _ in range(20):
        began = time.perf_counter()
        live_service.work(few)
        times.append(time.perf_counter() - began)
    return round(_WORK_S / min(times) * few)


def steps_for_one_percent(steps: int, directory: Path) -> float:
    """Steps more that make an answer of so many ``steps`` take 1 % longer: not all of its time is work.

    A client's and a server's fixed part is what twice the steps fall short of twice the time, when two services
    answer by turns; the median of the ratios of neighbours is the same on a processor whose speed changes.
    """
    once, twice = alternately([source(steps, "once"), source(2 * steps, "twice")], directory, _CALIBRATION_S)
    return steps / (100 * (median(b / a for a, b in zip(once, twice, strict=True)) - 1))


def source(steps: int, comment: str) -> str:
    """The service with so many steps for an answer."""
    text = Path(live_service.__file__).read_text(encoding="utf-8")
    return re.sub(r"(?m)^STEPS = .*$", f"STEPS = {steps}  # {comment}", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A repository at ``root`` with a branch for base and one for each effect."""

    root: Path
    steps: int
    one_percent: float

    def build(self, effects: Sequence[int]) -> None:
        """Make the repository."""
        self.root.mkdir(parents=True)
        self._git("init", "--quiet", "--initial-branch", BASE)
        config = {
            "service": {"start": _START},
            "test_scenarios": [{"name": SCENARIO, "type": "api", "endpoint": "/", "concurrent_users": 1}],
        }
        (self.root / "perfreg.yml").write_text(json.dumps(config, indent=2), encoding="utf-8")
        self._commit(BASE, self.steps)
        for effect in effects:
            self._git("switch", "--quiet", "--create", branch(effect), BASE)
            self._commit(branch(effect), self._steps_of(effect))

    def compare(self, effect_pct: int, budget: str, seed: int) -> Record:
        """What `perfreg compare` says of a branch, as a user would ask it."""
        began, report = time.monotonic(), self.root / "compare.json"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "perfreg", "compare", "--base", BASE, "--head", branch(effect_pct)]
        command += ["--budget", budget, "--seed", str(seed), "--format", "json", "--output", str(report)]
        ended = subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, check=False, timeout=_DEADLINE_S
        )  # fmt: skip
        found: Record = {"exit_code": ended.returncode, "wall_s": round(time.monotonic() - began, 2)}
        if ended.returncode not in (0, 1):
            return {**found, "error": ended.stderr[-2000:]}
        return found | summary(json.loads(report.read_text(encoding="utf-8")))

    def separately(self, effect_pct: int, seconds: float) -> Record:
        """What the rivals say, when base and then head are loaded for ``seconds`` each."""
        directory = self.root.parent / "separate"
        base = latencies(source(self.steps, BASE), directory, seconds)
        head = latencies(source(self._steps_of(effect_pct), branch(effect_pct)), directory, seconds)
        return {"seconds": round(seconds, 2), **compared(base, head)}

    def _steps_of(self, effect_pct: int) -> int:
        return self.steps + round(effect_pct * self.one_percent)

    def _commit(self, name: str, steps: int) -> None:
        (self.root / "service.py").write_text(source(steps, name), encoding="utf-8")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", f"{name}: {steps} steps")

    def _git(self, *arguments: str) -> None:
        who = ("-c", "user.name=live", "-c", "user.email=live@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=self.root, check=True)


def summary(result: Record) -> Record:
    """What the benchmark keeps of perfreg's JSON."""
    comparison = result["comparison"]
    noise = {each["metric"]: each for each in comparison["noise"]}
    metrics = {}
    for verdict in result["verdicts"]:
        seen = noise.get(verdict["metric"], {})
        metrics[verdict["metric"]] = {
            **{key: verdict.get(key) for key in ("status", "change_pct", "ci_low_pct", "ci_high_pct", "base", "head")},
            **{key: seen.get(key) for key in ("rounds", "sigma_pct", "detectable_pct")},
        }
    return {"elapsed_s": comparison["elapsed_s"], "restarts": comparison["restarts"], "metrics": metrics}
