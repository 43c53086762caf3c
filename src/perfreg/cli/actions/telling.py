"""What the Action has published besides its own job: see `perfreg publish`, which it calls."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from perfreg.cli.actions.inputs import is_true
from perfreg.errors import ForgeError

if TYPE_CHECKING:
    from perfreg.cli.done import Done
    from perfreg.cli.publish import Told

_SWITCHES = {"status-check": "status", "labels": "labels", "issue": "issue"}


def obey(args: argparse.Namespace, env: Mapping[str, str]) -> None:
    """Take over what was accepted on the pull request, for the command that ``args`` are of: see `perfreg baseline`."""
    from perfreg.cli.baselines.obeying import decisions
    from perfreg.publish.forges.registry import TOKENS, forge_here

    if not any(env.get(name) for name in TOKENS):
        return
    try:
        forge_here(env)
    except ForgeError:
        return
    decisions(args)


def told(done: Done | None, inputs: Mapping[str, str], env: Mapping[str, str]) -> Told | None:
    """Publish the result, or that there is none; None where that is somebody else's business.

    A leg of a matrix leaves it to the job that gathers them all, unless the workflow asks for its comment.
    """
    from perfreg.cli import publish
    from perfreg.cli.main import parser

    line = arguments(done, inputs, is_leg=_is_leg(env))
    return publish.execute(parser().parse_args(line)) if line else None


def arguments(done: Done | None, inputs: Mapping[str, str], *, is_leg: bool) -> list[str]:
    """The command line of `perfreg publish`; empty when nothing is to be published."""
    comment = inputs.get("comment", "").strip()
    result = done.report("json") if done is not None else None
    if (is_leg and not comment) or (done is not None and result is None):
        return []
    switches = [
        f"--{flag}" if is_true(name, inputs[name]) else f"--no-{flag}"
        for name, flag in _SWITCHES.items()
        if inputs.get(name, "").strip()
    ]
    named = [f"--{name}={inputs[name].strip()}" for name in ("comment", "key") if inputs.get(name, "").strip()]
    what = ["--outdate"] if result is None else []
    return ["publish", *named, *switches, *what, *(["--", str(result)] if result is not None else [])]


def outputs_of(published: Told | None) -> dict[str, str]:
    """The outputs that tell where the comment is."""
    comment = published.published.comment if published is not None and published.published is not None else None
    return {
        "comment-id": "" if comment is None else str(comment.id),
        "comment-url": "" if comment is None else comment.url,
    }


def _is_leg(env: Mapping[str, str]) -> bool:
    return env.get("PERFREG_JOB_TOTAL", "1") not in ("", "0", "1")
