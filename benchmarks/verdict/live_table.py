"""The tables of `live.py`, from the lines of its file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from evidence_page import share, table
from live_rivals import ALPHA, THRESHOLD_PCT
from live_scene import METRICS, Record

Rule = Callable[[Record], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A target with what was measured."""

    claim: str
    measured: str
    met: bool


def any_regression(record: Record) -> bool:
    """Whether perfreg called any metric of the scenario a regression: what makes a build red."""
    return any(each["status"] == "regression" for each in record["metrics"].values())


def regression_of(metric: str) -> Rule:
    """Whether perfreg called this metric a regression."""
    return lambda record: bool(record["metrics"][metric]["status"] == "regression")


def rules() -> dict[str, Rule]:
    """Who is asked, in the order of the table."""
    return {
        "**perfreg, any metric**": any_regression,
        **{f"perfreg, `{metric}` alone": regression_of(metric) for metric in METRICS},
        f"two runs, median more than {THRESHOLD_PCT:g} % slower": lambda record: bool(record["separate"]["threshold"]),
        f"two runs, Mann-Whitney at {100 * ALPHA:g} %": lambda record: bool(record["separate"]["mann_whitney"]),
    }


def section(records: Sequence[Record]) -> str:
    """The whole section."""
    sound = [each for each in records if "metrics" in each]
    effects = sorted({each["effect_pct"] for each in sound})
    found = [[name, *(_found(sound, effect, rule) for effect in effects)] for name, rule in rules().items()]
    took = [_took(effect, _of(sound, effect)) for effect in effects]
    checked = [[each.claim, each.measured, "met" if each.met else "**missed**"] for each in claims(records)]
    return "\n\n".join(
        (
            "## Live",
            _about(sound, len(records) - len(sound)),
            table(["called a regression", *(f"+{effect} %" for effect in effects)], found),
            "What the comparisons took, medians:",
            table(["head", "time", "rounds", *(f"change of `{metric}`" for metric in METRICS)], took),
            table(["target", "measured", ""], checked),
        )
    )


def claims(records: Sequence[Record]) -> list[Claim]:
    """The targets."""
    sound = [each for each in records if "metrics" in each]
    same, slower = _of(sound, 0), _of(sound, 5)
    wrong, right = sum(map(any_regression, same)), sum(map(any_regression, slower))
    longest = max((each["elapsed_s"] for each in sound), default=0.0)
    return [
        Claim(
            claim="at most 1 % of the comparisons of equal sides are called a regression, in any metric",
            measured=f"{wrong} of {len(same)}",
            met=bool(same) and wrong <= 0.01 * len(same),
        ),
        Claim(
            claim="at least 95 % of +5 % found",
            measured=f"{right} of {len(slower)}",
            met=bool(slower) and right >= 0.95 * len(slower),
        ),
        Claim(
            claim="measuring takes a minute at most",
            measured=f"{longest:.0f} s",
            met=longest < 63,  # the round that the minute ends in is finished
        ),
        Claim(
            claim="every comparison comes to an end",
            measured=f"{len(sound)} of {len(records)}",
            met=len(sound) == len(records),
        ),
    ]


def _of(records: Sequence[Record], effect: int) -> list[Record]:
    return [each for each in records if each["effect_pct"] == effect]


def _found(records: Sequence[Record], effect: int, rule: Rule) -> str:
    mine = _of(records, effect)
    return share(sum(map(rule, mine)), len(mine))


def _took(effect: int, records: Sequence[Record]) -> list[str]:
    rounds = [max(each["rounds"] or 0 for each in record["metrics"].values()) for record in records]
    changes = [median(record["metrics"][metric]["change_pct"] for record in records) for metric in METRICS]
    seconds = median(record["elapsed_s"] for record in records)
    return [f"+{effect} %", f"{seconds:.0f} s", f"{median(rounds):.0f}", *(f"{change:+.1f} %" for change in changes)]


def _about(records: Sequence[Record], failed: int) -> str:
    if not records:
        return "Nothing was measured."
    session, loads = records[0]["session"], [value for each in records for value in each["load"]]
    text = (
        f"{len(records)} comparisons of a service whose answers take {session['steps']:,} steps of work, 10 ms of an "
        f"undisturbed processor; head takes {session['one_percent']:,.0f} steps more for each percent: as "
        "many as make a whole answer 1 % slower, measured without the second load. Each comparison had at most "
        f"{session['budget'].removesuffix('s')} s. A second load kept one processor busy about half of the time, in "
        f"bursts of 0.1 to 5 s, and others used the machine: it had a load of {median(loads):.1f} (median, up to "
        f"{max(loads):.1f}). The rivals compare the latencies of two separate runs, base and then head, of "
        f"{session['separate_s']:g} s each, made right after each comparison. Cells have 95 % intervals (Wilson)."
    )
    return f"{text} {failed} comparisons failed." if failed else text
