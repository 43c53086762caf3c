"""`perfreg baseline`: the store of runs that baselines come from."""

from __future__ import annotations

from perfreg.cli.baselines import deciding, obeying, reading, syncing
from perfreg.cli.command import Action, with_actions

ACTIONS: dict[str, Action] = {
    "list": Action(
        summary="the runs of the store, oldest first", add_arguments=reading.add_list, execute=reading.list_runs
    ),
    "show": Action(
        summary="what each metric of this machine is compared with",
        add_arguments=reading.add_show,
        execute=reading.show,
    ),
    "pull": Action(
        summary="bring what others have stored to this machine", add_arguments=syncing.add_plain, execute=syncing.pull
    ),
    "push": Action(
        summary="store what this machine has measured", add_arguments=syncing.add_plain, execute=syncing.push
    ),
    "accept": Action(
        summary="make the regressions of a run the new normal",
        add_arguments=deciding.add_accept,
        execute=deciding.accept,
    ),
    "reset": Action(
        summary="start the baseline of some metrics anew", add_arguments=deciding.add_reset, execute=deciding.reset
    ),
    "decisions": Action(
        summary="take over what was accepted on the pull request at hand",
        add_arguments=obeying.add_decisions,
        execute=obeying.decisions,
    ),
    "prune": Action(summary="remove old runs for good", add_arguments=syncing.add_prune, execute=syncing.prune),
    "verify": Action(
        summary="check every record of the store", add_arguments=reading.add_verify, execute=reading.verify
    ),
    "import": Action(
        summary="move in with another tool's history", add_arguments=syncing.add_import, execute=syncing.import_history
    ),
}

COMMAND = with_actions(
    "baseline", "Look into the store of runs that baselines come from, and decide about it.", ACTIONS
)
