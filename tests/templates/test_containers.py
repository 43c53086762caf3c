"""What runs in containers: Compose, Kubernetes and the image are valid, and do what the page about them says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.templates import DATABASES, SHOP, Printer, print_cases, tool

from perfreg.config.load import load
from perfreg.measure.registry import scenario_specs

_COMMANDS = """\
test_scenarios:
  - {name: hash, type: command, run: 'sha256sum "$(cat file)" $HOME ${KEY}', test_iterations: 3}
"""


def _program(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        pytest.fail(f"{name} is not here, although it belongs to the development environment: make test installs it")
    return found


def _passes(*command: str | Path) -> None:
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compose_files_are_valid(printed: Printer, tmp_path: Path) -> None:
    tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", *print_cases("compose", tmp_path, printed))


def test_the_manifests_are_valid(printed: Printer, tmp_path: Path) -> None:
    program = _program("kubernetes-validate")
    for file in print_cases("kubernetes", tmp_path, printed):
        _passes(program, "-k", "1.34", "--strict", file)


def test_the_images_are_valid(printed: Printer, tmp_path: Path) -> None:
    _passes(_program("hadolint"), "--no-color", *print_cases("dockerfile", tmp_path, printed, suffix=".Dockerfile"))


def _compose(text: str) -> Any:
    return yaml.safe_load(text)


def test_everything_is_awaited_by_its_health(configured: Printer) -> None:
    services = _compose(configured(DATABASES, "compose"))["services"]
    assert set(services) == {"app", "postgres", "mysql", "perfreg"}
    assert all("healthcheck" in each for name, each in services.items() if name != "perfreg")
    assert services["app"]["depends_on"] == {name: {"condition": "service_healthy"} for name in ("postgres", "mysql")}
    assert services["perfreg"]["depends_on"] == {"app": {"condition": "service_healthy"}}
    for name in ("app", "perfreg"):
        assert services[name]["environment"]["PG_URL"] == "postgresql://perf:perf@postgres:5432/perf"


def test_the_service_is_started_by_its_own_command(configured: Printer) -> None:
    app = _compose(configured(SHOP, "compose"))["services"]["app"]
    assert app["command"] == ["sh", "-c", 'FLAGS="$$FLAGS" uvicorn app:app --port 8080']
    assert app["environment"]["PERF_READY"] == "http://127.0.0.1:8080/health?full=1"
    assert app["environment"]["MODE"] == "test $${X}"


def test_a_name_that_is_taken_gets_a_number(printed: Printer) -> None:
    services = _compose(printed("compose", "--service", "example/app:1", "--service", "example/perfreg:1"))["services"]
    assert list(services) == ["app", "app-2", "perfreg-2", "perfreg"]


@pytest.mark.parametrize("config", [SHOP, _COMMANDS, DATABASES])
def test_the_configuration_is_in_the_file_as_it_was_written(configured: Printer, tmp_path: Path, config: str) -> None:
    """Compose undoes what is doubled; Kubernetes expands nothing in a ConfigMap."""
    before = yaml.safe_load(config)
    compose = _compose(configured(config, "compose"))["configs"]["perfreg"]["content"].replace("$$", "$")
    manifests = list(yaml.safe_load_all(configured(config, "kubernetes")))
    for text in (compose, manifests[0]["data"]["perfreg.json"]):
        kept = json.loads(text)
        assert kept["test_scenarios"] == before["test_scenarios"]
        assert "service" not in kept
        (tmp_path / "perfreg.json").write_text(text, "utf-8")
        env = dict.fromkeys(("TOKEN", "KEY"), "x")
        assert load(tmp_path / "perfreg.json", kinds=scenario_specs(), env=env).config.service is None


def test_secrets_are_handed_on_and_not_written_down(configured: Printer) -> None:
    assert _compose(configured(_COMMANDS, "compose"))["services"]["perfreg"]["environment"]["KEY"] is None
    job = list(yaml.safe_load_all(configured(_COMMANDS, "kubernetes")))[2]["spec"]["template"]["spec"]
    key = next(each for each in job["containers"][0]["env"] if each["name"] == "KEY")
    assert key["valueFrom"] == {"secretKeyRef": {"name": "perfreg", "key": "KEY", "optional": True}}


def test_the_pods_may_do_nothing_and_are_guaranteed_what_they_get(configured: Printer) -> None:
    _, _, once, again = yaml.safe_load_all(configured(SHOP, "kubernetes", "--schedule", "0 4 * * *"))
    assert once["spec"] == again["spec"]["jobTemplate"]["spec"]
    assert again["spec"]["suspend"] is False
    pod = once["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["resources"]["requests"] == container["resources"]["limits"]


def test_without_a_schedule_nothing_runs_by_itself(printed: Printer) -> None:
    assert list(yaml.safe_load_all(printed("kubernetes")))[3]["spec"]["suspend"] is True


def test_a_package_is_an_argument_of_the_build_and_no_part_of_a_command(printed: Printer) -> None:
    text = printed("dockerfile", "--set", 'package=x" && touch pwned $(id)')
    assert r'ARG PERF_PACKAGE="x\" && touch pwned \$(id)"' in text.splitlines()
    commands = [line for line in text.splitlines() if not line.startswith(("#", "ARG"))]
    assert not any("pwned" in line for line in commands)
