"""`perfreg run`: measure, compare with the baseline, report, gate."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from perfreg.cli.command import Command
from perfreg.cli.done import Done
from perfreg.cli.selection import add_config_arguments, add_scenario_arguments, load_config
from perfreg.errors import StoreError


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_arguments(parser)
    add_scenario_arguments(parser)
    add_report_arguments(parser)
    add_gate_arguments(parser)
    parser.add_argument("--establish-baselines", action="store_true", help="make this run a baseline if it is sound")
    parser.add_argument("--test-duration", metavar="SECONDS", help="how long each scenario is loaded")
    add_storing_arguments(parser)
    parser.add_argument(
        "--record",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether a run that may be a baseline is stored, or left for perfreg report --record (default: stored)",
    )
    parser.add_argument("--base-url", metavar="URL", help="where relative endpoints start")
    add_load_arguments(parser)


def add_storing_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the history is, when that is not as the configuration says."""
    parser.add_argument("--baseline-storage", type=Path, metavar="DIR", help="the store of earlier runs")
    parser.add_argument("--baseline-branch", metavar="NAME", help="the branch that is the store (baseline.store: git)")


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the result goes, and in which formats."""
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the result here (- for standard output)")
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="F",
        help="report format, all in perfreg report --help (repeatable; default: json, markdown and html)",
    )
    parser.add_argument("--output-directory", type=Path, metavar="DIR", help="where reports and logs go")


def add_gate_arguments(parser: argparse.ArgumentParser) -> None:
    """What fails the build."""
    parser.add_argument(
        "--fail-on-regression",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="whether a regression fails, whatever the file says",
    )
    parser.add_argument(
        "--fail-on", metavar="SEVERITY", help="least severity that fails: low, medium, high or critical"
    )
    parser.add_argument("--thresholds", type=Path, metavar="FILE", help="absolute budgets (JSON or YAML)")


def add_load_arguments(parser: argparse.ArgumentParser) -> None:
    """How strong the load is, and which hosts may be loaded."""
    parser.add_argument("--concurrent-users", metavar="N", help="clients that load at the same time")
    parser.add_argument(
        "--allow-target",
        action="append",
        default=[],
        metavar="HOST",
        help="public host that may be loaded (repeatable)",
    )


def _execute(args: argparse.Namespace) -> int:
    return execute(args).exit_code()


def execute(args: argparse.Namespace) -> Done:
    """Do what `perfreg run` does. A store that cannot be pushed never costs the reports: that error comes late."""
    from perfreg.app.run import RunRequest
    from perfreg.app.run import execute as measure_and_judge
    from perfreg.cli import outputs
    from perfreg.cli.closing import exit_code, show
    from perfreg.cli.keeping import kept_by, push_run, shown_problems
    from perfreg.cli.progress import observing
    from perfreg.cli.unrecorded import leave
    from perfreg.config.load import budgets_of
    from perfreg.config.selection import select
    from perfreg.config.variables import TOKENS

    loaded = load_config(args, _flags(args))
    config = loaded.config
    scenarios = select(config, names=args.scenario or loaded.selection, tags=args.tag, components=args.component)
    budgets = budgets_of(loaded, args.thresholds)
    directory = loaded.directory / config.report.directory
    targets = outputs.plan((*args.format, *config.report.formats), args.output, directory)
    kept = kept_by(loaded)
    with observing() as observer:
        if kept.backend is not None:
            observer.stage("fetching the baselines")
        merged = kept.pull()
        request = RunRequest(
            config=config,
            config_hash=loaded.digest,
            store=kept.store,
            scenarios=scenarios,
            budgets=budgets,
            directory=loaded.directory,
            output=directory,
            env={name: value for name, value in os.environ.items() if name not in TOKENS},
            establish=args.establish_baselines or loaded.establish_baselines,
            warnings=(*loaded.warnings, *shown_problems(merged)),
        )
        result = measure_and_judge(request, observer)
    outputs.write(result, targets)
    show(result, targets, verbose=args.verbose)
    code = exit_code(result, baseline_required=config.gate.fail_on_no_baseline)
    late, upload, left = None, "", None
    try:
        if config.baseline.push and args.record:
            upload = push_run(kept, result)
        elif config.baseline.push:
            left = leave(kept, result, outputs.place_of("json", targets) or directory)
    except StoreError as error:
        late = error
    return Done(code=code, result=result, targets=targets, upload=upload, late=late, left=left)


def _flags(args: argparse.Namespace) -> dict[str, object]:
    own = _given(
        ("test_duration", args.test_duration),
        ("base_url", args.base_url),
    )
    return {**shared_flags(args), **storing_flags(args), **own}


def storing_flags(args: argparse.Namespace) -> dict[str, object]:
    """What the flags of `add_storing_arguments` say, by key path. Who names a branch means the store that has one."""
    return _given(
        ("baseline_storage", args.baseline_storage),
        ("baseline.path", args.baseline_storage),
        ("baseline.branch", args.baseline_branch),
        ("baseline.store", "git" if args.baseline_branch else None),
    )


def shared_flags(args: argparse.Namespace) -> dict[str, object]:
    """What the flags say that all measuring commands have, by key path."""
    flags = _given(
        ("report.directory", args.output_directory),
        ("concurrent_users", args.concurrent_users),
        ("gate.fail_on", args.fail_on),
        ("fail_on_regression", args.fail_on_regression),
        ("gate.enabled", args.fail_on_regression or None),
    )
    if args.allow_target:
        flags["targets"] = tuple(args.allow_target)
    return flags


def _given(*flags: tuple[str, object]) -> dict[str, object]:
    # Paths on the command line start at the working directory, those of the file at the file.
    return {
        key: str(value.absolute()) if isinstance(value, Path) else value for key, value in flags if value is not None
    }


COMMAND = Command(
    name="run",
    summary="Measure the scenarios, compare with the baseline, report and gate.",
    add_arguments=_add_arguments,
    execute=_execute,
)
