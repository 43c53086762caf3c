"""The results of a job or of all the legs of a matrix, as far as they can be read: for `report` and `publish` alike.

They may be a stranger's, in an archive that was unpacked here: links are not followed, and there is a limit to how much
is looked at. What cannot be used is told, and never left out in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfreg.analysis.legs import Leg
from perfreg.cli.result_file import read_result_file
from perfreg.errors import InputError
from perfreg.publish.leg_names import leg_of, newest
from perfreg.report.escape import visible

RESULT = "result.json"
_MOST_FILES = 256
_MOST_ENTRIES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The ``legs`` that can be read and the ``files`` they came from, in the same order.

    ``problems`` has a sentence for each result that is missing or cannot be used.
    """

    legs: tuple[Leg, ...]
    files: tuple[Path, ...]
    problems: tuple[str, ...] = ()


def gather(places: Sequence[str], expected: Sequence[str] = ()) -> Gathered:
    """The results in these files and directories; of a leg that was run again, those of its newest attempt.

    Raises `InputError` when there is none at all and nothing was ``expected``.
    """
    problems: list[str] = []
    found = _latest([file for place in places for file in _files(Path(place), problems)])
    if len(found) > _MOST_FILES:
        problems.append(f"there are {len(found):,} results; only {_MOST_FILES} were read")
    legs: list[Leg] = []
    files: list[Path] = []
    for file in found[:_MOST_FILES]:
        try:
            legs.append(Leg(name=_name(file), result=read_result_file(str(file))))
        except InputError as error:
            problems.append(str(error))
        else:
            files.append(file)
    known = {leg.name for leg in legs}
    problems += [f"{visible(name)} has left no result" for name in dict.fromkeys(expected) if name not in known]
    if not legs and not problems:
        told = ", ".join(map(visible, places))
        raise InputError("there is no result", where=told, hint=f"name a {RESULT}, or a directory with some")
    return Gathered(legs=tuple(legs), files=tuple(files), problems=tuple(problems))


def _latest(files: Sequence[Path]) -> list[Path]:
    """The files without those of former attempts: what was uploaded then stays beside the new."""
    kept = set(newest(file.parent.name for file in files))
    return [file for file in files if file.parent.name in kept]


def _name(file: Path) -> str:
    """What a leg is called: its directory, as artifacts are unpacked, or the file itself."""
    if file.name != RESULT or not file.parent.name:
        return file.stem
    return leg_of(file.parent.name) or file.parent.name


def _files(place: Path, problems: list[str]) -> Iterator[Path]:
    if place.is_dir():
        yield from sorted(_within(place, problems))
    elif place.is_symlink():
        problems.append(f"{visible(str(place))} is a link, and was not followed")
    else:
        yield place


def _within(place: Path, problems: list[str]) -> Iterator[Path]:
    """Files called like results, without following links: an archive may hold some to anywhere."""
    waiting, seen = [place], 0
    while waiting:
        for entry in sorted(waiting.pop().iterdir()):
            seen += 1
            if seen > _MOST_ENTRIES:
                problems.append(f"{visible(str(place))} has more than {_MOST_ENTRIES:,} entries; the rest was not read")
                return
            if entry.is_symlink():
                continue
            if entry.is_dir():
                waiting.append(entry)
            elif entry.name == RESULT:
                yield entry
