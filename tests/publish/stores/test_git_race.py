"""Many writers at once, and writers that die."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.support.git_scene import BRANCH, ENV, add, commits, git, make_clone, make_remote, record, state, stored

from perfreg.errors import StoreError
from perfreg.publish.stores.backoff import Backoff
from perfreg.publish.stores.git_branch import GitBranch
from perfreg.store.exchange import Line, Shards, read

ROOT = Path(__file__).parents[3]


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


def make_store(remote: Path, directory: Path) -> GitBranch:
    return GitBranch(directory=make_clone(remote, directory), env=ENV, backoff=Backoff(first_s=0.1))


def interrupted(by: Callable[[], object], number: int) -> Callable[[Shards], Shards]:
    """The edit that adds a record, while another writer is faster the first time."""
    rivals = [by]

    def edit(there: Shards) -> Shards:
        if rivals:
            rivals.pop()()
        return add(number)(there)

    return edit


def test_writers_at_once_lose_nothing_and_create_one_branch(remote: Path, tmp_path: Path) -> None:
    stores = [make_store(remote, tmp_path / f"clone-{i}") for i in range(6)]
    before = [state(store.directory) for store in stores]
    with ThreadPoolExecutor(6) as pool:
        pushed = list(pool.map(lambda pair: pair[1].push(add(pair[0]), "add a run"), enumerate(stores)))
    assert all(done.changed for done in pushed)
    assert stores[0].pull() == stored(*range(6))
    assert commits(remote) == 6
    assert [state(store.directory) for store in stores] == before


@pytest.mark.parametrize("mine", [False, True], ids=["append", "squash"])
@pytest.mark.parametrize("rivals", [False, True], ids=["append", "squash"])
def test_the_loser_of_a_race_begins_again(remote: Path, tmp_path: Path, mine: bool, rivals: bool) -> None:
    store = make_store(remote, tmp_path / "clone")
    store.push(add(1), "add")
    store.push(add(2), "add")
    rival = replace(store, squash=rivals)
    pushed = replace(store, squash=mine).push(interrupted(lambda: rival.push(add(3), "add"), 4), "add")
    assert (pushed.changed, pushed.attempts) == (True, 2)
    assert store.pull() == stored(1, 2, 3, 4)
    assert commits(remote) == (1 if mine else 2 if rivals else 4)


def test_creating_the_branch_is_a_race_too(remote: Path, tmp_path: Path) -> None:
    store = make_store(remote, tmp_path / "clone")
    pushed = store.push(interrupted(lambda: store.push(add(1), "add"), 2), "add")
    assert (pushed.attempts, commits(remote)) == (2, 2)
    assert store.pull() == stored(1, 2)


def test_a_branch_that_is_deleted_meanwhile_is_created_again(remote: Path, tmp_path: Path) -> None:
    store = make_store(remote, tmp_path / "clone")
    store.push(add(1), "add")
    pushed = store.push(interrupted(lambda: git(remote, "update-ref", "-d", f"refs/heads/{BRANCH}"), 2), "add")
    assert (pushed.changed, pushed.attempts) == (True, 2)
    assert store.pull() == stored(2)


def test_squashing_and_appending_at_once_lose_nothing(remote: Path, tmp_path: Path) -> None:
    stores = [replace(make_store(remote, tmp_path / f"clone-{i}"), squash=i % 2 == 0) for i in range(4)]

    def push_three(index: int) -> None:
        for number in range(3):
            stores[index].push(add(10 * index + number), "add a run")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(push_three, range(4)))
    assert stores[0].pull() == stored(*(10 * i + n for i in range(4) for n in range(3)))
    stores[0].push(add(99), "add a run")
    assert commits(remote) == 1
    assert git(remote, "fsck", "--strict", "--no-dangling") == ""


def test_killed_writers_leave_a_store_with_all_they_were_told_is_there(remote: Path, tmp_path: Path) -> None:
    clones = [make_clone(remote, tmp_path / f"clone-{i}") for i in range(2)]
    before = [state(clone) for clone in clones]
    acknowledged: set[str] = set()
    for attempt in range(3):
        processes = [start_writer(clone, 100 * (2 * attempt + i)) for i, clone in enumerate(clones)]
        for process in processes:
            acknowledged.add(record(first_line(process)))
        time.sleep(random.uniform(0, 0.5))
        for process in processes:
            kill(process)
            acknowledged.update(record(int(line)) for line in process.communicate()[0].split())
        texts = {line.text for line in read(GitBranch(directory=clones[0], env=ENV).pull()) if isinstance(line, Line)}
        assert acknowledged <= texts
    assert git(remote, "fsck", "--strict", "--no-dangling") == ""
    assert [state(clone) for clone in clones] == before
    assert make_store(remote, tmp_path / "last").push(add(9999), "still working").changed


def start_writer(clone: Path, first: int) -> subprocess.Popen[str]:
    command = (sys.executable, str(ROOT / "tests" / "support" / "git_writer.py"), str(clone), str(first))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def first_line(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    return int(process.stdout.readline())


def kill(process: subprocess.Popen[str]) -> None:
    """Kill the writer with the git that it runs, but not the remote's end, which would be another machine."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for child in children:
        try:
            if "receive-pack" not in " ".join(child.cmdline()):
                child.kill()
        except psutil.Error:
            continue


def test_a_lock_that_stays_is_told_after_the_time_limit(remote: Path, tmp_path: Path) -> None:
    store = make_store(remote, tmp_path / "clone")
    store.push(add(1), "add")
    (remote / "refs" / "heads" / f"{BRANCH}.lock").touch()
    hurried = replace(store, time_limit_s=1.5, backoff=Backoff(first_s=0.1, longest_s=0.2))
    with pytest.raises(StoreError, match=r"gave up after \d+ attempts in \d s; the last one: .*\.lock"):
        hurried.push(add(2), "add")
    assert store.pull() == stored(1)
