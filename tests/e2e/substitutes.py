"""What act is given in place of GitHub: actions from this machine, and the context that it does not know.

Nothing of github.com is asked for. The Action is a copy of this work tree; actions of others are the small ones in
``actions/``, whatever commit a workflow pins.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = "org/perf-regression"
REUSABLE = Path(".github/workflows/perf-regression.yml")

_HERE = Path(__file__).parent / "actions"
_STRANGERS = {
    "actions/cache": _HERE / "cache",
    "actions/checkout": _HERE / "checkout",
    "actions/setup-python": _HERE / "setup_python",
    "actions/upload-artifact": _HERE / "upload_artifact",
    "actions/download-artifact": _HERE / "download_artifact",
}
_USES = re.compile(r"^\s*(?:- )?uses: (?P<repository>[\w.-]+/[\w.-]+)[\w./-]*@(?P<ref>[\w.-]+)", re.MULTILINE)


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
    action = target / "action.yml"
    action.write_text(_with_strategy(action.read_text("utf-8")), encoding="utf-8")
    return target


def local_repositories(action: Path, *texts: str) -> list[str]:
    """Arguments of act that replace every repository which the Action or one of these workflows uses.

    Fails for one that has no substitute: act would ask github.com for it.
    """
    files = [*action.glob("**/action.yml"), action / REUSABLE]
    used = {found.groups() for text in (*texts, *(file.read_text("utf-8") for file in files))
            for found in _USES.finditer(text)}  # fmt: skip
    return [f"--local-repository={name}@{ref}={({OURS: action} | _STRANGERS)[name]}" for name, ref in sorted(used)]


def _with_strategy(text: str) -> str:
    """An action that asks variables for its place in a matrix: act knows neither that nor, in an action, the matrix."""
    for name in ("index", "total"):
        text = text.replace(f"strategy.job-{name}", f"env.E2E_JOB_{name.upper()}")
    return text


def strategy(*scenarios: str) -> dict[str, str]:
    """Those variables, for jobs with one scenario each: act fills them in for each leg."""
    places = (f"matrix.scenario == '{name}' && '{place}'" for place, name in enumerate(scenarios))
    return {
        "E2E_JOB_INDEX": f"${{{{ {' || '.join(places)} || '0' }}}}",
        "E2E_JOB_TOTAL": f"${{{{ matrix.scenario && '{len(scenarios)}' || '1' }}}}",
    }
