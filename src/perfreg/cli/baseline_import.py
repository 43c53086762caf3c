"""The files of another tool's history, read within limits: the formats themselves see text alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.errors import InputError

if TYPE_CHECKING:
    from perfreg.histories.format import Files

_SUFFIXES = (".json", ".js")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is read at most: ``files``, the bytes of one (``file_bytes``), and of all of them (``bytes``)."""

    files: int = 50_000
    file_bytes: int = 200_000_000
    bytes: int = 2_000_000_000


_LIMITS = Limits()


def read_files(paths: Sequence[Path], limits: Limits = _LIMITS) -> Files:
    """The text of files, and of the ``.json`` and ``.js`` files in folders, by path.

    Raises `InputError` for what cannot be read or is not UTF-8, for a link that leads out of its folder, for more than
    the limits allow, and when there is nothing to read.
    """
    found: dict[str, str] = {}
    total = 0
    for path in _listed(paths):
        if len(found) >= limits.files:
            raise InputError(f"there are more than {limits.files:,} files", hint="import them in parts")
        content = _read(path, limits.file_bytes)
        total += len(content)
        if total > limits.bytes:
            raise InputError(f"the files have more than {limits.bytes:,} bytes", hint="import them in parts")
        found[_shown(path)] = _text(content, path)
    if not found:
        names = ", ".join(map(_shown, paths))
        raise InputError("there is no .json or .js file", where=names, hint="name the file or folder that has them")
    return found


def _listed(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path)
        else:
            yield path


def _in_folder(folder: Path) -> Iterator[Path]:
    root = Path(os.path.realpath(folder))
    for place, folders, files in os.walk(folder, onerror=_fail):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted((*folders, *files)):
            path = Path(place, name)
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
                raise InputError("is a link that leads out of the folder", where=_shown(path), hint="remove it")
            if path.suffix in _SUFFIXES and not path.is_dir():
                yield path


def _fail(error: OSError) -> None:
    raise InputError(f"cannot be read: {error.strerror}", where=_shown(Path(error.filename))) from error


def _read(path: Path, limit: int) -> bytes:
    try:
        if not path.is_file() and path.exists():
            raise InputError("is neither a file nor a folder", where=_shown(path))
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=_shown(path)) from error
    if len(content) > limit:
        raise InputError(f"has more than {limit:,} bytes", where=_shown(path))
    return content


def _text(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"is not UTF-8: {error.reason}", where=f"{_shown(path)}:{line}") from error


def _shown(path: Path) -> str:
    from perfreg.report.escape import visible

    return visible(path.as_posix(), 4096)
