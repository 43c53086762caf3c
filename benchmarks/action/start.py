"""How long the Action takes to start: `python benchmarks/action/start.py [--repeats 5] [--write docs/evidence.md]`.

Runs the steps of action.yml that set up, as bash scripts on a new machine (an empty home, no cache of anything), then
what a job imports, and `perfreg --version`; beside `python -m venv` and `pip install` of the same pinned requirements,
in turns and in an order of chance. All fetch from the same index. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).parents[1] / "verdict"))

from evidence_page import table, write_section

ROOT = Path(__file__).parents[2]
PARTS = ("action", "action.yml", "requirements", "schema", "src", "templates")
USED = "import perfreg.cli.action, github, httpx, jinja2, numpy, psutil, scipy.special, yaml"
NETWORK = ("PIP_", "UV_", "SSL_CERT", "REQUESTS_CA", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
COLD, WARM = 0.55, 0.12
REFERENCE = "`python -m venv` and `pip install`"

ABOUT = """## How long the Action takes to start

From the first step of the Action to where it could measure: its own steps, the first import of what a job uses, and
`perfreg --version`; on a new machine, with an empty home and no cache of anything. The first line is the time of
`python -m venv` and `pip install --require-hashes` of the same requirements, and of nothing else; the others are
shares of it, the median of what was measured in the same turn."""

REPEAT = """Where a workflow's cache gave the wheels, each of them is hashed and unpacked again, because nobody is
trusted with that cache; that costs more than taking an environment as it is, which a runner that is kept does. The
time in which the runner fetches the wheels is not in it. Repeat it with `python benchmarks/action/start.py`; it wants
uv, and an index in reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A new machine, with uv or without."""

    home: Path
    action: Path
    uv: Path | None

    def environment(self) -> dict[str, str]:
        """What a step on it inherits."""
        tools = self.home / "tools"
        programs = self.home / "bin"
        for folder in (tools, programs, self.home / "temp"):
            folder.mkdir(parents=True, exist_ok=True)
        for name, program in (("python3", Path(os.path.realpath(sys.executable))), ("uv", self.uv)):
            if program and not (programs / name).exists():
                (programs / name).symlink_to(program)
        kept = {name: value for name, value in os.environ.items() if name.startswith(NETWORK)}
        for name in ("PIP_CACHE_DIR", "UV_CACHE_DIR"):
            kept.pop(name, None)
        own = {"HOME": self.home, "RUNNER_TEMP": self.home / "temp", "RUNNER_TOOL_CACHE": tools}
        plain = {"PATH": f"{programs}:/usr/bin:/bin", "LANG": "C.UTF-8", "PERFREG_CACHE": "true"}
        return {**kept, **plain, **{name: str(path) for name, path in own.items()}}

    def step(self, name: str, **more: str) -> dict[str, str]:
        """Run a step of the Action by its name; gives its outputs."""
        steps = yaml.safe_load((self.action / "action.yml").read_text("utf-8"))["runs"]["steps"]
        (script,) = (step["run"] for step in steps if step.get("id") == name)
        outputs = self.home / "outputs"
        outputs.write_text("")
        env = {**self.environment(), "GITHUB_OUTPUT": str(outputs), "GITHUB_ACTION_PATH": str(self.action), **more}
        shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]
        subprocess.run(shell, env=env, cwd=self.home, stdin=subprocess.DEVNULL, check=True)
        return dict(line.split("=", 1) for line in outputs.read_text("utf-8").splitlines())

    def start(self) -> None:
        """All that the Action does before it measures."""
        interpreter = self.step("plan")["interpreter"]
        python = self.step("setup", PERFREG_INTERPRETER=interpreter)["python"]
        for what in (("-c", USED), ("-m", "perfreg", "--version")):
            self.run(python, "-I", "-X", "utf8", *what)

    def keep(self) -> Path:
        """Fetch the wheels that the workflow's cache keeps."""
        self.step("keep", PERFREG_INTERPRETER=self.step("plan")["interpreter"])
        return self.home / "temp" / "wheels-for-perfreg"

    def plain(self) -> None:
        """What everybody does without this Action."""
        self.run("python3", "-m", "venv", str(self.home / "venv"))
        pip = [str(self.home / "venv/bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        self.run(*pip, "--require-hashes", "-r", str(self.action / "requirements/action.txt"))

    def run(self, *command: str) -> None:
        """Run a command on this machine."""
        env = self.environment()
        program = shutil.which(command[0], path=env["PATH"]) or command[0]
        subprocess.run([program, *command[1:]], env=env, cwd=self.home, stdout=subprocess.DEVNULL, check=True)


@dataclass(slots=True, kw_only=True)
class Way:
    """One way to start, and how long it took each time."""

    name: str
    limit: float | None
    uv: bool
    run: Callable[[Machine], None] = Machine.start
    prepare: Callable[[Machine], object] = Machine.environment
    walls: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


@contextmanager
def new(action: Path, uv: Path | None, below: Path) -> Iterator[Machine]:
    """A machine that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=below) as home:
        yield Machine(home=Path(home), action=action, uv=uv)


def ways(action: Path, uv: Path, below: Path) -> list[Way]:
    """All that is timed; what the warm ones find is made first, and costs no time."""
    wheels = {}
    for has_uv in (True, False):
        with new(action, uv if has_uv else None, below) as machine:
            wheels[has_uv] = machine.keep().rename(below / f"wheels-{has_uv}")

    def restored(machine: Machine) -> None:
        target = Path(machine.environment()["RUNNER_TEMP"]) / "wheels-for-perfreg"
        shutil.copytree(wheels[machine.uv is not None], target)

    return [
        Way(name=REFERENCE, limit=None, uv=False, run=Machine.plain),
        Way(name="cold, uv there", limit=COLD, uv=True),
        Way(name="cold, uv brought by pip", limit=COLD, uv=False),
        Way(name="warm, a runner that is kept", limit=WARM, uv=False, prepare=Machine.start),
        Way(name="wheels from the workflow's cache, uv there", limit=None, uv=True, prepare=restored),
        Way(name="wheels from the workflow's cache, uv among them", limit=None, uv=False, prepare=restored),
    ]


def measure(way: Way, machine: Machine) -> None:
    """Time one start of one way."""
    way.prepare(machine)
    os.sync()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    way.run(machine)
    way.walls.append(time.perf_counter() - begin)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    way.processor.append(after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime)


def shares(way: Way, reference: Way) -> list[float]:
    """Of the reference, turn by turn."""
    return [mine / its for mine, its in zip(way.walls, reference.walls, strict=True)]


def row(way: Way, reference: Way) -> list[str]:
    """A line of the table."""
    seconds = f"{statistics.median(way.walls):.2f} s ({min(way.walls):.2f} to {max(way.walls):.2f})"
    used = f"{statistics.median(way.processor):.2f} s"
    share = statistics.median(shares(way, reference))
    verdict = ("", "") if way.limit is None else (f"at most {way.limit}", "met" if share <= way.limit else "missed")
    return [way.name, seconds, used, f"{share:.3f}", *verdict]


def main() -> None:
    """Measure, print, and write where that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--uv", type=Path, help="the program itself, and no script that finds it")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    args = parser.parse_args()
    beside = Path(sys.base_prefix) / "bin" / "uv"
    uv = args.uv or (beside if beside.exists() else Path(shutil.which("uv") or sys.exit("uv is not here")))
    with tempfile.TemporaryDirectory(prefix="start-") as folder:
        action = Path(folder) / "action"
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copyfile
            (action / part).parent.mkdir(parents=True, exist_ok=True)
            copy(ROOT / part, action / part)
        for cache in [*action.rglob("__pycache__")]:
            shutil.rmtree(cache)
        every = ways(action, uv, Path(folder))
        for turn in range(args.repeats):
            for way in random.Random(turn).sample(every, len(every)):  # noqa: S311 - an order, no secret
                with new(action, uv if way.uv else None, Path(folder)) as machine:
                    measure(way, machine)
                print(f"{turn + 1}: {way.walls[-1]:7.2f} s  {way.name}", flush=True)
    rows = [row(way, every[0]) for way in every]
    machine_ = f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, {args.repeats} turns."
    text = table(("start", "time", "processor time", "share", "target", ""), rows)
    print(f"\n{text}")
    if args.write:
        write_section(args.write, "start", f"{ABOUT}\n\n{text}\n\n{machine_} {REPEAT}")
    sys.exit(any(cells[-1] == "missed" for cells in rows))


if __name__ == "__main__":
    main()
