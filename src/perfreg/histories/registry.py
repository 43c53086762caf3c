"""The formats of histories perfreg knows. To add one: a file in `perfreg.histories`, and its line here."""

from __future__ import annotations

from perfreg.errors import InputError
from perfreg.histories import asv, bencher, github_action_benchmark, pytest_benchmark
from perfreg.histories.format import Files, HistoryFormat

HISTORY_FORMATS: dict[str, HistoryFormat] = {
    each.name: each
    for each in (
        asv.FORMAT,
        bencher.FORMAT,
        github_action_benchmark.FORMAT,
        pytest_benchmark.FORMAT,
    )
}


def detect(files: Files) -> HistoryFormat:
    """The one format that recognises ``files``. Raises `InputError` with names when none or several do."""
    found = [each for each in HISTORY_FORMATS.values() if each.recognises(files)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(each.name for each in found)
        raise InputError(f"the files hold several histories: {names}", hint="name the format instead of auto")
    known = ", ".join(HISTORY_FORMATS)
    raise InputError(f"the files hold no history that perfreg knows: {known}", hint="name the format to see why")
