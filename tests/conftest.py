"""Settings of the whole suite."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Hundreds of interpreters are started: one that may not keep bytecode compiles every library anew, for a second each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The machine is shared and the first example pays for imports: how long one takes says nothing about the code.
# Elsewhere examples are random; CI repeats the same ones, so that a failure belongs to the change at hand.
settings.register_profile("perfreg", deadline=None, max_examples=60, derandomize="CI" in os.environ)
settings.register_profile("few", settings.get_profile("perfreg"), max_examples=10)
settings.load_profile("perfreg")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Three processes for two processors: about every third second of the suite is spent waiting for somebody."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, processors * 3 // 2)


_WHOLE = (
    "action/", "benchmarks/", "cli/compare/", "cli/test_baseline.py", "cli/test_compare.py", "cli/test_demo.py",
    "cli/test_history_rules.py", "cli/test_noise.py", "cli/test_publish.py", "measure/revisions/", "publish/action/",
    "publish/forges/test_hosts.py", "publish/stores/test_git_race.py",
)  # fmt: skip
"""Tests of whole commands, of the Action and of hosts that answer badly in every way: half of the time of all tests."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark those as slow before it is decided which tests run."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(_WHOLE):
            item.add_marker(pytest.mark.slow)
