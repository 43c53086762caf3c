"""The Jenkinsfile and the step of the shared library, as text; and run, where there is Groovy."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.git_repository import make_checkout
from tests.support.templates import CASES, SHOP, Printer

_HARNESS = Path(__file__).parent / "jenkins" / "harness.groovy"
TARGETS = ("jenkins", "jenkins-library")


def _strings(text: str) -> list[str]:
    """Every string of a Groovy file, quotes included; comments are passed over."""
    token = re.compile(r"//[^\n]*|'''.*?'''|'(?:[^'\\\n]|\\.)*'|\"", re.DOTALL)
    found = [each[0] for each in token.finditer(text)]
    return [each for each in found if not each.startswith("//")]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("case", CASES)
def test_no_string_is_interpolated(configured: Printer, target: str, case: str) -> None:
    text = configured(CASES[case].config, target, *CASES[case].flags)
    strings = _strings(text)
    assert len(strings) > 50
    assert '"' not in strings


@pytest.mark.parametrize("target", TARGETS)
def test_no_script_has_a_value_in_it(configured: Printer, target: str) -> None:
    text = configured(SHOP, target, "--config", "a';pwned", "--set", "package=pwned", "--branch", "pwned")
    scripts = [each for each in _strings(text) if each.startswith("'''")]
    assert len(scripts) > 5
    assert not any("pwned" in each for each in scripts)
    assert r"'a\';pwned'" in text


def test_only_what_writes_gets_the_token(configured: Printer) -> None:
    text = configured(SHOP, "jenkins", "--set", "credentials=forge")
    assert text.count("credentialsId: 'forge'") == 1
    assert "withToken(body)" in text
    assert "withCredentials" not in configured(SHOP, "jenkins", "--set", "credentials=")


def test_databases_run_beside_the_tests(printed: Printer) -> None:
    text = printed("jenkins", "--service", "postgres:16")
    assert "image: 'postgres:16'," in text
    assert r"--publish=127.0.0.1::5432 --health-cmd=\'pg_isready" in text


def _groovy() -> list[str]:
    """The command that runs Groovy: its program, or java with the jars at PERFREG_GROOVY."""
    jars = os.environ.get("PERFREG_GROOVY")
    if jars and shutil.which("java"):
        return ["java", "-cp", f"{jars}/*", "groovy.ui.GroovyMain"]
    if shutil.which("groovy"):
        return ["groovy"]
    pytest.skip("needs Groovy, or java and PERFREG_GROOVY with its jars")


_PERFREG = """\
#!/bin/sh
echo "perfreg $*" >> "$WORKSPACE/calls"
mkdir -p perf-results
case "$1 $*" in
  *--output*result.json*) echo '{"gate": {"status": "'"${GATE:-pass}"'"}}' > perf-results/result.json ;;
  *report.md*) echo fine > perf-results/report.md ;;
  run*|compare*) exit "${MEASURED:-0}" ;;
  *--gate*) exit "${MEASURED:-0}" ;;
esac
"""

_PYTHON = """\
#!/bin/sh
mkdir -p .perf/venv/bin
cp "$STUBS/perfreg" .perf/venv/bin/perfreg
printf '#!/bin/sh\\n' > .perf/venv/bin/python
chmod +x .perf/venv/bin/*
"""


class Build:
    """A Jenkins that runs a file once."""

    def __init__(self, folder: Path, text: str, name: str) -> None:
        self.file = folder / name
        self.file.write_text(text, "utf-8")
        self.folder = folder
        self.checkout = make_checkout(folder / "job")
        self.workspace = self.checkout.path
        (self.workspace / "deploy.sh").write_text("echo deployed >> calls\n", "utf-8")
        (folder / "stubs").mkdir()
        for program, script in (("python3", _PYTHON), ("perfreg", _PERFREG), ("docker", "#!/bin/sh\necho healthy\n")):
            stub = folder / "stubs" / program
            stub.write_text(script, "utf-8")
            stub.chmod(0o755)

    def run(self, **env: str) -> list[tuple[str, str]]:
        """The steps of the build, each with what it was given."""
        stubs = self.folder / "stubs"
        settings: Mapping[str, str] = {
            "PATH": f"{stubs}:/usr/bin:/bin", "STUBS": str(stubs), "WORKSPACE": str(self.workspace), "NODE_NAME": "n1",
            "JOB_NAME": "shop/main", "BUILD_URL": "http://jenkins/1/", "HOME": str(self.folder), **env,
        }  # fmt: skip
        file = self.folder / "settings"
        file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), "utf-8")
        command = [*_groovy(), str(_HARNESS), str(self.file), str(self.workspace), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return [(each["step"], each["detail"]) for each in map(json.loads, done.stdout.splitlines())]

    @property
    def calls(self) -> list[str]:
        """The commands of perfreg that ran."""
        return (self.workspace / "calls").read_text("utf-8").splitlines()


@pytest.fixture(params=TARGETS)
def build(request: pytest.FixtureRequest, configured: Printer, tmp_path: Path) -> Build:
    """A build of the shop, with databases and a deployment where there can be one."""
    flags = ("--service", "postgres:16", "--deploy-gate", "--branch", "main")
    text = configured(SHOP, request.param, *(flags if request.param == "jenkins" else ("--branch", "main")))
    return Build(tmp_path, text, "Jenkinsfile")


def _steps(seen: list[tuple[str, str]], name: str) -> list[str]:
    return [detail for step, detail in seen if step == name]


@pytest.mark.e2e
def test_a_good_commit_of_main_passes_and_is_stored(build: Build) -> None:
    seen = build.run(BRANCH_NAME="main")
    assert seen[-1] == ("result", "SUCCESS"), seen
    assert sum(call.startswith("perfreg run ") for call in build.calls) == 3
    assert [call for call in build.calls if "baseline" in call] == ["perfreg baseline push --config perfreg.yml"]
    gate = "perfreg report perf-results/result.json --format console --gate"
    assert build.calls[-1] == gate or build.calls[-2:] == [gate, "deployed"]
    assert {"junit", "perfReport", "publishHTML", "publishChecks", "archiveArtifacts"} <= {step for step, _ in seen}
    assert _steps(seen, "emailext") == []


@pytest.mark.e2e
def test_a_regressed_pull_request_is_compared_reported_and_fails(build: Build) -> None:
    seen = build.run(BRANCH_NAME="PR-7", CHANGE_ID="7", CHANGE_TARGET="main", MEASURED="1")
    assert seen[-1] == ("result", "FAILURE")
    assert sum("compare --base origin/main" in call for call in build.calls) == 3
    assert not any("baseline" in call for call in build.calls)
    assert _steps(seen, "caught") == ["something regressed: the gate decides"] * 3
    assert "the performance gate failed: a regression" in " ".join(_steps(seen, "failed"))
    assert "junit" in {step for step, _ in seen}
    assert "Deploy" not in _steps(seen, "stage")


@pytest.mark.e2e
def test_warnings_make_it_unstable(build: Build) -> None:
    assert build.run(BRANCH_NAME="main", GATE="warn")[-1] == ("result", "UNSTABLE")


@pytest.mark.e2e
def test_who_asks_gets_new_baselines(build: Build) -> None:
    build.checkout.commit("Search by index [update-baselines]")
    build.run(BRANCH_NAME="main")
    assert any(call.startswith("perfreg baseline reset * --config perfreg.yml") for call in build.calls)
