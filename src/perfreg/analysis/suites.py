"""Windows on many series: which belong to the same sessions, and what their runs look like to a detector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfreg.stats.common_mode import FEWEST_COMPANIONS, shared
from perfreg.stats.rank_scan import HISTORY

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Whole = NDArray[np.int64]

BLOCK, EARLY_BLOCK, EARLY = 32, 16, 64
"""What sessions share is estimated anew every 32 sessions, in the beginning every 16."""

_SEEN = 200
"""Sessions before a block for which the common move is worked out."""

_DENSEST = 4
"""A suite may have so many places for sessions (each series times each session) for each run that there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The runs of one series: logarithms (larger is worse) and the rising numbers of their sessions."""

    logs: Values
    sessions: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """The next runs of some series: ``members`` are their places in the suite.

    ``window`` has ``HISTORY`` columns of past and then ``runs[i]`` runs, the first of which is number ``origin[i]``.
    ``adjusted`` is the same without what the sessions share; None where nothing is known to be shared.
    """

    members: list[int]
    origin: Whole
    runs: Whole
    window: Values
    adjusted: Values | None = None


def alone(tracks: Sequence[Track], block: int) -> Iterator[Glimpse]:
    """Glimpses of series that are watched each by itself, ``block`` runs at a time."""
    import numpy as np

    lengths = np.array([len(track.logs) for track in tracks])
    for start in range(0, int(lengths.max(initial=0)), block):
        members = np.flatnonzero(lengths > start).tolist()
        origin, runs = np.full(len(members), start), np.minimum(lengths[members] - start, block)
        windows = [_window(tracks[i].logs, start, n, block) for i, n in zip(members, runs.tolist(), strict=True)]
        yield Glimpse(members=members, origin=origin, runs=runs, window=np.array(windows))


def together(tracks: Sequence[Track]) -> Iterator[Glimpse]:
    """Glimpses of series that may share sessions: those that do, without what they share, and the others."""
    import numpy as np

    # Sessions of other suites are none of these: without them, "the last 100" are as many as can be.
    numbers = np.unique(np.concatenate([track.sessions for track in tracks]))
    tracks = [Track(logs=track.logs, sessions=np.searchsorted(numbers, track.sessions)) for track in tracks]
    table = np.full((len(numbers), len(tracks)), np.nan)
    for i, track in enumerate(tracks):
        table[track.sessions, i] = track.logs
    start = 0
    while start < len(table):
        end = min(len(table), start + (EARLY_BLOCK if start < EARLY else BLOCK))
        first = max(0, start - _SEEN)
        common = shared(table[first:end], start - first)
        yield from _block(tracks, (start, end), first, common)
        start = end


def _block(tracks: Sequence[Track], between: tuple[int, int], first: int, common: Values) -> Iterator[Glimpse]:
    import numpy as np

    bounds = np.array([np.searchsorted(track.sessions, between) for track in tracks])
    origin, runs = bounds[:, 0], bounds[:, 1] - bounds[:, 0]
    widest = between[1] - between[0]
    follows = common.any(axis=0)
    for kind in (False, True):
        members = np.flatnonzero((runs > 0) & (follows == kind)).tolist()
        if not members:
            continue
        cuts = [(tracks[i], int(origin[i]), int(runs[i])) for i in members]
        adjusted = None
        if kind:
            clean = [_without(track, common[:, i], first) for (track, _, _), i in zip(cuts, members, strict=True)]
            adjusted = np.array([_window(logs, at, n, widest) for logs, (_, at, n) in zip(clean, cuts, strict=True)])
        yield Glimpse(
            members=members,
            origin=origin[members],
            runs=runs[members],
            window=np.array([_window(track.logs, at, n, widest) for track, at, n in cuts]),
            adjusted=adjusted,
        )


def _without(track: Track, common: Values, first: int) -> Values:
    """The series without the common moves; NaN before the first session for which they are known."""
    import numpy as np

    place = track.sessions - first
    known = (place >= 0) & (place < len(common))
    return np.where(known, track.logs - common[np.where(known, place, 0)], np.nan)


def _window(logs: Values, origin: int, runs: int, widest: int) -> Values:
    import numpy as np

    window = np.full(HISTORY + widest, np.nan)
    past = min(origin, HISTORY)
    window[HISTORY - past : HISTORY + runs] = logs[origin - past : origin + runs]
    return window


def suites(sessions: Sequence[Sequence[int] | Whole]) -> list[list[int]]:
    """Series that share sessions, as groups of their places; a group of one has no companions to speak of.

    Groups too small for a common move, or with far more places than runs, are taken apart.
    """
    import numpy as np

    leader = list(range(len(sessions)))

    def lead(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]
            i = leader[i]
        return i

    owner = np.full(1 + max((int(each[-1]) for each in sessions if len(each)), default=0), -1)
    for i, each in enumerate(sessions):
        if len(each):
            for other in np.unique(owner[np.asarray(each)]):
                if other >= 0:
                    leader[lead(int(other))] = lead(i)
            owner[np.asarray(each)] = i
    groups: dict[int, list[int]] = {}
    for i in range(len(sessions)):
        groups.setdefault(lead(i), []).append(i)
    result: list[list[int]] = []
    for group in groups.values():
        runs = sum(len(sessions[i]) for i in group)
        places = len(group) * len(np.unique(np.concatenate([np.asarray(sessions[i]) for i in group])))
        if len(group) > FEWEST_COMPANIONS and places <= _DENSEST * runs:
            result.append(group)
        else:
            result += [[i] for i in group]
    return result
