"""Which runs may become baselines: never a broken or a regressed one, whatever was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfreg.model.result import Verdict
from perfreg.model.run import Source, Status, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustDecision:
    """``trust`` and ``regressed`` as they are stored with the run; ``note`` tells the user what was decided and why."""

    trust: Trust
    note: str
    regressed: tuple[str, ...] = ()


def decide_trust(
    status: Status, verdicts: Sequence[Verdict], source: Source, *, establish: bool, automatic: bool
) -> TrustDecision:
    """Decide whether a run joins the baseline: ``establish`` is the user's wish, ``automatic`` the policy.

    A regressed run keeps its road to the baseline, closed until somebody accepts what regressed.
    """
    if status == "broken":
        return TrustDecision(trust="none", note="not taken as a baseline: a broken run never is")
    trust, note = _road(source, establish=establish, automatic=automatic)
    regressed = [each for each in verdicts if each.status == "regression"]
    names = tuple(f"{each.scenario}.{each.metric}" for each in regressed)
    open_names = [name for name, each in zip(names, regressed, strict=True) if not each.accepted]
    if open_names and trust != "none":
        note = f"not taken as a baseline: {', '.join(open_names)} regressed"
    return TrustDecision(trust=trust, note=note, regressed=names)


def _road(source: Source, *, establish: bool, automatic: bool) -> tuple[Trust, str]:
    if source.pull_request:
        # Whoever opens a pull request decides what it runs, with which flags.
        return "none", "not taken as a baseline: it is a pull request, and those never are"
    if establish:
        return "established", "taken as a baseline, as asked"
    if not automatic:
        return "none", "not taken as a baseline: auto_update_baselines is off"
    obstacle = _obstacle(source)
    if obstacle:
        return "none", f"not taken as a baseline: {obstacle}"
    return "automatic", f"taken as a baseline: a clean run of {source.base_branch}"


def _obstacle(source: Source) -> str:
    if not source.commit:
        return "there is no git commit (use --establish-baselines)"
    if not source.base_branch or source.branch != source.base_branch:
        return f"{source.branch or 'a detached HEAD'} is not the base branch {source.base_branch or '(unknown)'}"
    if source.dirty:
        return "the work tree has uncommitted changes"
    return ""
