"""Builds of the trees that are compared: each in its own tree, once for as long as nothing that matters changes."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from perfreg.config.models import ServiceConfig
from perfreg.errors import RevisionError
from perfreg.measure import service as services
from perfreg.measure.revisions.repository import repository
from perfreg.measure.revisions.revision import AS_IT_IS, Report, Revision, silent
from perfreg.measure.revisions.slots import Note, Slot, tree_around
from perfreg.measure.revisions.snapshot import restore, snapshot
from perfreg.measure.revisions.worktrees import make

_TOOLS = ("python", "python3", "pip", "uv", "node", "npm", "pnpm", "yarn", "cargo", "go", "java", "mvn", "gradle",
          "make", "cmake", "cc", "dotnet", "ruby", "bundle", "php", "composer")  # fmt: skip
_VARIABLES = re.compile(
    r"CC|CXX|LD|AR|MAKEFLAGS|NODE_ENV|JAVA_HOME|VIRTUAL_ENV|CONDA_PREFIX|SOURCE_DATE_EPOCH"
    r"|\w*FLAGS|(PYTHON|PIP_|UV_|NPM_CONFIG_|CARGO_|RUST|GO|CMAKE_|MAVEN_|GRADLE_|DOTNET_|BUNDLE_)\w*",
    re.IGNORECASE,
)
_MENTIONED = re.compile(r"\$\{?(\w+)")


def built(
    service: ServiceConfig | None,
    tree: Path,
    revision: Revision,
    env: Mapping[str, str],
    log: Path,
    *,
    report: Report = silent,
) -> bool:
    """Build ``service`` in ``tree``, which `checked_out` gave; whether anything was built.

    A work tree that the same build has left as it is now is not built again; the tree as it is always is. A build
    that fails is not remembered, and the next one starts from the files of the commit.
    Raises `ServiceError` when the build fails.
    """
    if service is None or service.build is None:
        return False
    if revision.ref == AS_IT_IS:
        report("building the tree as it is")
        services.build(service, directory=tree, env=env, log=log)
        return True
    slot, note = _place_of(tree)
    key = _key(service, service.build, slot, tree, env)
    if note.build == key:
        return False
    slot.write(replace(note, build="", built={}))  # what a build that fails leaves is nothing to go on from
    if not restore(slot.tree, note.fresh):
        note = make(repository(Path(note.home), env), slot, note.commit, report=report)
    report(f"building {revision.ref}")
    services.build(service, directory=tree, env=env, log=log)
    slot.write(replace(note, build=key, built=snapshot(slot.tree)))
    return True


def _place_of(tree: Path) -> tuple[Slot, Note]:
    """The work tree that ``tree`` lies in, and what is known of it."""
    slot = tree_around(tree)
    note = slot.note() if slot else None
    if slot is None or note is None:
        raise RevisionError("this is no work tree of a revision, or somebody has removed it", where=str(tree))
    return slot, note


def _key(service: ServiceConfig, command: str, slot: Slot, tree: Path, env: Mapping[str, str]) -> str:
    """What the outcome of a build depends on, as a hash: variables may be secret."""
    mentioned = set(_MENTIONED.findall(command))
    identity = {
        "command": command,
        "directory": str(tree.relative_to(slot.tree) / service.directory),
        "service": dict(service.env),
        "variables": {name: env[name] for name in env if name in mentioned or _VARIABLES.fullmatch(name)},
        "tools": [_tool(name, env) for name in _TOOLS],
        "system": [platform.system(), platform.release(), platform.machine()],
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def _tool(name: str, env: Mapping[str, str]) -> str:
    """Where the shell will find a tool, and which one that is now."""
    found = shutil.which(name, path=env.get("PATH", os.defpath))
    if found is None:
        return ""
    facts = Path(found).stat()  # of what a link leads to: versions are switched by links
    return f"{found} {facts.st_size} {facts.st_mtime_ns}"
