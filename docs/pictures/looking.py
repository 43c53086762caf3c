"""Pictures of what happens over time: looking again and again, and a step in a history."""

from __future__ import annotations

import numpy as np
from docs.pictures.canvas import Canvas, Scale
from docs.pictures.noise import timings

from perfreg.stats import paired, sequential
from perfreg.stats.paired import Pairs

_COMPARISONS, _ROUNDS = 1000, 60
_ALPHA = 0.005
_WIDTH, _LEFT = 720, 70


def looks() -> str:
    """How many comparisons of equal sides have cried wolf by each round, with and without care."""
    both = [timings(seed, _COMPARISONS, _ROUNDS, spread=0.03) for seed in (61, 63)]
    naive, careful = (100 * np.cumsum(each, axis=0).clip(max=1).mean(axis=1) for each in _alarms(*both))
    canvas = Canvas(
        _WIDTH, 330, "False alarms of comparisons that are looked at after every round: with perfreg's shares few"
    )
    x = Scale(low=8, high=_ROUNDS, start=_LEFT, end=_WIDTH - 20)
    y = Scale(low=0, high=7, start=275, end=25)
    canvas.ladder([(y(each), f"{each} %") for each in range(8)], _LEFT, _WIDTH - 20)
    canvas.line((_LEFT, y(1)), (_WIDTH - 20, y(1)), "ink dashed")
    canvas.text(_WIDTH - 24, y(1) - 6, "allowed: 1 % of comparisons, slower and faster together", "small", anchor="end")
    at = range(sequential.FEWEST, _ROUNDS + 1)
    for values, colour, words in (
        (naive, "bad", "the same test with the whole error rate at every look"),
        (careful, "good", "each look may claim its share only"),
    ):
        canvas.path([(x(n), y(float(each))) for n, each in zip(at, values, strict=True)], colour)
        end = float(values[-1])
        height = y(end) - 8 if end > 1 else y(0.6)
        canvas.text(_WIDTH - 24, height, f"{words}: {end:.1f} %", f"{colour} strong", anchor="end")
    for n in range(10, _ROUNDS + 1, 10):
        canvas.text(x(n), 293, str(n), "quiet small", anchor="middle")
    words = f"rounds so far; {_COMPARISONS:,} simulated comparisons in which nothing has changed, stopped at an alarm"
    canvas.text(_LEFT, 315, words, "quiet")
    return canvas.svg()


def _alarms(base: paired.Floats, head: paired.Floats) -> tuple[paired.Floats, paired.Floats]:
    """Rounds times comparisons: whether a look gave an alarm, without and with shares."""
    naive, careful = [], []
    for n in range(sequential.FEWEST, _ROUNDS + 1):
        pairs = paired.pairs_of(base[:, :n], head[:, :n])
        sides = [_at(each, final=n == _ROUNDS) for each in (pairs, pairs.mirrored())]
        naive.append(sides[0][0] | sides[1][0])
        careful.append(sides[0][1] | sides[1][1])
    return np.array(naive, dtype=np.float64), np.array(careful, dtype=np.float64)


def _at(pairs: Pairs, *, final: bool) -> tuple[np.typing.NDArray[np.bool_], np.typing.NDArray[np.bool_]]:
    raw = paired.exceeds(pairs, 0.0) <= _ALPHA
    careful = raw.copy()
    if raw.any():
        careful[raw] = sequential.p_values(pairs.chosen(raw), 0.0, final=final) <= _ALPHA
    return raw, careful
