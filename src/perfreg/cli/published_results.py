"""The results that are to be published: of one job, or of all the legs of a matrix, as far as they can be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from perfreg.cli.result_file import read_result_file
from perfreg.errors import InputError
from perfreg.report.escape import visible
from perfreg.report.formats.comment import Leg

_NAME = "result.json"
_MOST_FILES = 256
_MOST_ENTRIES = 20_000


def gather(places: Sequence[str], expected: Sequence[str]) -> tuple[tuple[Leg, ...], tuple[str, ...]]:
    """The results in these files and directories, and a sentence for each that is missing or cannot be used.

    Raises `InputError` when there is none at all and nothing was ``expected``: there is nothing to publish then.
    """
    legs: list[Leg] = []
    problems: list[str] = []
    found = [file for place in places for file in _files(Path(place), problems)]
    if len(found) > _MOST_FILES:
        problems.append(f"there are {len(found):,} results; only {_MOST_FILES} were read")
    for name, path in found[:_MOST_FILES]:
        try:
            legs.append(Leg(name=name, result=read_result_file(str(path))))
        except InputError as error:
            problems.append(str(error))
    known = {leg.name for leg in legs}
    problems += [f"{visible(name)} has left no result" for name in dict.fromkeys(expected) if name not in known]
    if not legs and not problems:
        places_told = ", ".join(map(visible, places))
        raise InputError("there is no result", where=places_told, hint=f"name a {_NAME}, or a directory with some")
    return tuple(legs), tuple(problems)


def _files(place: Path, problems: list[str]) -> Iterator[tuple[str, Path]]:
    """The results at a place with the name of their leg: that of the directory they lie in."""
    if not place.is_dir():
        if place.is_symlink():
            problems.append(f"{visible(str(place))} is a link, and was not followed")
        else:
            yield place.parent.name or place.stem, place
        return
    yield from ((path.parent.name, path) for path in sorted(_within(place)))


def _within(place: Path) -> Iterator[Path]:
    """Files called like results, without following links: an archive may hold some to anywhere."""
    waiting, seen = [place], 0
    while waiting:
        for entry in sorted(waiting.pop().iterdir()):
            seen += 1
            if seen > _MOST_ENTRIES:
                return
            if entry.is_symlink():
                continue
            if entry.is_dir():
                waiting.append(entry)
            elif entry.name == _NAME:
                yield entry
