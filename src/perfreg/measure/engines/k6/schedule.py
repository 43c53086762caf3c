"""When k6 begins the visits of an open loop."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate
from typing import final

from perfreg.measure.engines.profile import Profile


@final
class Schedule:
    """The moments at which visits are due: the first one when there is room for one whole under the rate."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._areas = [0.0, *accumulate(each.area for each in profile)]
        self._starts = [0.0, *accumulate(each.duration_s for each in profile)]

    def due_ns(self, number: int) -> int:
        """When visit ``number`` (from 0) is due, in ns from the start; the end for those that come later."""
        wanted = number + 1.0
        which = bisect_left(self._areas, wanted) - 1
        if which >= len(self._profile):
            return round(self._starts[-1] * 1e9)
        segment = self._profile[which]
        owed = wanted - self._areas[which]
        slope = (segment.last - segment.first) / segment.duration_s
        root = math.sqrt(max(segment.first**2 + 2 * slope * owed, 0.0))
        return round((self._starts[which] + 2 * owed / max(segment.first + root, 1e-12)) * 1e9)
