"""A JTL file is read in Java, by the library that Jenkins' Performance plugin reads it with, and means the same."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.support import results
from tests.support.tools import installed

from perfreg.model.metric import CATALOGUE
from perfreg.model.run import Measurement, ScenarioRecord
from perfreg.report.formats.jtl import render
from perfreg.stats.describe import family, single

pytestmark = pytest.mark.e2e

READER = Path(__file__).parent / "jenkins" / "ReadJtl.java"
LIBRARY = "org.apache.commons:commons-csv:1.9.0"
NAMES = ("plain", 'with "quotes", commas', "a;b|c\td", "línea 漢字", "=1+1")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library: at ``PERFREG_COMMONS_CSV``, as Debian installs it, or from Maven."""
    known = Path(os.environ.get("PERFREG_COMMONS_CSV", "/usr/share/java/commons-csv.jar"))
    if known.exists():
        return known
    folder = tmp_path_factory.mktemp("library")
    copy = ("dependency:copy", f"-Dartifact={LIBRARY}", f"-DoutputDirectory={folder}")
    subprocess.run([installed("mvn"), "--quiet", "--batch-mode", *copy], check=True, cwd=folder, timeout=600)
    (found,) = folder.glob("*.jar")
    return found


def test_what_jenkins_computes_is_what_was_measured(library: Path, tmp_path: Path) -> None:
    times = [float(value) for value in np.random.default_rng(11).lognormal(3.4, 0.5, 700)]
    points: list[Measurement] = []
    for name in NAMES:
        points += family(name, "response_time", times)
        points.append(single(name, CATALOGUE["error_rate"], 100 * 21 / 721, n=721))
        points.append(single(name, CATALOGUE["response_size"], 100.0, n=700))
    records = tuple(ScenarioRecord(name=name, kind="api", hash="1a2b", duration_s=9.0) for name in NAMES)
    run = replace(results.RUN, scenarios=records, measurements=tuple(points))
    file = tmp_path / "results.jtl"
    file.write_bytes(render(replace(results.nothing(), run=run)).encode())

    utf_8 = ("-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8")
    command = [installed("java"), *utf_8, "-cp", str(library), str(READER), str(file)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found = {line.split("\t")[0]: line.split("\t")[1:] for line in done.stdout.splitlines()}
    assert found.keys() == {name.replace("\t", "\\x09") for name in NAMES}
    p95 = points[0]
    for samples, failures, mean, *numbers, size in found.values():
        assert (samples, failures, size) == ("721", "21", "72100")
        assert float(mean) == pytest.approx(np.mean(times), rel=0.01)
        known = (min(times), p95.p50, p95.p90, p95.p95, p95.p99, max(times))
        assert [int(each) for each in numbers] == [round(each or 0) for each in known]
