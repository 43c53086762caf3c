"""Saves and restores caches by the rules of actions/cache, in the directory E2E_CACHE.

A key is taken once in a branch. A job sees the caches of its own branch or pull request, and the default branch's.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

_DEFAULT = "refs/heads/main"


def scope(ref: str) -> Path:
    """Where the caches of a branch lie."""
    return Path(os.environ["E2E_CACHE"], ref.replace("/", "-"))


def wanted() -> list[Path]:
    """The files and directories of a cache."""
    return [Path(line.strip()) for line in os.environ["WITH_PATH"].splitlines() if line.strip()]


def save() -> None:
    place = scope(os.environ["GITHUB_REF"]) / os.environ["WITH_KEY"]
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".") as directory:
        part = Path(directory, "cache")
        part.mkdir()
        for index, path in enumerate(wanted()):
            (shutil.copytree if path.is_dir() else shutil.copy)(path, part / str(index))
        try:
            part.rename(place)
        except OSError:
            print(f"::warning::Cache save failed: another job has saved {place.name}")


def restore() -> None:
    key, others = os.environ["WITH_KEY"], os.environ["WITH_OTHERS"].splitlines()
    for place in (scope(os.environ["GITHUB_REF"]), scope(_DEFAULT)):
        saved = sorted(place.glob("[!.]*"), key=lambda each: each.stat().st_mtime, reverse=True)
        named = [each for prefix in (key, *filter(None, others)) for each in saved if each.name.startswith(prefix)]
        for found in sorted(named, key=lambda each: each.name != key)[:1]:
            for index, path in enumerate(wanted()):
                path.parent.mkdir(parents=True, exist_ok=True)
                entry = found / str(index)
                if entry.is_dir():
                    shutil.copytree(entry, path, dirs_exist_ok=True)
                else:
                    shutil.copy(entry, path)
            print(f"Cache restored from key: {found.name}")
            with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
                outputs.write(f"cache-hit={str(found.name == key).lower()}\n")
            return
    print(f"Cache not found for input keys: {key}")


if __name__ == "__main__":
    {"save": save, "restore": restore}[sys.argv[1]]()
