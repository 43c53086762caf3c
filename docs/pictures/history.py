"""Picture of a history: what the next run may show, and a step that no single run gives away."""

from __future__ import annotations

import numpy as np
from docs.pictures.canvas import Canvas, Scale
from docs.pictures.noise import timings

from perfreg.analysis.watch import Policy, watch
from perfreg.stats.predict import compare

_RUNS, _STEP = 44, 30
_POLICY = Policy(false_alarms=1.0)
"""As sure as `perfreg run` is of lasting changes."""

_WIDTH, _LEFT = 720, 70


def step() -> str:
    """A step of 6 % in runs that scatter by 2 %, the run that makes it certain, and the guilty commits."""
    values = 100 * timings(499, _RUNS, spread=0.02) * np.where(np.arange(_RUNS) >= _STEP, 1.06, 1.0)
    found = watch(values.tolist(), policy=_POLICY)[0]
    past = values[: found.located]
    next_run = compare(float(past[-1]), 0.0, past[:-1].tolist(), (), level=0.05)
    assert next_run is not None  # noqa: S101 - the numbers are made here
    middle = float(past[-1]) / (1 + next_run.change_pct / 100)
    reach = (next_run.high_pct - next_run.low_pct) / 2

    canvas = Canvas(_WIDTH, 350, "A history that becomes 6 % slower: where the step is, and when it is certain")
    x, y = Scale(low=-0.5, high=_RUNS - 0.5, start=_LEFT, end=_WIDTH - 20), Scale(low=88, high=118, start=290, end=40)
    top, bottom = y(middle * (1 + reach / 100)), y(middle * (1 - reach / 100))
    canvas.box((_LEFT, top), (_WIDTH - 20 - _LEFT, bottom - top), "shade")
    canvas.ladder([(y(each), f"{each} ms") for each in (90, 95, 100, 105, 110, 115)], _LEFT, _WIDTH - 20)
    canvas.text(_LEFT + 6, top - 6, f"what the next run of the same code may show, ±{reach:.0f} %", "quiet small")
    canvas.box((x(found.located - 1), 40), (x(found.located) - x(found.located - 1), 250), "band")
    canvas.text(x(found.located - 0.5), 30, "guilty commits", "base strong", anchor="middle")
    for i, each in enumerate(values):
        is_new = i >= found.located
        draw, colour = (canvas.diamond, "head") if is_new else (canvas.dot, "base")
        draw(x(i), y(float(each)), colour + (" faint" if i > found.raised else ""))
    canvas.line((x(found.raised), 40), (x(found.raised), y(91)), "bad dashed")
    words = f"certain after {found.raised - found.located + 1} runs: {100 * found.change:+.1f} %"
    canvas.text(x(found.raised), y(89.4), words, "bad strong", anchor="middle")
    for i in (0, 10, 20, 30, 40):
        canvas.text(x(i), 310, f"run {i + 1}", "quiet small", anchor="middle")
    words = "each of the new runs is what one run of the old code may show; several together are not"
    canvas.text(_LEFT, 336, words, "quiet")
    return canvas.svg()
