"""Reports that link to others know where a GitLab job shows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support import results
from tests.support.command_line import called

from perfreg.cli.job_page import job_page
from perfreg.report.formats.json_ import render

JOB = "https://gitlab.example/shop/api/-/jobs/42"


def test_a_report_in_the_project_has_a_page_of_its_own(tmp_path: Path) -> None:
    env = {"CI_JOB_URL": JOB, "CI_PROJECT_DIR": str(tmp_path)}
    report = tmp_path / "perf results" / "index.html"
    assert job_page(env, report) == f"{JOB}/artifacts/file/perf%20results/index.html"
    assert job_page(env, tmp_path.parent / "index.html") == f"{JOB}/artifacts/browse"
    assert job_page(env) == f"{JOB}/artifacts/browse"


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "/relative"])
def test_without_a_job_there_is_no_page(url: str) -> None:
    assert job_page({"CI_JOB_URL": url}) == ""
    assert job_page({}) == ""


def test_annotations_lead_to_the_page_that_is_written_with_them(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(render(results.regressed()), encoding="utf-8")
    formats = ("--format", "html", "--format", "gitlab-annotations", "--output-directory", "out")
    done = called("report", "result.json", *formats, cwd=tmp_path, CI_JOB_URL=JOB, CI_PROJECT_DIR=str(tmp_path))
    assert done.code == 0, done.err
    document = json.loads((tmp_path / "out" / "annotations.json").read_text(encoding="utf-8"))
    links = [each["external_link"] for each in document["perfreg"]]
    assert {link["url"] for link in links} == {f"{JOB}/artifacts/file/out/index.html"}
    assert (tmp_path / "out" / "index.html").exists()
    assert links[0]["label"].startswith("fail: 1 regression")


def test_annotations_lead_to_the_page_that_was_left_beside_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "result.json").write_text(render(results.regressed()), encoding="utf-8")
    job = {"CI_JOB_URL": JOB, "CI_PROJECT_DIR": str(tmp_path)}
    annotate = ("report", "out/result.json", "--format", "gitlab-annotations", "--output")
    for page in ("browse", "file/out/index.html"):
        assert called(*annotate, "out/annotations.json", cwd=tmp_path, **job).code == 0
        assert f"{JOB}/artifacts/{page}" in (out / "annotations.json").read_text(encoding="utf-8")
        (out / "index.html").write_text("<!doctype html>", encoding="utf-8")


def test_a_suffix_names_the_format(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(render(results.regressed()), encoding="utf-8")
    for name, start in (("a.csv", b"scenario,metric,"), ("b.jtl", b"timeStamp,"), ("c.xml", b"<?xml")):
        done = called("report", "result.json", "--output-directory", "all", "--output", name, cwd=tmp_path)
        assert done.code == 0, done.err
        assert (tmp_path / name).read_bytes().startswith(start)
