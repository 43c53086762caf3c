"""Uploads an artifact by the rules of version 7 of actions/upload-artifact, into the directory E2E_ARTIFACTS.

A name is taken once in a workflow run, hidden files stay out unless they are asked for, and the root of the archive is
the least directory that all search paths have in common.
"""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

FORBIDDEN = set('":<>|*?\r\n\\/')
WILD = set("*?[")


def search_path(pattern: str) -> Path:
    """What of a pattern has no wildcard."""
    parts = Path(pattern).absolute().parts
    fixed = next((index for index, part in enumerate(parts) if WILD & set(part)), len(parts))
    return Path(*parts[:fixed])


def below(path: Path, *, hidden: bool) -> Iterator[Path]:
    """The files that a path stands for: itself, or all in it."""
    if path.name.startswith(".") and not hidden:
        return
    if path.is_dir():
        for entry in sorted(path.iterdir()):
            yield from below(entry, hidden=hidden)
    elif path.exists():
        yield path


def found(patterns: list[str], *, hidden: bool) -> list[Path]:
    """All files that the patterns stand for, each once."""
    excluded: set[Path] = set()
    files: dict[Path, None] = {}
    for pattern in patterns:
        whole = Path(pattern.removeprefix("!")).absolute()
        start = search_path(str(whole))
        names = [start] if start == whole else sorted(start.glob(str(whole.relative_to(start))))
        matching = [file for name in names for file in below(name, hidden=hidden)]
        excluded.update(matching if pattern.startswith("!") else ())
        files.update(dict.fromkeys(() if pattern.startswith("!") else matching))
    return [file for file in files if file not in excluded]


def root_of(patterns: list[str], files: list[Path]) -> Path:
    """The directory that names in the archive begin in."""
    searched = {search_path(pattern) for pattern in patterns if not pattern.startswith("!")}
    outermost = [path for path in searched if not searched & set(path.parents)]
    if len(outermost) == 1:
        return outermost[0].parent if outermost == files else outermost[0]
    return Path(os.path.commonpath(outermost))


def main() -> None:
    env = os.environ
    name = env["WITH_NAME"]
    patterns = [line.strip() for line in env["WITH_PATH"].splitlines() if line.strip()]
    if not name or FORBIDDEN & set(name):
        sys.exit(f"::error::{name!r} is no name of an artifact")
    files = found(patterns, hidden=env["WITH_HIDDEN"] == "true")
    if not files:
        message = f"No files were found with the provided path: {', '.join(patterns)}"
        if env["WITH_NONE"] == "error":
            sys.exit(f"::error::{message}")
        print(message if env["WITH_NONE"] == "ignore" else f"::warning::{message}")
        return
    place = Path(env["E2E_ARTIFACTS"], env["GITHUB_RUN_ID"], name)
    try:
        place.mkdir(parents=True)
    except FileExistsError:
        sys.exit("::error::Conflict: an artifact with this name already exists on the workflow run")
    root = root_of(patterns, files)
    with zipfile.ZipFile(place / "content.part", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.relative_to(root))
    (place / "content.part").rename(place / "content.zip")
    print(f"Artifact {name} has {len(files)} files")


if __name__ == "__main__":
    main()
