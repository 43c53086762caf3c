"""Install perfreg for the Action into an environment of its own and tell the next step where its Python is.

Run by any Python 3.10 or newer on the runner, with nothing but the standard library. Everything that is downloaded
is pinned by hash in `requirements/`. A second use of the Action in the same job finds the environment ready.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS = [ROOT / "requirements" / "action.txt", ROOT / "requirements" / "build.txt"]

# Settings of the caller's own builds that would change what is installed, or where.
MISLEADING = {
    *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"),
    *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_CONSTRAINT", "PIP_REQUIREMENT", "PIP_EXTRA"),
    *("UV_SYSTEM_PYTHON", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT"),
}


def environment_directory(temporary: Path) -> Path:
    """One directory for each interpreter, checkout of the Action and set of pins."""
    digest = hashlib.sha256(f"{sys.version}\n{sys.executable}\n{ROOT}\n".encode())
    for path in PINS:
        digest.update(path.read_bytes())
    return temporary / f"perfreg-{digest.hexdigest()[:16]}"


def python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def installer(environment: Path) -> list[str]:
    """The command that installs into the environment, which it creates: uv where there is one, else pip."""
    uv = shutil.which("uv")
    if uv:
        run([uv, "venv", "--quiet", "--no-project", "--clear", "--python", sys.executable, str(environment)])
        return [uv, "pip", "install", "--quiet", "--python", str(python_of(environment))]
    venv.create(environment, with_pip=True, clear=True)
    # Compiling every module costs more than compiling the few that are used.
    pip = [str(python_of(environment)), "-I", "-m", "pip", "install", "--disable-pip-version-check"]
    return [*pip, "--quiet", "--no-compile"]


def run(command: list[str]) -> None:
    # In the Action's own directory, so that no configuration of the caller's project applies.
    clean = {name: value for name, value in os.environ.items() if name.upper() not in MISLEADING}
    subprocess.run(command, check=True, cwd=ROOT, env=clean)


def install(environment: Path) -> None:
    command = installer(environment)
    pins = [part for path in PINS for part in ("-r", str(path))]
    run([*command, "--require-hashes", *pins])
    run([*command, "--no-deps", "--no-build-isolation", str(ROOT)])


def main() -> None:
    environment = environment_directory(Path(os.environ["RUNNER_TEMP"]))
    ready = environment / "perfreg-is-ready"
    if not ready.exists():
        try:
            install(environment)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"::error title=perfreg::could not be installed: {error}".replace("\n", " "))
        ready.touch()
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"python={python_of(environment)}\n")


if __name__ == "__main__":
    main()
