"""Settings of the whole suite."""

from __future__ import annotations

from hypothesis import settings

# The machine is shared and the first example pays for imports: how long one takes says nothing about the code.
settings.register_profile("perfreg", deadline=None, max_examples=60)
settings.load_profile("perfreg")
