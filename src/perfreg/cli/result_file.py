"""Results in files: whatever lies there, it is read no further than a result may be long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.errors import InputError

if TYPE_CHECKING:
    from perfreg.model.result import Result

_NAME = "result.json"
_ARTIFACT = re.compile(r"perfreg-(?P<leg>.+-\d{1,9})-(?P<attempt>\d{1,9})-[0-9a-f]{6}")
"""What the Action calls the artifact of a leg: the job, its number in the matrix, the attempt, and chance."""
_HINT = "name the result.json of an earlier run"


def read_result_file(name: str) -> Result:
    """The result in the file ``name``. Raises `InputError`."""
    from perfreg.report.escape import visible
    from perfreg.report.read import SIZE_LIMIT, read_result

    where = visible(name)
    path = Path(name)
    if path.exists() and not path.is_file():
        raise InputError("cannot read the result: it is no file", where=where, hint=_HINT)
    try:
        with path.open(encoding="utf-8") as stream:
            text = stream.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read the result: {error}", where=where, hint=_HINT) from error
    return read_result(text, where)


def read_legs(names: Sequence[str], *, expected: int = 0) -> Result:
    """The result in the files ``names``, or in all of a name below directories: those of several legs as one.

    Raises `InputError`, also when some do not belong together.
    """
    from perfreg.analysis.legs import Leg, together

    files = _latest([file for name in names for file in _files(Path(name))])
    if len(files) == 1 and expected <= 1:
        return read_result_file(str(files[0]))
    return together([Leg(name=_leg(file), result=read_result_file(str(file))) for file in files], expected=expected)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(path.rglob(_NAME))
    else:
        yield path


def _latest(files: Sequence[Path]) -> list[Path]:
    """The files without those of legs that were run again: what a former attempt uploaded stays beside the new."""
    attempts = [_ARTIFACT.fullmatch(file.parent.name) for file in files]
    newest: dict[str, int] = {}
    for found in attempts:
        if found:
            newest[found["leg"]] = max(int(found["attempt"]), newest.get(found["leg"], 0))
    return [
        file
        for file, found in zip(files, attempts, strict=True)
        if found is None or int(found["attempt"]) == newest[found["leg"]]
    ]


def _leg(file: Path) -> str:
    """What a leg is called: its directory, as artifacts are unpacked, or the file itself."""
    if file.name != _NAME or not file.parent.name:
        return file.stem
    artifact = _ARTIFACT.fullmatch(file.parent.name)
    return artifact["leg"] if artifact else file.parent.name
