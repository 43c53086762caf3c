"""A Jenkins that runs generated files: steps in Groovy, scripts for real, artifacts handed on from build to build."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.support.tools import groovy

_HERE = Path(__file__).parent
_TIME_LIMIT_S = 600

REAL = Path(sys.executable).with_name("perfreg")
"""The perfreg of the environment that the tests run in."""

# A virtual environment that has one program: installing is pip's business, and fails where a build says so.
_PYTHON = """\
#!/bin/sh
[ "$2" = venv ] || exec '{python}' "$@"
mkdir -p "$3/bin"
ln -sf '{perfreg}' "$3/bin/perfreg"
printf '#!/bin/sh\\nexit "${{PIP_FAILS:-0}}"\\n' > "$3/bin/python"
chmod +x "$3/bin/python"
"""

# Containers are not started here: whoever asks for the health of one hears that it is well.
_DOCKER = "#!/bin/sh\necho healthy\n"


@dataclass(frozen=True, kw_only=True)
class Build:
    """A build. ``archive`` has the artifacts of its job, ``given`` are the settings of a library's step."""

    file: Path
    workspace: Path
    archive: Path
    environment: Mapping[str, str]
    parameters: Mapping[str, str | bool] = field(default_factory=dict)
    given: Mapping[str, Any] | None = None
    credentials: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A build that ended: its steps in turn, each with what it was given."""

    steps: tuple[tuple[str, Any], ...]

    @property
    def result(self) -> str:
        """How it ended."""
        name, result = self.steps[-1]
        assert name == "result"
        return str(result)

    @property
    def stages(self) -> list[str]:
        """The stages that ran, those of the frame and those within them."""
        skipped = self.given("skipped")
        return [name for name in self.given("stage") if name not in skipped]

    @property
    def log(self) -> str:
        """Everything that it did, for people."""
        return "\n".join(f"[{name}] {detail}" for name, detail in self.steps)

    def given(self, step: str) -> list[Any]:
        """What each use of a step was given."""
        return [detail for name, detail in self.steps if name == step]

    def only(self, step: str) -> Any:
        """What the only use of a step was given."""
        (detail,) = self.given(step)
        return detail


def machine(folder: Path, perfreg: Path = REAL) -> str:
    """An agent whose virtual environments have this ``perfreg``: its PATH."""
    folder.mkdir()
    for name, text in (("python3", _PYTHON.format(python=sys.executable, perfreg=perfreg)), ("docker", _DOCKER)):
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def run(folder: Path, *builds: Build) -> list[Finished]:
    """Run builds one after the other, in one process of Java."""
    plan = folder / "plan.json"
    plan.write_text(json.dumps([asdict(build) for build in builds], default=str), "utf-8")
    java, flag, jars, main = groovy()
    command = [java, flag, f"{jars}{os.pathsep}{_HERE}", main, str(_HERE / "harness.groovy"), str(plan)]
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=_TIME_LIMIT_S)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    steps: list[list[tuple[str, Any]]] = [[] for _ in builds]
    for line in done.stdout.splitlines():
        each = json.loads(line)
        steps[each["build"]].append((each["step"], each["detail"]))
    return [Finished(steps=tuple(each)) for each in steps]
