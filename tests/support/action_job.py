"""The Action's step within this process: without the seconds that setting it up takes."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import yaml

from perfreg.cli.actions.job import main
from tests.support.command_line import environment
from tests.support.composite import Annotation, _annotations, _outputs

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Used:
    """What one use of the Action left behind."""

    code: int
    outputs: dict[str, str]
    summary: str
    annotations: list[Annotation]
    log: str

    def upload(self, directory: Path) -> Path:
        """What the upload step and the download step of another job do with its reports."""
        place = directory / self.outputs["artifact-name"]
        place.mkdir(parents=True)
        for name in self.outputs["artifact-files"].splitlines():
            for file in Path(name).parent.glob(Path(name).name):
                shutil.copy(file, place)
        return place


def use(workspace: Path, temp: Path, job: dict[str, str], **inputs: str) -> Used:
    """Use the Action in ``workspace`` with these inputs (underscores for hyphens); ``job`` are the job's variables."""
    temp.mkdir(exist_ok=True)
    files = {name: temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("")
    defined = yaml.safe_load((_ROOT / "action.yml").read_text("utf-8"))["inputs"]
    assert {name.replace("_", "-") for name in inputs} <= defined.keys()
    values = {**{name.replace("-", "_"): str(spec["default"]) for name, spec in defined.items()}, **inputs}
    given = {f"INPUT_{name.upper()}": value for name, value in values.items()}
    env = {**environment(), "GITHUB_JOB": "perf", "RUNNER_TEMP": str(temp), "NO_PROXY": "*", **job, **given}
    code, log = _run(workspace, {**env, **{name: str(file) for name, file in files.items()}})
    return Used(
        code=code,
        outputs=_outputs(files["GITHUB_OUTPUT"].read_text("utf-8")),
        summary=files["GITHUB_STEP_SUMMARY"].read_text("utf-8"),
        annotations=_annotations(log),
        log=log,
    )


def _run(workspace: Path, env: dict[str, str]) -> tuple[int, str]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
    before, saved, handler = Path.cwd(), dict(os.environ), signal.getsignal(signal.SIGTERM)
    os.chdir(workspace)
    os.environ.clear()
    os.environ.update(env)
    try:
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            code = main(os.environ)
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(saved)
        signal.signal(signal.SIGTERM, handler)
    return code, stream.buffer.getvalue().decode("utf-8")
