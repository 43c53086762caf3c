"""A stall as both loops of the load engine see it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from docs.pictures.canvas import Canvas, Scale

_WORK, _STALL, _EVERY = 10, 200, 2000
"""Milliseconds: what a request takes, how long the service stands still, and from one such stall to the next."""
_USERS, _GAP = 2, 10
_SHOWN, _STALLS_AT = 500, 150
_WIDTH, _LEFT, _RIGHT = 720, 70, 490


def stall() -> str:
    """Each request of 500 ms as a dot: when it was due, and how long it took as the loop counts it."""
    canvas = Canvas(_WIDTH, 400, "A stall of 200 ms: two slow requests in a closed loop, twenty in an open one")
    closed, due = [*_closed(20 * _EVERY)], [*_open(20 * _EVERY)]
    for top, requests, look, words in (
        (45, closed, "base", f"closed loop, {_USERS} users: each waits for its answer, so nobody asks meanwhile"),
        (
            230,
            due,
            "head",
            f"open loop, {1000 // _GAP} requests/s: they are due, whether earlier ones are answered or not",
        ),
    ):
        _panel(canvas, top, requests, look, words)
    canvas.text(
        _LEFT, 385, "moment at which a request was due, in ms; the service stands still in the shaded time", "quiet"
    )
    return canvas.svg()


def _panel(canvas: Canvas, top: int, requests: list[tuple[int, int]], look: str, words: str) -> None:
    x = Scale(low=0, high=_SHOWN, start=_LEFT, end=_RIGHT)
    y = Scale(low=0, high=220, start=top + 115, end=top)
    canvas.text(_LEFT, top - 14, words, "strong small")
    canvas.box((x(_STALLS_AT), top), (x(_STALL) - x(0), 115), "shade")
    canvas.ladder([(y(each), f"{each} ms") for each in (0, 100, 200)], _LEFT, _RIGHT)
    for at, took in requests:
        if at <= _SHOWN:
            (canvas.dot if look == "base" else canvas.diamond)(x(at), y(took), look, 2.5)
    for at in range(0, _SHOWN + 1, 100):
        canvas.text(x(at), top + 132, str(at), "quiet small", anchor="middle")
    times = [took for _, took in requests]
    slow = sum(took > _WORK for took in times) / len(times)
    report = [("what it reports", "strong small"), (f"{100 * slow:.1f} % of requests are slow", "small")]
    report += [(f"p{share}: {np.percentile(times, share, method='higher'):.0f} ms", "small") for share in (50, 95, 99)]
    for row, (line, style) in enumerate(report):
        canvas.text(_RIGHT + 25, top + 20 + 20 * row, line, style)


def _answered(at: int) -> int:
    """When a request sent at ``at`` is answered: a service that stands still goes on where it was."""
    begins = at - (at - _STALLS_AT) % _EVERY
    if at < begins + _STALL:  # sent while it stands still
        return begins + _STALL + _WORK
    late = begins + _EVERY
    return at + _WORK + (_STALL if at + _WORK > late else 0)


def _closed(duration: int) -> Iterator[tuple[int, int]]:
    for user in range(_USERS):
        at = user * _WORK // _USERS
        while at < duration:
            ends = _answered(at)
            yield at, ends - at
            at = ends


def _open(duration: int) -> Iterator[tuple[int, int]]:
    for at in range(0, duration, _GAP):
        yield at, _answered(at) - at
