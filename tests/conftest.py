"""Settings of the whole suite."""

from __future__ import annotations

import os

from hypothesis import settings

# The machine is shared and the first example pays for imports: how long one takes says nothing about the code.
# Elsewhere examples are random; CI repeats the same ones, so that a failure belongs to the change at hand.
settings.register_profile("perfreg", deadline=None, max_examples=60, derandomize="CI" in os.environ)
settings.load_profile("perfreg")
