"""Reading the files of a history: folders, links, limits, and what cannot be read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.support.histories import FOLDER, NAMES, sample

from perfreg.cli.baseline_import import Limits, read_files
from perfreg.errors import InputError
from perfreg.histories.registry import HISTORY_FORMATS, detect

posix = pytest.mark.skipif(sys.platform == "win32", reason="links need rights, pipes and odd names do not exist")


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_read_to_its_last_file(name: str) -> None:
    found = read_files([FOLDER / NAMES[name]])
    assert sorted(found.values()) == sorted(sample(name).values())
    assert [run.id for run in detect(found).read(found).runs] == [
        run.id for run in HISTORY_FORMATS[name].read(sample(name)).runs
    ]


def test_a_file_is_read_whatever_its_name_and_a_folder_has_others(tmp_path: Path) -> None:
    for name in ("history.txt", "sub/data.js", "sub/deep/a.json", "sub/page.html", ".git/b.json", ".asv/c.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"\ufeff{name}", "utf-8")
    found = read_files([tmp_path / "history.txt", tmp_path])
    names = {path.removeprefix(f"{tmp_path.as_posix()}/"): content for path, content in found.items()}
    assert names == {name: name for name in ("history.txt", "sub/data.js", "sub/deep/a.json", ".asv/c.json")}


@posix
def test_a_link_that_stays_is_followed_and_one_that_leaves_is_refused(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside.json"
    folder.mkdir()
    outside.write_text("{}", "utf-8")
    (folder / "a.json").write_text("{}", "utf-8")
    (folder / "b.json").symlink_to("a.json")
    (folder / "loop").symlink_to(".")
    assert len(read_files([folder])) == 2
    (folder / "c.json").symlink_to(outside)
    with pytest.raises(InputError, match="leads out of the folder"):
        read_files([folder])
    (folder / "c.json").unlink()
    (folder / "d").symlink_to(tmp_path)
    with pytest.raises(InputError, match="leads out of the folder"):
        read_files([folder])


@posix
def test_a_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("b.json")
    (tmp_path / "b.json").symlink_to("a.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_files([tmp_path])


@posix
def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.json: cannot be read: No such file"):
        read_files([tmp_path / "missing.json"])
    with pytest.raises(InputError, match=r"there is no \.json or \.js file"):
        read_files([tmp_path])
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(InputError, match=r"pipe\.json: is neither a file nor a folder"):
        read_files([tmp_path])


def test_other_encodings_are_named_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{\n"name": "gr\xfcn"}')
    with pytest.raises(InputError, match=r"a\.json:2: is not UTF-8"):
        read_files([tmp_path])


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(file_bytes=3), r"b\.json: has more than 3 bytes"),
        (Limits(bytes=5), "more than 5 bytes"),
        (Limits(files=1), "more than 1 files"),
    ],
)
def test_limits_hold(tmp_path: Path, limits: Limits, expected: str) -> None:
    (tmp_path / "a.json").write_text("{}", "utf-8")
    (tmp_path / "b.json").write_text("[{}]", "utf-8")
    assert len(read_files([tmp_path])) == 2
    with pytest.raises(InputError, match=expected):
        read_files([tmp_path], limits)


@posix
def test_names_of_files_are_shown_harmless(tmp_path: Path) -> None:
    (tmp_path / "a\n\x1b[31m::error::.json").write_text("{", "utf-8")
    (path,) = read_files([tmp_path])
    assert path.isprintable()
