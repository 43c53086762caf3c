"""How many requests a second the engines make on one processor, what each costs, and how late one alone is answered."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import readings
from claims import Claim, Part, at_least, at_most, not_measured
from engines import HERE, NEEDED, Engine, Load, Outcome, attempt, measured
from page import table
from scene import Cores, Nginx

MANY = (8, 64)
_OURS, _WRK = NEEDED
_LOCUST = "locust"
_ITEMS = 600
_WORKERS = 2
_HEADER = ("engine", *(f"{many}: {what}" for many in MANY for what in ("req/s (of wrk)", "µs CPU", "p50 / p99 µs")))
_ABOUT = (
    "Medians of the rounds; ratios are medians of those within the rounds. CPU time is that of the engine, user and "
    "system, for each request; those of autocannon, ab and k6 have their start in them."
)

Rounds = dict[tuple[str, int], list[Outcome | None]]
"""By engine and connections, one for each round; None where a rival has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long everything lasts."""

    seconds: float
    rounds: int


def part(server: Nginx, cores: Cores, here: Sequence[Engine], pace: Pace) -> Part:
    """Everything that is measured with nginx."""
    plain = interleaved(here, server, cores, pace, MANY)
    mains = [each for each in here if each.name in NEEDED]
    tls = interleaved(mains, server, cores, pace, MANY, tls=True)
    alone = interleaved(mains, server, cores, pace, (1,))
    one, two = workers(server, cores, pace)
    text = "\n\n".join(
        (
            "### Rate and cost",
            _ABOUT,
            table(_HEADER, [row(each.name, plain) for each in here]),
            "With TLS:",
            table(_HEADER, [row(each.name, tls) for each in mains]),
            _about_one(alone, one, two),
        )
    )
    return Part(text=text, claims=tuple(claims(plain, tls, alone, one, two)))


def interleaved(
    here: Sequence[Engine], server: Nginx, cores: Cores, pace: Pace, connections: Sequence[int], *, tls: bool = False
) -> Rounds:
    """Every engine once with each number of connections, again and again; the order turns with every round."""
    found: Rounds = {(each.name, many): [] for each in here for many in connections}
    url, certificate = (server.tls_url, server.certificate) if tls else (server.url, None)
    for number in range(pace.rounds):
        for many in connections:
            for engine in turned(here, number):
                load = Load(url=url, connections=many, seconds=pace.seconds, certificate=certificate)
                found[engine.name, many].append(attempt(engine, load, cores.engine))
    return found


def turned(here: Sequence[Engine], number: int) -> list[Engine]:
    """Each engine has each place in turn: nobody always follows the same one."""
    at = number % len(here)
    return [*here[at:], *here[:at]]


def workers(server: Nginx, cores: Cores, pace: Pace) -> tuple[list[float], list[float]]:
    """Requests a second of one worker and of two, on both processors, looking into each answer.

    The server has one of the two processors as well. Looking into an answer costs the client much more than sending it
    costs the server, so there is something to share.
    """
    body = json.dumps({"items": [{"id": number, "name": f"item {number}"} for number in range(_ITEMS)]})
    (server.files / "items.json").write_text(body, encoding="utf-8")
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(pace.rounds):
        for rates, count in zip(found, (1, _WORKERS), strict=True):
            rates.append(_checked(f"{server.url}items.json", cores, pace, count))
    return found


def _checked(url: str, cores: Cores, pace: Pace, count: int) -> float:
    command = [sys.executable, str(HERE / "client_perfreg.py"), url, "16", str(pace.seconds)]
    output, _ = measured([*command, "--check", "--workers", str(count)], cores.both)
    return readings.client(output).rate


def ratios(rounds: Rounds, name: str, against: str, many: int, *, of: str = "rate") -> list[float]:
    """One ratio for each round."""
    mine, others = rounds.get((name, many), []), rounds.get((against, many), [])
    return [_of(a, of) / _of(b, of) for a, b in zip(mine, others, strict=False) if a and b]


def claims(plain: Rounds, tls: Rounds, alone: Rounds, one: Sequence[float], two: Sequence[float]) -> Iterator[Claim]:
    """The targets."""
    for many in MANY:
        found = ratios(plain, _OURS, _WRK, many)
        yield at_least(f"{many} connections: at least 0.85 of wrk's rate", found, 0.85)
        found = ratios(plain, _OURS, _WRK, many, of="cpu")
        yield at_most(f"{many} connections: CPU per request at most 1.3 of wrk's", found, 1.3)
        found = ratios(plain, _OURS, _LOCUST, many)
        yield at_least(f"{many} connections: at least 8 times the rate of Locust's FastHttpUser", found, 8.0)
        found = ratios(tls, _OURS, _WRK, many)
        yield at_least(f"{many} connections with TLS: at least 0.6 of wrk's rate", found, 0.6)
    yield _late(alone)
    found = [b / a for a, b in zip(one, two, strict=True)]
    yield at_least("two workers make at least 1.6 times the requests of one", found, 1.6)


def _late(alone: Rounds) -> Claim:
    claim = "1 connection: median latency within 10 µs of wrk's"
    mine, others = alone.get((_OURS, 1), []), alone.get((_WRK, 1), [])
    apart = [a.reading.p50_us - b.reading.p50_us for a, b in zip(mine, others, strict=False) if a and b]
    if not apart:
        return not_measured(claim)
    found = median(apart)
    spread = f"rounds {min(apart):+.1f} to {max(apart):+.1f}"
    return Claim(claim=claim, measured=f"{found:+.1f} µs ({spread})", met=abs(found) <= 10)


def row(name: str, rounds: Rounds) -> list[str]:
    """An engine's row of the table."""
    cells = [name]
    for many in MANY:
        mine = [each for each in rounds[name, many] if each]
        if not mine:
            cells += ["failed", "", ""]
            continue
        share = ratios(rounds, name, _WRK, many)
        cells += [
            f"{median(_of(each, 'rate') for each in mine):,.0f} ({median(share):.2f})",
            f"{median(_of(each, 'cpu') for each in mine):.1f}",
            " / ".join(f"{median(getattr(each.reading, key) for each in mine):,.0f}" for key in ("p50_us", "p99_us")),
        ]
    return cells


def _of(outcome: Outcome, what: str) -> float:
    return outcome.reading.rate if what == "rate" else outcome.cpu_us


def _about_one(alone: Rounds, one: Sequence[float], two: Sequence[float]) -> str:
    latencies: Mapping[str, float] = {
        name: median(each.reading.p50_us for each in found if each) for (name, _), found in alone.items()
    }
    told = ", ".join(f"{name} {value:.1f} µs" for name, value in latencies.items())
    return (
        f"With one connection the median latency is: {told}. Two workers share two processors with the server, so "
        "plain requests cannot show what the second one is worth: the server alone needs most of a processor to keep "
        f"one worker busy. Here each answer of {_ITEMS} items is parsed and checked, which costs the client most of "
        f"the time: {median(one):,.0f} requests a second with one worker, {median(two):,.0f} with two, either of them "
        "on both processors."
    )
