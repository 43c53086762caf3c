"""Keeping the Python code of two trees apart, although both are run with one Python.

An editable install (``pip install -e .``) makes the modules of *one* directory importable everywhere. Whoever works on
a package has his own tree installed like that, and a build that installs moves it to the tree that was built last. Both
sides would then run the same code, and every comparison would find nothing. So the places inside of a tree that a
shared Python imports from are looked up, and each side gets the same places of its own tree in front of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from perfreg.measure.revisions.git import Git, git_environment
from perfreg.measure.revisions.slots import is_slot, tree_around
from perfreg.measure.service_log import clean

_LOOK_S = 30.0
_PROGRAMS = ("python", "python3")
_LOOK = r"""
import json, os, sys
sys.path[:] = [entry for entry in sys.path if entry]
def root(name):
    from importlib.util import find_spec
    try:
        spec = find_spec(name)
    except Exception:
        return ""
    places = list(spec.submodule_search_locations or ()) if spec else []
    return os.path.dirname(places[0] if places else spec.origin or "") if spec else ""
def installed():
    from importlib.metadata import distributions
    for each in distributions():
        try:
            source = json.loads(each.read_text("direct_url.json") or "{}").get("url", "")
            if source.startswith("file:"):
                name = each.metadata["Name"]
                modules = (each.read_text("top_level.txt") or name.replace("-", "_")).split()
                yield {"name": name, "url": source, "roots": {module: root(module) for module in modules}}
        except Exception:
            continue
try:
    known = list(installed())
except ImportError:
    known = []
print(json.dumps({"prefixes": [sys.prefix, sys.exec_prefix], "path": sys.path, "installed": known}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """An environment for each side, in the order in which the trees were given, and doubts worth showing."""

    environments: tuple[dict[str, str], ...] = field(repr=False)
    warnings: tuple[str, ...] = ()


def keep_apart(trees: Sequence[Path], env: Mapping[str, str]) -> Apart:
    """Environments in which each of ``trees`` (as `checked_out` gave them) runs its own Python code.

    To be asked after the builds, because they install. ``env`` is what all sides would have otherwise; it is what each
    of them gets where nothing is shared, and for other languages than Python.
    """
    tops = [_top(tree, env) for tree in trees]
    looks = [_look(python, tops[0], env) for python in _pythons(env)] if tops else []
    places = list(dict.fromkeys(place for look in looks for place in _places(look, tops)))
    environments = tuple(_environment(top, places, env) for top in tops)
    warnings = dict.fromkeys(words for look in looks for words in _doubts(look, tops, trees))
    return Apart(environments=environments, warnings=tuple(warnings))


def _top(tree: Path, env: Mapping[str, str]) -> Path:
    """The whole tree that the directory of a configuration lies in."""
    place = tree_around(tree)
    if place is not None:
        return place.tree.resolve()
    top = Git(directory=tree, env=git_environment(env)).query("rev-parse", "--show-toplevel")
    return Path(top or tree).resolve()


def _pythons(env: Mapping[str, str]) -> list[str]:
    """The interpreters that services and scenarios are likely to run: the shell's and our own."""
    found = (shutil.which(name, path=env.get("PATH", os.defpath)) for name in _PROGRAMS)
    return list(dict.fromkeys(path for path in (*found, sys.executable) if path))


def _look(python: str, directory: Path, env: Mapping[str, str]) -> Mapping[str, Any]:
    """What an interpreter imports from; nothing when it does not say."""
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        done = subprocess.run(
            [python, "-c", _LOOK],
            cwd=directory,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LOOK_S,
            check=True,
        )
        found = json.loads(done.stdout.strip().rpartition(b"\n")[2])
        return found if isinstance(found, dict) else {}
    return {}


def _places(look: Mapping[str, Any], tops: Sequence[Path]) -> Iterator[Path]:
    """Where in a tree modules are imported from, as ways from its top."""
    roots = [root for each in look.get("installed", ()) for root in each["roots"].values()]
    prefixes = [Path(prefix).resolve() for prefix in look.get("prefixes", ())]
    for entry in (*look.get("path", ()), *roots):
        path = Path(entry).resolve() if entry else None
        # A virtual environment may lie in the tree; its packages are nobody's code.
        if path is not None and not any(path.is_relative_to(prefix) for prefix in prefixes):
            way = _way(path, tops)
            if way is not None:
                yield way


def _way(path: Path, tops: Iterable[Path]) -> Path | None:
    """The way to ``path`` from the top of the tree it lies in: a side's, or one that an earlier comparison has left."""
    known = set(tops)
    caches = {top.parent for top in known if is_slot(top)}
    for top in (path, *path.parents):
        if top in known or (top.parent in caches and is_slot(top)):
            return path.relative_to(top)
    return None


def _environment(top: Path, places: Iterable[Path], env: Mapping[str, str]) -> dict[str, str]:
    own = [str(top / place) for place in places if (top / place).is_dir()]
    before = [env["PYTHONPATH"]] if env.get("PYTHONPATH") else []
    return {**env, "PYTHONPATH": os.pathsep.join([*own, *before])} if own else dict(env)


def _doubts(look: Mapping[str, Any], tops: Sequence[Path], trees: Sequence[Path]) -> Iterator[str]:
    """Packages that were copied from one of the trees to where all sides import them."""
    for each in look.get("installed", ()):
        source = Path(url2pathname(unquote(urlsplit(each["url"]).path))).resolve()
        copied = [module for module, root in each["roots"].items() if root and _way(Path(root).resolve(), tops) is None]
        if _way(source, tops) is None or not copied:
            continue
        # What lies beside the configuration is found first by most ways to start Python.
        if all((tree / module).is_dir() or (tree / f"{module}.py").is_file() for tree in trees for module in copied):
            continue
        yield (
            f"both sides may run the same copy of {clean(each['name'])}, which was installed from one of their trees:"
            " let the build make an environment in its own tree (python -m venv .venv && .venv/bin/pip install .)"
        )
