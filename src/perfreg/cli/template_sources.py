"""Where the templates lie: in the wheel, or at the top of a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from perfreg.config.suggest import did_you_mean
from perfreg.errors import UsageError
from perfreg.templating.registry import FOLDERS
from perfreg.templating.target import Target, read_targets


@cache
def targets() -> dict[str, Target]:
    """Everything that can be printed, by name."""
    import yaml

    return {
        name: target
        for folder in FOLDERS
        for name, target in read_targets(folder, yaml.safe_load(source(f"{folder}/target.yml"))).items()
    }


def target_of(name: str) -> Target:
    """The target of this name. Raises `UsageError` when there is none."""
    known = targets()
    if name not in known:
        hint = did_you_mean(name, known) or f"there is: {', '.join(known)}"
        raise UsageError(f"no template for {name!r}", where="TARGET", hint=hint)
    return known[name]


def source(name: str) -> str:
    """The text of a template or of what it includes."""
    return (_folder() / name).read_text("utf-8")


@cache
def _folder() -> Path:
    packaged = Path(__file__).parents[1] / "_templates"
    # A source checkout has the templates at its top.
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "templates"
