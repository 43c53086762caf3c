"""The directory store: what is written, what is left alone, and what a kill leaves."""

from __future__ import annotations

import os
import signal
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.killed_writers import kill_writers
from tests.support.records import add, numbers, record

from perfreg.errors import StoreError
from perfreg.publish.stores.directory import DirectoryStore
from perfreg.store.exchange import Shards, union

LOCK = ".perfreg.lock"


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store", time_limit_s=30)


def files_of(directory: Path) -> Shards:
    return {path.name: path.read_text() for path in directory.iterdir() if path.name != LOCK}


def test_there_is_no_store_before_the_first_push(store: DirectoryStore) -> None:
    assert store.pull() == {}
    assert not store.path.exists()


def test_a_push_is_pulled_again(store: DirectoryStore) -> None:
    pushed = store.push(add(record(1), record(2)), "two runs")

    assert pushed.changed
    assert pushed.location == str(store.path)
    assert store.pull() == files_of(store.path) == {**record(1), **record(2)}


def test_a_push_adds_to_what_is_there(store: DirectoryStore) -> None:
    for number in range(1, 6):
        store.push(add(record(number)), "a run")

    assert numbers(store.pull()) == [1, 2, 3, 4, 5]


def test_a_push_that_changes_nothing_writes_nothing(store: DirectoryStore) -> None:
    store.push(add(record(1), record(2)), "two runs")
    before = {path.name: path.stat().st_mtime_ns for path in store.path.glob("*.jsonl")}

    assert not store.push(add(record(1)), "again").changed
    assert {path.name: path.stat().st_mtime_ns for path in store.path.glob("*.jsonl")} == before


def test_a_shard_that_does_not_change_is_not_written(store: DirectoryStore) -> None:
    store.push(add(record(1), record(2)), "two runs")
    odd, even = (store.path / next(iter(record(number))) for number in (1, 2))
    before = odd.stat().st_ino

    store.push(add(record(4)), "a run")

    assert odd.stat().st_ino == before
    assert numbers({even.name: even.read_text()}) == [2, 4]


def test_shards_that_are_pruned_go(store: DirectoryStore) -> None:
    store.push(add(record(1), record(2)), "two runs")

    assert store.push(lambda _: record(2), "prune").changed
    assert files_of(store.path) == record(2)
    store.push(lambda _: {}, "prune all")
    assert files_of(store.path) == {}


def test_other_files_are_left_alone(store: DirectoryStore) -> None:
    store.path.mkdir()
    strangers = {"perfreg.sqlite3": "db", "2026-1.jsonl": "x", "notes.md": "x", ".notes.unfinished": "x"}
    for name, text in strangers.items():
        (store.path / name).write_text(text)
    (store.path / "folder").mkdir()
    (store.path / "folder" / "2026-01.jsonl").write_text("x")

    store.push(add(record(1)), "a run")
    store.push(lambda _: {}, "prune all")

    assert {path.name for path in store.path.iterdir()} == {*strangers, "folder", LOCK}
    assert (store.path / "folder" / "2026-01.jsonl").read_text() == "x"


def test_what_killed_writers_left_is_removed(store: DirectoryStore) -> None:
    store.push(add(record(1)), "a run")
    left = store.path / ".2026-01.jsonl.unfinished"
    left.write_text("half of a li")

    assert numbers(store.pull()) == [1]
    store.push(add(record(3)), "a run")
    assert not left.exists()


