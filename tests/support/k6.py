"""The k6 that tests of its engine need."""

from __future__ import annotations

import os
import shutil

import pytest


def k6_binary() -> str:
    """Its path. Without it the tests are skipped, but never where CI is set."""
    found = shutil.which(os.environ.get("PERFREG_K6", "k6"))
    if found:
        return found
    reason = "there is no k6: go install go.k6.io/k6@latest, or set PERFREG_K6"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
