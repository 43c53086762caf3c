"""The directory store: those who use it at the same time take turns."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.records import add, numbers, record

from perfreg.errors import StoreError
from perfreg.publish.stores.directory import DirectoryStore

LOCK = ".perfreg.lock"


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store", time_limit_s=30)


def test_writers_at_the_same_time_take_turns(store: DirectoryStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.push(add(record(number)), "a run"), range(1, 41)))

    assert numbers(store.pull()) == list(range(1, 41))


HOLD = """
import sys
from pathlib import Path
from perfreg.publish.stores.directory import DirectoryStore
def edit(shards):
    print("locked", flush=True)
    sys.stdin.readline()
    return {}
DirectoryStore(Path(sys.argv[1])).push(edit, "hold")
"""


@pytest.fixture
def holder(store: DirectoryStore) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it gets a line, or dies."""
    command = [sys.executable, "-c", HOLD, str(store.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_who_waits_in_vain_is_told_for_whom(store: DirectoryStore, holder: subprocess.Popen[str]) -> None:
    impatient = DirectoryStore(store.path, time_limit_s=0.2)

    for attempt in (impatient.pull, lambda: impatient.push(add(record(1)), "a run")):
        with pytest.raises(StoreError, match=rf"locked for 0\.2 s by process {holder.pid} on "):
            attempt()


def test_a_lock_goes_with_its_holder(store: DirectoryStore, holder: subprocess.Popen[str]) -> None:
    pushed: list[bool] = []
    waiter = threading.Thread(target=lambda: pushed.append(store.push(add(record(1)), "a run").changed))
    waiter.start()
    assert not pushed
    holder.kill()
    waiter.join(20)

    assert pushed == [True]
    assert numbers(store.pull()) == [1]


def test_a_holder_that_says_nothing_sensible_is_not_quoted(
    store: DirectoryStore, holder: subprocess.Popen[str]
) -> None:
    (store.path / LOCK).write_text("::error::\x1b[31m")

    with pytest.raises(StoreError, match=r"by another process \(wait"):
        DirectoryStore(store.path, time_limit_s=0.1).pull()