def test_lines_of_other_systems_are_read(store: DirectoryStore) -> None:
    store.path.mkdir()
    (name, text), *_ = record(1).items()
    (store.path / name).write_bytes(text.replace("\n", "\r\n").encode() + b"\xff\xfe")

    store.push(union, "mend")

    assert numbers(store.pull()) == [1]
    assert files_of(store.path) == {name: text, "quarantine.txt": "\\xff\\xfe\n"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with names, and links need rights")
@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "directory"])
def test_shards_that_are_no_files_are_errors(store: DirectoryStore, tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "outside.jsonl"
    outside.write_text(next(iter(record(2).values())))
    store.push(add(record(1)), "a run")
    odd = store.path / "2030-01.jsonl"
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "directory":
        odd.mkdir()
    else:
        odd.symlink_to(outside if kind == "link" else tmp_path / "nothing")

    for attempt in (store.pull, lambda: store.push(add(record(3)), "a run")):
        with pytest.raises(StoreError, match=r"2030-01\.jsonl: is (not a regular file|a symbolic link)"):
            attempt()

    assert numbers({"x": outside.read_text()}) == [2]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
@pytest.mark.parametrize("name", [LOCK, ".2025-11.jsonl.unfinished"])
def test_links_in_the_way_of_what_is_written_are_not_followed(store: DirectoryStore, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    store.path.mkdir()
    (store.path / name).symlink_to(victim)

    if name == LOCK:
        with pytest.raises(StoreError, match="symbolic link"):
            store.push(add(record(1)), "a run")
    else:
        store.push(add(record(1)), "a run")

    assert victim.read_text() == "precious"


def test_a_directory_may_be_named_by_a_link(store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    store.path.symlink_to(tmp_path / "volume", target_is_directory=True)

    store.push(add(record(1)), "a run")

    assert files_of(tmp_path / "volume") == record(1)


def test_a_file_in_place_of_the_directory_is_an_error(store: DirectoryStore) -> None:
    store.path.write_text("a file")

    for attempt in (store.pull, lambda: store.push(add(record(1)), "a run")):
        with pytest.raises(StoreError, match=r"cannot be (read|written)"):
            attempt()


def test_a_defect_of_the_edit_is_no_error_of_the_store(store: DirectoryStore) -> None:
    with pytest.raises(ValueError, match="shards only"):
        store.push(lambda _: {"../x.jsonl": "{}\n"}, "a run")
    with pytest.raises(OSError, match="mine"):
        store.push(_fail, "a run")

    assert store.push(add(record(1)), "a run").changed


def _fail(_: Shards) -> Shards:
    raise OSError("mine")


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A store with one record that this process may not write to, root or not."""
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        path = Path(parent, "store")
        DirectoryStore(path).push(add(record(1)), "a run")
        path.chmod(0o555)
        for file in path.iterdir():
            file.chmod(0o444)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield path
        finally:
            if is_root:
                os.seteuid(0)
            path.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="directories cannot be made read-only there")
def test_a_read_only_directory_can_be_pulled_but_not_pushed(read_only: Path) -> None:
    assert numbers(DirectoryStore(read_only).pull()) == [1]
    with pytest.raises(StoreError, match=r"cannot be written: permission denied .*check its permissions"):
        DirectoryStore(read_only).push(add(record(2)), "a run")
    with pytest.raises(StoreError, match=r"cannot be written: permission denied"):
        DirectoryStore(read_only / "deeper").push(add(record(2)), "a run")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of file size")
def test_a_full_disk_is_an_error_and_leaves_the_store_as_it_was(store: DirectoryStore) -> None:
    import resource

    store.push(add(record(1)), "a run")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(StoreError, match="cannot be written: file too large"):
            store.push(add(record(3, "x" * 5000)), "a run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)

    assert files_of(store.path) == record(1)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_writer_leaves_a_valid_store(tmp_path: Path) -> None:
    outcome = kill_writers(tmp_path / "store", kills=15, seed=3)

    assert outcome.kills == 15
    assert outcome.pushed > 0
    assert outcome.lost == 0
    assert outcome.corrupt == 0


def test_files_get_the_permissions_that_the_user_s_mask_leaves(store: DirectoryStore) -> None:
    store.push(add(record(1)), "a run")
    (path,) = store.path.glob("*.jsonl")
    mask = os.umask(0)
    os.umask(mask)

    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask or sys.platform == "win32"
