"""The generated Dockerfile, built; and what the generated Compose file and manifests start, run in its image.

Nothing of the Dockerfile is changed: its argument BASE names an image that is made of this machine, and pip finds the
wheel of this work tree and no index; git comes from Debian, by apt-get. What buildah does not isolate
(`tests/e2e/containers/buildah.py`) is only checked as text by `tests/templates/test_containers.py`, but that nothing is
written outside of volumes is seen here. Compose and Kubernetes do not run: their files are read by their rules, and the
address of the service is that of a server on this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.e2e.containers.buildah import Ended, Instance, buildah
from tests.e2e.containers.debian import write_base
from tests.support.containers import Container, composed, podded
from tests.support.git_repository import make_checkout
from tests.support.http_server import Server, http_server
from tests.support.pages import ROOT
from tests.support.templates import Printer, printer

from perfreg import __version__

pytestmark = pytest.mark.e2e

FAST, SLOW = 0.06, 0.3
TOKEN = "s3cret-4711"
STRANGER = 1234
API = """\
service:
  start: uvicorn shop:app --port {port}
  ready: {url: "http://127.0.0.1:{port}/status/200"}
metrics: {"*.*": {direction: none}, "*.response_time_p50": {direction: lower}}
regression_threshold: 100
min_baseline_samples: 8
test_scenarios:
  - name: search
    type: api
    endpoint: /ok
    concurrent_users: 4
    duration: 1.5
    warm_up: 0.2
    headers: {Authorization: "Bearer ${TOKEN}"}
"""
COMMAND = """\
test_scenarios:
  - {name: hash, type: command, run: sha256sum perfreg.yml, test_iterations: 3, warm_up_iterations: 0}
"""


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Printer:
    """Print a template in the directory of the test."""
    monkeypatch.chdir(tmp_path)
    return printer(capsys)


@pytest.fixture
def server() -> Iterator[Server]:
    with http_server() as running:
        yield running


@pytest.fixture
def image(printed: Printer, tmp_path: Path) -> Iterator[Instance]:
    """A container of the image that the generated Dockerfile makes."""
    base, project, wheels = (tmp_path / name for name in ("base", "project", "wheels"))
    for folder in (base, project):
        folder.mkdir()
    write_base(base)
    _fetch(wheels)
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nno-index = true\nfind-links = /wheels\n", "utf-8")
    (project / "Dockerfile.perfreg").write_text(printed("dockerfile"), "utf-8")
    with buildah(tmp_path / "buildah") as builder:
        builder.build("localhost/base", base / "Dockerfile")
        mounted = (f"--volume={wheels}:/wheels:ro", f"--volume={settings}:/etc/pip.conf:ro")
        builder.build("localhost/perfreg", project / "Dockerfile.perfreg", "--build-arg=BASE=localhost/base", *mounted)
        yield builder.start("localhost/perfreg")


def _fetch(wheels: Path) -> None:
    """Fill a directory with the wheels of this work tree and of all that it needs."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", f"--wheel-dir={wheels}"]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_image_measures_for_everybody_and_as_compose_and_kubernetes_ask_it_to(
    image: Instance, server: Server, printed: Printer, tmp_path: Path
) -> None:
    _is_as_small_and_harmless_as_can_be(image)
    _measures_a_mounted_checkout(image, tmp_path / "shop")
    before = _written(image)
    (tmp_path / "perfreg.yml").write_text(API, "utf-8")
    _is_the_job_of_the_manifests(image, server, printed("kubernetes", "--set", f"app={server.url}"))
    _is_the_service_of_compose(image, server, printed("compose").replace("http://app:8080", server.url))
    assert _written(image) == before, "something was written where no volume is mounted"


def _is_as_small_and_harmless_as_can_be(image: Instance) -> None:
    told = image.run(Container(arguments=("--version",)))
    assert (told.code, told.out) == (0, f"perfreg {__version__}\n"), told.log
    script = "id -u; ls -A /var/lib/apt/lists; ls /opt/perfreg/bin/pip* 2>/dev/null; touch /opt/x"
    seen = image.run(Container(command=("sh", "-c", script)))
    assert seen.out == "10001\n", seen.log
    assert "Permission denied" in seen.errors


def _measures_a_mounted_checkout(image: Instance, folder: Path) -> None:
    """As the page says, for the user whose checkout it is; git answers the image's own user as well."""
    checkout = make_checkout(folder)
    (checkout.path / "perfreg.yml").write_text(COMMAND, "utf-8")
    commit = checkout.commit("Measure")
    volumes = {"/project": str(checkout.path)}
    asked = image.run(Container(command=("git", "rev-parse", "HEAD"), volumes=volumes))
    assert asked.out == f"{commit}\n", asked.log
    owner = os.getuid() or STRANGER
    if os.getuid() == 0:
        for path in (checkout.path, *checkout.path.rglob("*")):
            os.chown(path, owner, owner)
    done = image.run(Container(volumes=volumes), user=f"{owner}:{owner}")
    assert done.code == 0, done.log
    result = _result(done, "/project/perf-results")
    assert result["run"]["source"]["commit"] == commit
    assert {each["scenario"] for each in result["verdicts"]} == {"hash"}


def _is_the_job_of_the_manifests(image: Instance, server: Server, manifests: str) -> None:
    wait, measure = podded(list(yaml.safe_load_all(manifests)), {"TOKEN": TOKEN})
    waited = image.run(wait)
    assert (waited.code, waited.out) == (0, ""), waited.log
    assert [path for _, path, _, _ in server.requests] == ["/status/200"]
    _is_a_gate(image, measure, measure, server, shared=image.buildah.folder / "claims")
    sent = {headers.get("authorization") for _, path, headers, _ in server.requests if path == "/ok"}
    assert sent == {f"Bearer {TOKEN}"}


def _is_the_service_of_compose(image: Instance, server: Server, compose: str) -> None:
    document, shell = yaml.safe_load(compose), {"TOKEN": TOKEN}
    first = composed(document, "perfreg", {**shell, "ESTABLISH_BASELINES": "true"})
    _is_a_gate(image, first, composed(document, "perfreg", shell), server, shared=image.buildah.folder / "compose")


def _is_a_gate(image: Instance, first: Container, then: Container, server: Server, *, shared: Path) -> None:
    """The first run becomes the baseline that the second, of a service five times as slow, fails by."""
    folder = next(each.partition("=")[2] for each in then.arguments if each.startswith("--output-directory="))
    server.delay_s = FAST
    passed = image.run(first, shared=shared)
    assert passed.code == 0, passed.log
    server.delay_s = SLOW
    failed = image.run(then, shared=shared)
    assert failed.code == 1, failed.log
    verdicts = _result(failed, folder)["verdicts"]
    found = {each["status"] for each in verdicts if each["metric"] == "response_time_p50"}
    assert found == {"regression"}, failed.log


def _result(ended: Ended, folder: str) -> Any:
    """The result that a container has left in a directory, in or below a volume."""
    inside = Path(folder)
    mounted = next(each for each in (inside, *inside.parents) if str(each) in ended.mounted)
    path = ended.mounted[str(mounted)] / inside.relative_to(mounted) / "result.json"
    return json.loads(path.read_text("utf-8"))


def _written(image: Instance) -> list[str]:
    """The files of the image's own user, outside of volumes: it has some from the start, in its home."""
    mine = ("find", "/", "-xdev", "-type", "f", "-user", "10001")
    listed = image.run(Container(command=mine), user="0:0")
    assert listed.code == 0, listed.log
    assert "/home/perfreg/.profile" in listed.out
    return sorted(listed.out.splitlines())
