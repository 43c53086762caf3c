"""Lines of the configuration, for annotations: GitHub wants them from the top of the repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.errors import PerfregError

if TYPE_CHECKING:
    from perfreg.config.document import Document, KeyPath
    from perfreg.model.result import Verdict

Place = tuple[str, str]
"""A file and a line; both are empty where there is none."""
NOWHERE: Place = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where things stand in the configuration. ``root`` is the top of the repository, None where nobody knows it."""

    root: Path | None = None
    document: Document | None = None

    def of(self, where: str) -> Place:
        """The place that a problem names as ``file:line``, if it does."""
        file, _, line = where.rpartition(":")
        if not (line.isdecimal() and line.isascii() and file):
            return NOWHERE
        found = self._from_the_top(file)
        return (found, line) if found else NOWHERE

    def scenario(self, name: str) -> Place:
        """Where a scenario begins."""
        if self.document is None:
            return NOWHERE
        listed = self.document.data.get("test_scenarios")
        for index, each in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(each, dict) and each.get("name") == name:
                return self._line(("test_scenarios", index, "name"))
        return NOWHERE

    def metric(self, verdict: Verdict) -> Place:
        """Where the budget of a metric stands; if several might have set it, the last of them."""
        rules = self.document.data.get("metrics") if self.document is not None else None
        names = (f"{verdict.scenario}.{verdict.metric}", verdict.metric)
        found = [
            glob
            for glob in (rules if isinstance(rules, dict) else ())
            if any(fnmatchcase(name, glob) for name in names)
        ]
        return self._line(("metrics", found[-1])) if found else NOWHERE

    def _line(self, path: KeyPath) -> Place:
        return self.of(self.document.where(path)) if self.document is not None else NOWHERE

    def _from_the_top(self, file: str) -> str:
        if self.root is None:
            return file
        try:
            path = Path(file).resolve()
            return path.relative_to(self.root).as_posix() if path.is_file() else ""
        except (OSError, ValueError):
            return ""


def places(config: str, env: Mapping[str, str]) -> Places:
    """The lines of the file ``config``, or of the working directory's configuration, as far as they can be had."""
    from perfreg.config import text
    from perfreg.config.load import find

    top = env.get("GITHUB_WORKSPACE", "")
    root = Path(top).resolve() if top else None
    try:
        path = Path(config) if config else find(Path())
        return Places(root=root, document=text.read(path))
    except PerfregError:
        return Places(root=root)
