"""Pictures of paired comparisons: why rounds, what a round is, how the interval shrinks, and what it may say."""

from __future__ import annotations

import math

import numpy as np
from docs.pictures.canvas import Canvas, Scale
from docs.pictures.noise import bells, timings

from perfreg.analysis.pair_series import PairSeries, judge_series
from perfreg.app.compare import schedule
from perfreg.stats import paired
from perfreg.stats.sequential import FEWEST, looks

Marks = np.typing.NDArray[np.bool_]

EFFECT = math.log1p(0.02)
ALPHA = 0.005
_WIDTH = 720
_LEFT = 70


def separate_or_interleaved() -> str:
    """One drifting machine, the same code on both sides: two runs one after the other, and rounds."""
    blocks = 48
    time = np.arange(blocks) / blocks
    machine = 0.03 * np.sin(7 * time) + 0.10 / (1 + np.exp(-(time - 0.52) * 30))
    cost = np.exp(machine + 0.012 * bells(11, blocks))
    apart = np.arange(blocks) >= blocks // 2
    firsts = [schedule.order(2, "search", number)[0] for number in range(1, blocks // 2 + 1)]
    mixed = np.array([side == "head" for first in firsts for side in (first, "base" if first == "head" else "head")])

    canvas = Canvas(
        _WIDTH, 410, "The same code twice on a machine that slows down: two separate runs differ by much, rounds do not"
    )
    canvas.dot(80, 22, "base")
    canvas.text(88, 26, "base")
    canvas.diamond(140, 22, "head")
    canvas.text(149, 26, "head, the same code")
    canvas.path([(300, 22), (325, 22)], "axis dashed")
    canvas.text(331, 26, "what the machine does meanwhile")
    ratio = float(np.median(cost[apart]) / np.median(cost[~apart]))
    title = f"Two separate runs: head seems {100 * (ratio - 1):.1f} % slower"
    _panel(canvas, 60, title, "bad", (cost, np.exp(machine), apart))
    pairs = paired.pairs_of(cost[~mixed][None], cost[mixed][None])
    look = looks(pairs, EFFECT, alpha=ALPHA, final=True)[0]
    change, low, high = (f"{100 * math.expm1(each):+.1f}" for each in (look.change, look.low, look.high))
    title = f"Rounds of one block each, in random order: {change} %, interval [{low}, {high}] %"
    _panel(canvas, 240, title, "good", (cost, np.exp(machine), mixed))
    return canvas.svg()


def _panel(canvas: Canvas, top: float, title: str, look: str, data: tuple[paired.Floats, paired.Floats, Marks]) -> None:
    cost, machine, is_head = data
    x, y = Scale(low=0, high=cost.size, start=_LEFT + 10, end=_WIDTH - 20), Scale(low=0.95, high=1.2, start=140, end=15)
    canvas.text(_LEFT, top, title, f"{look} strong")
    canvas.ladder([(top + y(each), f"{each:.0%}") for each in (1.0, 1.1, 1.2)], _LEFT, _WIDTH - 15)
    canvas.path([(x(i + 0.5), top + y(float(each))) for i, each in enumerate(machine)], "axis dashed")
    for i, (each, head) in enumerate(zip(cost, is_head, strict=True)):
        draw = canvas.diamond if head else canvas.dot
        draw(x(i + 0.5), top + y(float(each)), "head" if head else "base")
    canvas.text(_WIDTH - 20, top + 158, "time", "quiet small", anchor="end")


def rounds() -> str:
    """Three starts of three rounds, in the order that a seed gives."""
    canvas = Canvas(_WIDTH, 190, "Three starts of both services, with three rounds of one block of each side in each")
    width, number, x = 30.0, 0, 24.0
    for start in range(3):
        canvas.text(x, 32, f"start {start + 1} of both services" if start == 0 else f"start {start + 1}", "quiet small")
        canvas.box((x, 42), (18, 44), "shade")
        canvas.text(x + 9, 69, "w", "quiet small", anchor="middle")
        x += 24
        for _ in range(3):
            number += 1
            for side in schedule.order(7, "search", number):
                canvas.box((x, 42), (width - 2, 44), side)
                canvas.text(x + width / 2 - 1, 69, side[0].upper(), "on strong", anchor="middle")
                x += width
            canvas.path([(x - 2 * width + 1, 94), (x - 2 * width + 1, 99), (x - 3, 99), (x - 3, 94)], "axis")
            canvas.text(x - width - 1, 115, f"{number}", "small", anchor="middle")
            x += 5
        x += 10
    canvas.text(24, 140, "B a block of base, H one of head: the same length, the same requests, the other side idle.")
    canvas.text(24, 159, "A coin decides who is first. Each round gives one number: head divided by base.")
    canvas.text(24, 178, "w warming up, which does not count.", "quiet")
    return canvas.svg()


def interval() -> str:
    """The interval of one comparison round by round, for a change of +5 %."""
    many, enough = 40, 0
    base, head = timings(29, 1, many, spread=0.025), 1.05 * timings(229, 1, many, spread=0.025)
    canvas = Canvas(_WIDTH, 330, "The interval of a comparison gets narrower with each round until it leaves the band")
    x, y = Scale(low=6.5, high=many, start=_LEFT, end=_WIDTH - 20), Scale(low=-6, high=12, start=270, end=30)
    canvas.box((_LEFT, y(2)), (_WIDTH - 20 - _LEFT, y(-2) - y(2)), "band")
    canvas.ladder([(y(each), f"{each:+d} %" if each else "0") for each in (-4, 0, 4, 8, 12)], _LEFT, _WIDTH - 20)
    canvas.text(_WIDTH - 24, y(0) - 5, "changes within the minimum effect of 2 %", "quiet small", anchor="end")
    canvas.line((_LEFT, y(5)), (_WIDTH - 20, y(5)), "ink dashed")
    for n in range(FEWEST, many + 1):
        look = looks(paired.pairs_of(base[:, :n], head[:, :n]), EFFECT, alpha=ALPHA, final=False)[0]
        decided = look.decide(ALPHA) == "slower"
        enough = enough or (n if decided else 0)
        colour = "bad" if enough == n else "open"
        faint = " faint" if enough and n > enough else ""
        low, high, middle = (100 * math.expm1(each) for each in (look.low, look.high, look.change))
        canvas.line((x(n), y(low)), (x(n), y(high)), f"{colour} bar{faint}")
        canvas.dot(x(n), y(middle), f"{colour}{faint}", 2.5)
        if enough == n:
            canvas.text(x(n), y(high) - 8, f"round {n}: regression", "bad strong", anchor="middle")
    for n in (8, 12, 16, 20, 24, 28, 32, 36, 40):
        canvas.text(x(n), 290, str(n), "quiet small", anchor="middle")
    words = "rounds; measuring stops at the red one, pale ones show what would have followed; dashed: the truth, +5 %"
    canvas.text(_LEFT, 314, words, "quiet")
    return canvas.svg()


_ANSWERS = (
    ("all of it beyond the band", 0.07, 0.02, 41),
    ("all of it beyond the band, on the good side", -0.06, 0.02, 43),
    ("all of it within the band", 0.003, 0.01, 55),
    ("it may be chance", 0.015, 0.06, 47),
    ("more than chance, but perhaps below 2 %", 0.025, 0.018, 45),
)


def answers() -> str:
    """What the interval may say, as judged by perfreg, and drawn on one axis."""
    series = [
        PairSeries(
            name=name,
            base=tuple(timings(seed, 30, spread=spread).tolist()),
            head=tuple((math.exp(shift) * timings(seed + 100, 30, spread=spread)).tolist()),
        )
        for name, shift, spread, seed in _ANSWERS
    ]
    found = judge_series(series, min_effect_pct=2.0, confidence=0.99)
    canvas = Canvas(_WIDTH, 300, "Intervals of five comparisons on one axis, with the band of the minimum effect")
    x = Scale(low=-14, high=14, start=285, end=_WIDTH - 25)
    canvas.box((x(-2), 38), (x(2) - x(-2), 208), "band")
    canvas.text(x(0), 28, "too small to matter", "quiet small", anchor="middle")
    for each in (-12, -8, -4, 0, 4, 8, 12):
        canvas.line((x(each), 38), (x(each), 246), "axis dashed" if each == 0 else "grid")
        canvas.text(x(each), 264, f"{each:+d} %" if each else "0", "quiet small", anchor="middle")
    colours = {"regression": "bad", "improvement": "good", "unchanged": "ink", "inconclusive": "open"}
    for row, verdict in enumerate(found):
        y, colour = 62 + 40 * row, colours[verdict.status]
        low, high = (-99.0 if verdict.ci_low_pct is None else verdict.ci_low_pct), verdict.ci_high_pct or 99.0
        canvas.text(16, y, verdict.status, f"{colour} strong")
        canvas.text(16, y + 16, verdict.series, "quiet small")
        canvas.line((x(low), y), (x(high), y), f"{colour} bar")
        for end in (low, high):
            canvas.line((x(end), y - 5), (x(end), y + 5), f"{colour} bar")
        canvas.dot(x(verdict.change_pct or 0.0), y, colour, 4)
    canvas.text(x(0), 286, "change of head against base; smaller is better", "quiet small", anchor="middle")
    return canvas.svg()
