"""Who sees that a server has become slower: its work grows from 200 to 240 µs for each request."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median

from claims import Claim, Part
from engines import NEEDED, Engine, Load, Outcome, attempt
from page import table
from rate import Pace, turned
from scene import Cores, known

BEFORE_US, AFTER_US = 200, 240
_CONNECTIONS = 8
_ABOUT = (
    f"A server whose work for a request grows from {BEFORE_US} to {AFTER_US} µs, {_CONNECTIONS} connections; medians "
    "of the rounds. Who measures the server sees about 15 % fewer answers, who measures itself does not."
)


def part(cores: Cores, here: Sequence[Engine], pace: Pace) -> Part:
    """Every engine on both servers, in turns."""
    found: dict[str, list[tuple[Outcome, Outcome]]] = {each.name: [] for each in here}
    with ExitStack() as stack:
        before, after = (stack.enter_context(known("work", each, cores=cores)) for each in (BEFORE_US, AFTER_US))
        for number in range(pace.rounds):
            for engine in turned(here, number):
                outcomes = [
                    attempt(engine, Load(url=each.url, connections=_CONNECTIONS, seconds=pace.seconds), cores.engine)
                    for each in (before, after)
                ]
                if outcomes[0] and outcomes[1]:
                    found[engine.name].append((outcomes[0], outcomes[1]))
    text = "\n\n".join(
        (
            "### Sensitivity",
            _ABOUT,
            table(
                ["engine", "req/s before", "after", "change", "p50 before", "after"],
                [row(*each) for each in found.items()],
            ),
        )
    )
    return Part(text=text, claims=(claim(found),))


def change_pct(pairs: Sequence[tuple[Outcome, Outcome]]) -> float:
    """By how much the rate has changed: the median of the rounds."""
    return median(100 * (after.reading.rate / before.reading.rate - 1) for before, after in pairs)


def claim(found: dict[str, list[tuple[Outcome, Outcome]]]) -> Claim:
    """The target."""
    ours, theirs = change_pct(found[NEEDED[0]]), change_pct(found[NEEDED[1]])
    return Claim(
        claim="a server that got slower is read as slower by what wrk reads, within 2 points",
        measured=f"{ours:+.1f} %, wrk {theirs:+.1f} %",
        met=abs(ours - theirs) <= 2,
    )


def row(name: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> list[str]:
    """An engine's row."""
    if not pairs:
        return [name, "failed", "", "", "", ""]
    sides = list(zip(*pairs, strict=True))
    rates = [f"{median(each.reading.rate for each in side):,.0f}" for side in sides]
    latencies = [f"{median(each.reading.p50_us for each in side) / 1e3:.2f} ms" for side in sides]
    return [name, *rates, f"{change_pct(pairs):+.1f} %", *latencies]
