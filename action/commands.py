"""Run uv and pip, with those of the caller's settings that say how the index is reached, and no others."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
from pathlib import Path

from action.environment import ROOT, SetupError

# Of the caller's settings for pip and uv only those about how the index is reached: others would change what is
# installed, or where.
_NETWORK = re.compile(
    r"(?:PIP|UV)_(?:CONFIG_FILE|NO_CONFIG|(?:DEFAULT_|EXTRA_)?INDEX(?:_.+)?|NO_INDEX|FIND_LINKS|OFFLINE|CERT|CLIENT_CERT"
    r"|TRUSTED_HOST|INSECURE_HOST|NATIVE_TLS|SYSTEM_CERTS|PROXY|(?:\w+_)?TIMEOUT|(?:HTTP_)?RETRIES|KEYRING_PROVIDER"
    r"|CREDENTIALS_DIR|USE_FEATURE|CONCURRENT_DOWNLOADS)"
)
_MISLEADING = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX")


def run(*command: str) -> str:
    """What a command prints; it runs in the Action's own directory, so that no project's configuration applies."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise SetupError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        name = "pip" if "pip" in command[1:3] and "-m" in command else Path(command[0]).stem
        raise SetupError(f"{name}: {_reason(done.stdout)}")
    return done.stdout


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() not in _MISLEADING
        and (not name.upper().startswith(("PIP_", "UV_")) or _NETWORK.fullmatch(name.upper()))
    }
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    # Files of settings may hold these too; the environment of the Action is none that pip knows of.
    plain = {"PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0"}
    return {**_certificates(), **kept, **quiet, **plain}


def _certificates() -> dict[str, str]:
    """Let uv trust what the machine trusts, as pip does; without a store of the machine, what uv brings along."""
    paths = ssl.get_default_verify_paths()
    if os.name == "posix" and sys.platform != "darwin" and not (paths.cafile or paths.capath):
        return {}
    return {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}


def _reason(text: str) -> str:
    """What uv or pip complains of, in one line that holds no secret."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = next(
        (number for number, line in enumerate(lines) if re.match("(?i:error:)|\N{MULTIPLICATION SIGN}", line)), 0
    )
    reason = re.sub(r"//[^/@\s]*@", "//", " ".join(lines[first:])) or "failed without a word"
    return reason if len(reason) <= 400 else f"{reason[:200]} … {reason[-200:]}"
