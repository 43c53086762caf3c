"""What the rounds of a scenario measured, metric by metric, for the judge."""

from __future__ import annotations

from perfreg.analysis.rounds import Rounds
from perfreg.app.compare.contest import Contest
from perfreg.app.compare.merging import family_of, merged
from perfreg.model.metric import Metric
from perfreg.model.run import Measurement


def rounds_of(contest: Contest) -> tuple[Rounds, ...]:
    """One series for each metric, of the rounds in which both sides have it."""
    found: dict[str, list[tuple[int, Measurement, Measurement]]] = {}
    for index, each in enumerate(contest.rounds):
        base = {point.metric: point for point in each.base.measurements}
        for point in each.head.measurements:
            if point.metric in base:
                found.setdefault(point.metric, []).append((index, base[point.metric], point))
    return tuple(_series(contest, points) for points in found.values())


def only_in_head(contest: Contest) -> tuple[Measurement, ...]:
    """Head's measurements that base has no counterpart for, in any round."""
    known = {point.metric for each in contest.rounds for point in each.base.measurements}
    return tuple(each for each in merged([each.head for each in contest.rounds]) if each.metric not in known)


def _series(contest: Contest, points: list[tuple[int, Measurement, Measurement]]) -> Rounds:
    rounds = [contest.rounds[index] for index, _, _ in points]
    first = points[-1][2]
    family, share = family_of(first.metric)
    sampled = share is not None and all(family in each.base.samples and family in each.head.samples for each in rounds)
    return Rounds(
        scenario=contest.name,
        metric=Metric(name=first.metric, unit=first.unit, direction=first.direction, nature=first.nature),
        base=tuple(base for _, base, _ in points),
        head=tuple(head for _, _, head in points),
        generation=tuple(each.generation for each in rounds),
        share=share if sampled else None,
        base_samples=tuple(each.base.samples[family] for each in rounds) if sampled else (),
        head_samples=tuple(each.head.samples[family] for each in rounds) if sampled else (),
    )
