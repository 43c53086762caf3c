"""`perfreg baseline decisions`: what people decided on a pull request becomes decisions in the store."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from perfreg.cli.progress import plain
from perfreg.cli.selection import add_config_arguments, load_config
from perfreg.errors import ForgeError

if TYPE_CHECKING:
    from perfreg.app.sync import Kept
    from perfreg.publish.forges.acceptance import Decision
    from perfreg.publish.forges.forge import Forge, PullRequest
    from perfreg.publish.forges.occasion import Occasion

_PATIENCE_S = 60.0


def add_decisions(parser: argparse.ArgumentParser) -> None:
    """Arguments of `decisions`."""
    add_config_arguments(parser)


def decisions(args: argparse.Namespace) -> int:
    """Take over what was decided about the commit at hand. What cannot be asked for accepts nothing."""
    from perfreg.cli.keeping import kept_by
    from perfreg.measure.source import detect
    from perfreg.publish.forges.patience import Patience
    from perfreg.publish.forges.registry import forge_here

    loaded = load_config(args)
    kept = kept_by(loaded)
    commit = detect(loaded.directory, os.environ).commit
    here = forge_here(os.environ)
    try:
        forge = here.open(Patience.of(_PATIENCE_S))
        request = _request(forge, here.occasion)
        if request is not None and commit:
            _take_over(kept, forge, request, commit)
    except ForgeError as error:
        _warn(f"nothing was accepted: {error}")
    return 0


def _request(forge: Forge, occasion: Occasion) -> PullRequest | None:
    """The pull request at hand or in the merge queue, or the one that was merged with the commit of the main branch."""
    if occasion.number or occasion.queued:
        return forge.pull_request(occasion.number or occasion.queued)
    return forge.merged_in(occasion.commit) if occasion.is_main and occasion.commit else None


def _take_over(kept: Kept, forge: Forge, request: PullRequest, commit: str) -> None:
    from perfreg.publish.forges.acceptance import answer, decided

    found = decided(forge, request)
    known = {(event.commit, event.metrics, event.who) for event in kept.store.events()}
    for decision in found.decisions:
        if (commit, decision.metrics, decision.who) in known:
            continue
        _keep(kept, decision, commit)
        sys.stdout.write(plain(f"accepted {decision.metrics}: {decision.reason} ({decision.who})") + "\n")
        _warn(answer(forge, decision.comment, "accepted"))
    for sentence, comment in found.refused:
        _warn(f"not accepted: {sentence}")
        _warn(answer(forge, comment, "refused"))


def _keep(kept: Kept, decision: Decision, commit: str) -> None:
    from perfreg.measure.identity import run_id
    from perfreg.model.event import Event

    now = datetime.now(timezone.utc)
    event = Event(
        id=run_id(int(now.timestamp() * 1000)),
        kind="accept",
        at=now.isoformat(timespec="milliseconds"),
        who=decision.who,
        reason=decision.reason,
        metrics=decision.metrics,
        commit=commit,
    )
    kept.store.add(event)


def _warn(text: str) -> None:
    if text:
        sys.stderr.write(f"perfreg: warning: {plain(text)}\n")
