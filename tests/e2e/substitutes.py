"""What act is given in place of GitHub: actions from this machine, and the context that it does not know.

Nothing of github.com is asked for. The Action is a copy of this work tree; actions of others are the small ones in
``actions/``, whatever commit a workflow pins.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
OURS = "org/perf-regression"
REUSABLE = Path(".github/workflows/perf-regression.yml")

_HERE = Path(__file__).parent / "actions"
_STRANGERS = {
    "actions/cache": _HERE / "cache",
    "actions/checkout": _HERE / "checkout",
    "actions/upload-artifact": _HERE / "upload_artifact",
    "actions/download-artifact": _HERE / "download_artifact",
}
_USES = re.compile(r"^\s*(?:- )?uses: (?P<repository>[\w.-]+/[\w.-]+)[\w./-]*@(?P<ref>[\w.-]+)", re.MULTILINE)
_STRATEGY = re.compile(r"^ {4}strategy:", re.MULTILINE)
_MOST_LEGS = 6


def copy_action(target: Path) -> Path:
    """Copy what git would commit of this work tree, as the repository of the Action."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if name.startswith(("benchmarks/", "docs/", "tests/")) or not (ROOT / name).is_file():
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    for file in (target / "action.yml", target / REUSABLE):
        file.write_text(with_strategy(file.read_text("utf-8")), encoding="utf-8")
    return target


def local_repositories(action: Path, *texts: str) -> list[str]:
    """Arguments of act that replace every repository which the Action or one of these workflows uses.

    Fails for one that has no substitute: act would ask github.com for it.
    """
    files = [*action.glob("**/action.yml"), action / REUSABLE]
    used = {found.groups() for text in (*texts, *(file.read_text("utf-8") for file in files))
            for found in _USES.finditer(text)}  # fmt: skip
    return [f"--local-repository={name}@{ref}={({OURS: action} | _STRANGERS)[name]}" for name, ref in sorted(used)]


def with_strategy(text: str) -> str:
    """A workflow or an action with ``strategy.job-index`` and ``job-total`` in variables of its jobs: act has neither.

    Inside of a composite action act does not even know the matrix, but variables of the job are there.
    """
    for name in ("index", "total"):
        text = text.replace(f"strategy.job-{name}", f"env.E2E_JOB_{name.upper()}")
    jobs = (yaml.safe_load(text).get("jobs") or {}).values()
    matrices = iter([job["strategy"]["matrix"] for job in jobs if "strategy" in job])
    return _STRATEGY.sub(lambda _: f"    env: {json.dumps(_variables(next(matrices)))}\n    strategy:", text)


def _variables(matrix: dict[str, Any]) -> dict[str, str]:
    """Expressions for the place of a leg and for how many there are, of a matrix with one axis."""
    ((axis, values),) = matrix.items()
    legs = values[3:-2].strip() if isinstance(values, str) else f"fromJSON('{json.dumps(values)}')"
    places = range(_MOST_LEGS - 1, 0, -1)
    index = "".join(f"{legs}[{place}] == matrix.{axis} && '{place}' || " for place in places)
    total = "".join(f"{legs}[{place}] && '{place + 1}' || " for place in places)
    return {"E2E_JOB_INDEX": f"${{{{ {index}'0' }}}}", "E2E_JOB_TOTAL": f"${{{{ {total}'1' }}}}"}
