"""Results in files: whatever lies there, it is read no further than a result may be long."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.errors import InputError

if TYPE_CHECKING:
    from perfreg.model.result import Result

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
