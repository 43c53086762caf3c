from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import uuid

import pytest

from perfreg.measure.environment import detect
from perfreg.measure.identity import run_id


def test_this_machine() -> None:
    found = detect(os.environ)
    assert re.fullmatch(r"[0-9a-f]{16}", found.key)
    assert found.cpu_model
    assert found.cpus > 0
    assert found.memory_mb > 100


def test_the_key_stays_and_follows_what_decides_speed() -> None:
    plain = detect({}).key
    assert detect({"PATH": "/elsewhere", "ImageVersion": "2026.1"}).key == plain
    assert detect({"ImageOS": "ubuntu24"}).key != plain
    assert detect({}, name="staging").key != plain


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs processor affinity (Linux)")
def test_fewer_processors_are_another_environment() -> None:
    code = (
        "import os; from perfreg.measure.environment import detect; before = detect({});"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); after = detect({});"
        "assert after.cpus == 1; print(before.cpus, before.key == after.key)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    cpus, same = done.stdout.split()
    assert same == str(float(cpus) == 1)


def test_run_ids_are_uuids_of_version_7_that_sort_by_time() -> None:
    now = int(time.time() * 1000)
    ids = [run_id(now + step) for step in range(50)]
    assert ids == sorted(ids)
    for each in ids:
        parsed = uuid.UUID(each)
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert uuid.UUID(run_id(now)).int >> 80 == now
    assert run_id(now) != run_id(now)
