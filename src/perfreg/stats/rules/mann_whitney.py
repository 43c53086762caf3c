"""Mann-Whitney of the newest runs against those before: benchstat, Kayenta, Skia Perf (5 against 30 by default)."""

from __future__ import annotations

from perfreg.stats.ranks import mann_whitney
from perfreg.stats.rules.rule import Case, Rule, Score, relative, sigmas


def _measure(case: Case) -> Score:
    import numpy as np

    before, recent = case.parts()
    middle = float(np.median(before))
    found = mann_whitney(before, recent)
    if found is None:
        return Score(score=0.0, base=middle, change_pct=0.0, p_value=1.0, z=0.0)
    z = sigmas(found.p_value, found.superiority - 0.5)
    return Score(score=z, base=middle, change_pct=relative(found.shift, middle), p_value=found.p_value, z=z)


RULE = Rule(
    name="mann_whitney",
    summary="Mann-Whitney of the newest runs against those before",
    unit="standard deviations by Mann-Whitney of the newest runs",
    needs=4,
    recent=5,
    keeps_outliers=True,
    measure=_measure,
)
