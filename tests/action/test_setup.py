"""The Action's set-up: real installations of a package made here, without any network."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from action.environment import ROOT, SetupError, python_of

from action import commands, installers, setup

UV = shutil.which("uv")

TOOLS = [pytest.param("uv", marks=pytest.mark.skipif(not UV, reason="uv is not here")), "pip"]


def wheel(folder: Path, name: str, files: dict[str, str]) -> str:
    """A wheel of version 1 in the folder; gives the hash of it."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-1.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in (*content, f"{info}/RECORD"))
    path = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in content.items():
            archive.writestr(each, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def nothing(*_: object) -> None:
    """What looking for a program or a module gives where it is missing."""


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "build"
    folder.mkdir()
    return folder


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that serves as package index, which has the one package that is pinned."""
    digest = wheel(tmp_path / "index", "pinned", {"pinned.py": "VALUE = 4711\n"})
    pins = tmp_path / "pins.txt"
    pins.write_text(f"pinned==1 --hash=sha256:{digest}\n")
    monkeypatch.setattr(installers, "PINS", pins)
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(tmp_path / "index"))
    return tmp_path / "index"


@pytest.fixture(params=TOOLS)
def tool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether uv is there, or pip alone."""
    name: str = request.param
    monkeypatch.setattr(installers, "which", lambda program: UV if name == program == "uv" else None)
    return name


def value(environment: Path) -> str:
    """What the package says in an environment."""
    command = [str(python_of(environment)), "-I", "-c", "import pinned; print(pinned.VALUE)"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_what_is_pinned_is_installed_from_the_index_of_the_runner(
    index: Path, build: Path, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "UV_TARGET", "VIRTUAL_ENV", "PYTHONHOME", "UV_PYTHON"):
        monkeypatch.setenv(name, str(build / "elsewhere"))
    for name in ("PIP_REQUIRE_VIRTUALENV", "PIP_USER", "UV_MANAGED_PYTHON", "UV_NO_VERIFY_HASHES"):
        monkeypatch.setenv(name, "1")
    for name in ("PIP_NO_BINARY", "UV_NO_BINARY_PACKAGE", "UV_LINK_MODE"):
        monkeypatch.setenv(name, {"UV_LINK_MODE": "symlink"}.get(name, "pinned"))
    environment = installers.fill(build, index.parent / "none")
    assert value(environment) == "4711"
    assert ("uv = " in (environment / "pyvenv.cfg").read_text("utf-8")) is (tool == "uv")
    assert not (build / "elsewhere").exists()
    assert not [path for path in environment.rglob("pinned.py") if path.is_symlink()]


def test_what_is_not_what_was_pinned_is_refused(
    index: Path, build: Path, tool: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel(index, "pinned", {"pinned.py": "VALUE = 'poison'\n"})
    with pytest.raises(SetupError, match=r"(?is)hash") as caught:
        installers.fill(build, index.parent / "none")
    assert "\n" not in str(caught.value)
    assert f"perfreg: {tool}: " in capsys.readouterr().out
    assert not list(build.rglob("pinned.py"))


def test_a_poisoned_cache_is_not_used(index: Path, build: Path, tool: str, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "pinned", {"pinned.py": "VALUE = 'poison'\n"})
    assert value(installers.fill(build, tmp_path / "wheels")) == "4711"


def test_the_cache_does_without_the_index(index: Path, build: Path, tool: str, tmp_path: Path) -> None:
    index.rename(tmp_path / "wheels")
    assert value(installers.fill(build, tmp_path / "wheels")) == "4711"


@pytest.mark.skipif(not UV, reason="uv is not here")
def test_uv_needs_neither_pip_nor_ensurepip(index: Path, build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installers, "find_spec", nothing)
    assert value(installers.fill(build, index.parent / "none")) == "4711"


def test_without_uv_and_pip_it_says_what_is_missing(index: Path, build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installers, "find_spec", nothing)
    monkeypatch.setattr(installers, "which", nothing)
    with pytest.raises(SetupError, match="neither uv nor pip"):
        installers.fill(build, index.parent / "none")
    assert not installers.fetch(build, index.parent / "none")


def test_pip_is_asked_for_uv_only_where_uv_reaches_the_same_index(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(installers, "_download", lambda *given: asked.append(given[2]))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    assert installers._fetched_uv([sys.executable, "-m", "pip"], build) is None
    assert asked == [installers.UV_PINS]
    asked.clear()
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = http://127.0.0.1:9/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    assert installers._fetched_uv([sys.executable, "-m", "pip"], build) is None
    assert not asked


@pytest.mark.parametrize("pinned", [True, False])
def test_only_a_pinned_uv_is_unpacked(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pinned: bool
) -> None:
    digest = wheel(tmp_path / "wheels", "uv", {"uv-1.data/scripts/uv": "#!/bin/sh\n", "../uv-1.data/scripts/uv": "no"})
    pins = tmp_path / "uv.txt"
    pins.write_text(f"uv==1 --hash=sha256:{digest if pinned else digest[::-1]}\n")
    monkeypatch.setattr(installers, "UV_PINS", pins)
    program = installers._unpacked_uv(tmp_path / "wheels", build)
    assert [path.name for path in build.iterdir()] == (["uv"] if pinned else [])
    assert program == (str(build / "uv") if pinned else None)
    assert not pinned or (build / "uv").read_text() == "#!/bin/sh\n"


def test_settings_about_the_index_stay_and_others_go(monkeypatch: pytest.MonkeyPatch) -> None:
    stay = {
        *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_PROXY", "PIP_CERT", "PIP_DEFAULT_TIMEOUT"),
        *("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX_OURS_PASSWORD", "UV_INDEX_STRATEGY"),
        *("UV_HTTP_TIMEOUT", "UV_HTTP_RETRIES", "UV_KEYRING_PROVIDER", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE"),
    }
    go = {
        *(
            "PIP_TARGET",
            "PIP_CONSTRAINT",
            "PIP_NO_BINARY",
            "PIP_EXTRA",
            "PIP_PRE",
            "PIP_UPLOADED_PRIOR_TO",
            "PYTHONPATH",
        ),
        *(
            "UV_CONSTRAINT",
            "UV_OVERRIDE",
            "UV_PYTHON",
            "UV_EXCLUDE_NEWER",
            "UV_COMPILE_BYTECODE",
            "UV_NO_VERIFY_HASHES",
        ),
    }
    for name in stay | go:
        monkeypatch.setenv(name, "x")
    assert stay <= commands._environment().keys()
    assert not go & commands._environment().keys()


def test_a_machine_without_a_store_of_certificates_leaves_uv_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = SimpleNamespace(cafile=None, capath=None)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not commands._certificates()


def test_an_index_out_of_reach_is_one_error_without_secrets(tmp_path: Path) -> None:
    url = "http://someone:hunter2@127.0.0.1:9/simple"
    env = {
        **os.environ,
        **dict.fromkeys(("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), url),
        **dict.fromkeys(("PIP_RETRIES", "UV_HTTP_RETRIES"), "0"),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        "NO_PROXY": "*",
    }
    command = [sys.executable, "-E", "-s", "-m", "action.setup", "install"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    (error,) = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert error.startswith("::error title=perfreg::could not be installed: ")
    assert "index in reach" in error
    assert "hunter2" not in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("cache", "ref", "kept"),
    [("true", "refs/heads/main", True), ("false", "refs/heads/main", False), ("true", "refs/pull/1/merge", False)],
)
def test_only_the_default_branch_keeps_wheels_for_all(tmp_path: Path, cache: str, ref: str, kept: bool) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
    env = {"PERFREG_CACHE": cache, "GITHUB_REF": ref, "GITHUB_EVENT_PATH": str(event)}
    assert setup._keeps_cache(env) is kept
    event.write_text("[]")
    assert not setup._keeps_cache(env)


def test_an_environment_is_kept_where_the_runner_keeps_tools_unless_nothing_is_to_be_kept(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    env = {"PERFREG_CACHE": "true", "RUNNER_TOOL_CACHE": str(tools), "RUNNER_TEMP": str(tmp_path)}
    assert setup._home(env) == tmp_path
    tools.mkdir()
    assert setup._home(env) == tools
    assert setup._home({**env, "PERFREG_CACHE": "false"}) == tmp_path
    assert setup._home({**env, "RUNNER_TOOL_CACHE": ""}) == tmp_path


def test_a_plan_changes_nothing(tmp_path: Path) -> None:
    found = setup.plan({"PERFREG_CACHE": "true", "RUNNER_TEMP": str(tmp_path)})
    assert found["ready"] == "false"
    assert found["interpreter"] == sys.executable
    assert found["key"].startswith(f"perfreg-wheels-{sys.platform}-")
    assert found["key"] == setup.plan({"RUNNER_TEMP": str(tmp_path)})["key"]
    assert not list(tmp_path.iterdir())
