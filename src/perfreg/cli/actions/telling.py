"""What the Action has published besides its own job: see `perfreg publish`, which it calls."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfreg.cli.actions.inputs import is_true
from perfreg.errors import ForgeError

if TYPE_CHECKING:
    from perfreg.cli.done import Done
    from perfreg.cli.publish import Told

_SWITCHES = {"status-check": "status", "labels": "labels", "issue": "issue"}
_HASTE = "4s"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What there is to tell: a measurement that is ``done``, or why a verdict is ``lost``, or that there is none.

    ``void`` says why there need not be one. A leg of a matrix leaves all that to the job that gathers them. Whoever is
    about to be killed is ``in_haste``.
    """

    done: Done | None = None
    lost: str = ""
    void: str = ""
    is_leg: bool = False
    in_haste: bool = False


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


def told(news: News, inputs: Mapping[str, str]) -> Told | None:
    """Publish the result, or that there is none; None where that is somebody else's business."""
    from perfreg.cli import publish
    from perfreg.cli.main import parser

    line = arguments(news, inputs)
    return publish.execute(parser().parse_args(line), lost=news.lost, void=news.void) if line else None


def arguments(news: News, inputs: Mapping[str, str]) -> list[str]:
    """The command line of `perfreg publish`; empty when nothing is to be published, as for a leg without a wish."""
    comment = inputs.get("comment", "").strip()
    result = news.done.report("json") if news.done is not None else None
    if (news.is_leg and not comment) or (news.done is not None and result is None):
        return []
    switches = [
        f"--{flag}" if is_true(name, inputs[name]) else f"--no-{flag}"
        for name, flag in _SWITCHES.items()
        if inputs.get(name, "").strip()
    ]
    named = [f"--{name}={inputs[name].strip()}" for name in ("comment", "key") if inputs.get(name, "").strip()]
    haste = [f"--timeout={_HASTE}"] if news.in_haste else []
    what = ["--outdate"] if result is None else ["--", str(result)]
    return ["publish", *named, *switches, *haste, *what]


def outputs_of(published: Told | None) -> dict[str, str]:
    """The outputs that tell where the comment is."""
    comment = published.published.comment if published is not None and published.published is not None else None
    return {
        "comment-id": "" if comment is None else str(comment.id),
        "comment-url": "" if comment is None else comment.url,
    }


def is_leg(inputs: Mapping[str, str], env: Mapping[str, str]) -> bool:
    """Whether another job gathers what this one measures: one of a matrix, or one that is told to record nothing."""
    leaves = inputs.get("record", "").strip()
    return env.get("PERFREG_JOB_TOTAL", "1") not in ("", "0", "1") or (bool(leaves) and not is_true("record", leaves))
