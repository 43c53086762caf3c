"""What stands in for the actions of others keeps their rules: workflows that pass with it would pass with them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.substitutes import copy_action, strategy

ACTIONS = Path(__file__).parent / "actions"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A directory with three files, one of them hidden."""
    folder = tmp_path / "job" / "reports"
    (folder / "deep").mkdir(parents=True)
    for name in ("a.json", "deep/b.css", ".secret"):
        (folder / name).write_text(name)
    return folder


def run(script: str, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ACTIONS / script)],
        env={"E2E_ARTIFACTS": str(tmp_path / "artifacts"), "GITHUB_RUN_ID": "1", **variables},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def upload(tmp_path: Path, name: str, path: str, hidden: str = "false") -> subprocess.CompletedProcess[str]:
    inputs = {"WITH_NAME": name, "WITH_PATH": path, "WITH_NONE": "error", "WITH_HIDDEN": hidden}
    return run("upload_artifact/upload.py", tmp_path, **inputs)


def download(tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    inputs = {"WITH_NAME": "", "WITH_PATTERN": "", "WITH_MERGE": "false", "WITH_TOKEN": "", "WITH_RUN": "1", **inputs}
    return run("download_artifact/download.py", tmp_path, WITH_PATH=str(tmp_path / "downloaded"), **inputs)


def downloaded(tmp_path: Path, **inputs: str) -> list[str]:
    done, target = download(tmp_path, **inputs), tmp_path / "downloaded"
    assert done.returncode == 0, done.stderr
    return sorted(file.relative_to(target).as_posix() for file in target.rglob("*") if file.is_file())


def test_hidden_files_stay_out_unless_they_are_asked_for(reports: Path, tmp_path: Path) -> None:
    assert upload(tmp_path, "visible", str(reports)).returncode == 0
    assert downloaded(tmp_path) == ["a.json", "deep/b.css"]
    assert upload(tmp_path, "all", str(reports), hidden="true").returncode == 0
    assert ".secret" in downloaded(tmp_path, WITH_NAME="all")


def test_a_name_is_taken_once_and_has_no_slash(reports: Path, tmp_path: Path) -> None:
    assert upload(tmp_path, "leg", str(reports)).returncode == 0
    again = upload(tmp_path, "leg", str(reports))
    assert again.returncode == 1
    assert "already exists" in again.stderr
    assert upload(tmp_path, "a/b", str(reports)).returncode == 1
    assert upload(tmp_path, "empty", str(tmp_path / "nothing")).returncode == 1


def test_names_begin_where_all_paths_part(reports: Path, tmp_path: Path) -> None:
    assert upload(tmp_path, "leg", f"{reports}/a.json\n{reports}/deep/*.css\n").returncode == 0
    assert downloaded(tmp_path) == ["a.json", "deep/b.css"]


def test_a_single_file_has_no_directory(reports: Path, tmp_path: Path) -> None:
    assert upload(tmp_path, "leg", f"{reports}/deep/b.css").returncode == 0
    assert downloaded(tmp_path) == ["b.css"]


def test_only_several_artifacts_have_a_directory_each(reports: Path, tmp_path: Path) -> None:
    for name in ("leg-1", "leg-2", "other"):
        assert upload(tmp_path, name, f"{reports}/a.json").returncode == 0
    assert downloaded(tmp_path, WITH_PATTERN="leg-*") == ["leg-1/a.json", "leg-2/a.json"]
    assert "'leg' not found" in download(tmp_path, WITH_NAME="leg").stderr


def test_each_leg_of_a_matrix_is_told_its_place(tmp_path: Path) -> None:
    text = (copy_action(tmp_path / "action") / "action.yml").read_text("utf-8")
    assert "strategy.job" not in text
    assert set(re.findall(r"E2E_JOB_\w+", text)) == strategy("a", "b").keys()
    assert "matrix.scenario == 'b' && '1'" in strategy("a", "b")["E2E_JOB_INDEX"]
