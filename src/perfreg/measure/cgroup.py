"""The control group (version 2) that this process is in: what it may use, and when it was stopped for it.

A container sees its own group as the root of the tree; elsewhere every group above has a say as well. Everything is
read below ``root``, the directory that has ``proc`` and ``sys`` in it. Where there is no such file, as on other
systems, in groups without limits, or where only version 1 is at work, there is simply no limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/")

_MOUNT = re.compile(r"^\d+ \d+ \S+ (?P<inside>\S+) (?P<point>\S+) .* - cgroup2 ", re.MULTILINE)
_OWN = re.compile(r"^0::(?P<path>/.*)$", re.MULTILINE)
_ESCAPE = re.compile(r"\\([0-7]{3})")
_PERIOD_US = 100_000
_NUMBER = re.compile(r"\d{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the group may use: processors at a time, and bytes; None where there is no limit."""

    cpus: float | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttling:
    """Microseconds in whose periods a limit of processors stopped the group so far, for each group with a limit."""

    stopped_us: tuple[int, ...] = ()


def limits(root: Path = ROOT) -> Limits:
    """The tightest limits of this process's group and of those above it."""
    groups = _groups(root)
    cpus = [quota / period for quota, period in map(cpu_limit, _each(groups, "cpu.max")) if quota is not None]
    memory = [limit for limit in map(_count, _each(groups, "memory.max")) if limit is not None]
    return Limits(cpus=min(cpus, default=None), memory=min(memory, default=None))


def throttling(root: Path = ROOT) -> Throttling:
    """How long the limits of processors have stopped the group and those above it."""
    found: list[int] = []
    for group in _groups(root):
        quota, period = cpu_limit(_text(group / "cpu.max"))
        stopped = counted(_text(group / "cpu.stat"), "nr_throttled")
        if quota is not None and stopped is not None:
            found.append(stopped * period)
    return Throttling(stopped_us=tuple(found))


def pressure_file(resource: str, root: Path = ROOT) -> Path:
    """Where the pressure on ``resource`` is told: that of our own group, else that of the whole machine."""
    for group in _groups(root)[:1]:
        if (group / f"{resource}.pressure").exists():
            return group / f"{resource}.pressure"
    return root / "proc" / "pressure" / resource


def cpu_limit(text: str) -> tuple[int | None, int]:
    """Quota (None for no limit) and period of ``cpu.max``, in microseconds."""
    quota, _, period = text.partition(" ")
    return _count(quota) or None, _count(period) or _PERIOD_US


def counted(text: str, name: str) -> int | None:
    """The number beside ``name`` in a flat file such as ``cpu.stat``; None where there is none."""
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return _count(value)
    return None


def own_group(cgroup: str, mountinfo: str) -> tuple[str, str] | None:
    """Where the tree of groups is mounted, and our group below it (``""`` for the tree itself); None without one.

    ``cgroup`` and ``mountinfo`` are the texts of those files in ``/proc/self``.
    """
    mount, own = _MOUNT.search(mountinfo), _OWN.search(cgroup)
    if mount is None or own is None:
        return None
    inside, point, path = _unescaped(mount["inside"]).rstrip("/"), _unescaped(mount["point"]), own["path"]
    # A group outside of what is mounted here is nothing that we could read.
    below = path[len(inside) :] if path == inside or path.startswith(f"{inside}/") else ""
    parts = [part for part in below.split("/") if part]
    return None if ".." in parts or ".." in point.split("/") else (point, "/".join(parts))


def _groups(root: Path) -> list[Path]:
    """The directories of our group and of those above it, our own first."""
    proc = root / "proc" / "self"
    found = own_group(_text(proc / "cgroup"), _text(proc / "mountinfo"))
    if found is None:
        return []
    point, below = found
    top = root / point.lstrip("/")
    own = top / below
    return [own, *(parent for parent in own.parents if parent.is_relative_to(top))]


def _each(groups: list[Path], name: str) -> list[str]:
    return [_text(group / name) for group in groups]


def _count(text: str) -> int | None:
    found = text.strip()
    return int(found) if _NUMBER.fullmatch(found) else None


def _unescaped(text: str) -> str:
    """A path of ``mountinfo``, where a space is written as ``\\040``."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), text)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # a path may hold what no path can
        return ""
