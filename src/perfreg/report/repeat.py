"""The command that makes a comparison again, from what is known of it: a stranger's words never leave their quotes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from perfreg.model.comparison import Comparison, Mode, Side
from perfreg.report.escape import visible

_FLAGS: Mapping[Mode, tuple[str, str]] = {
    "revisions": ("--base", "--head"),
    "urls": ("--base-url", "--head-url"),
    "commands": ("--base-cmd", "--head-cmd"),
    "environments": ("--base-python", "--head-python"),
}
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_COMMIT_SHOWN = 12
_LONGEST_BUDGET_S = 1e6


def command(comparison: Comparison) -> str:
    """What to type, or nothing where it could not be typed again (files, labels that are cut, hold
    odd characters or had secrets).

    A commit stands in for the name that led to it, since names move on.
    """
    if not 0 < comparison.budget_s < _LONGEST_BUDGET_S:
        return ""
    closing = f"--budget {comparison.budget_s:g}s --seed {comparison.seed}"
    if comparison.mode == "self":
        return f"perfreg noise {closing}"
    flags = _FLAGS.get(comparison.mode)
    sides = [_argument(side) for side in (comparison.base, comparison.head)]
    if flags is None or not all(sides):
        return ""
    (base_flag, head_flag), (base, head) = flags, sides
    return f"perfreg compare {base_flag} {base} {head_flag} {head} {closing}"


def _argument(side: Side) -> str:
    if not side.dirty and _COMMIT.fullmatch(side.commit):
        return side.commit[:_COMMIT_SHOWN]
    label = side.label
    if not label or "***" in label or label.startswith("-") or label != label.strip() or visible(label) != label:
        return ""
    return shlex.quote(label)
