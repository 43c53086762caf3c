"""`perfreg demo`: see the main job done in under a minute, with nothing but the package."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from perfreg.cli.command import Command
from perfreg.errors import UsageError

# Settings meant for somebody's project must not bend the demonstration, and the pull request at hand is not its own.
_FOREIGN = (
    *("PERF_", "PERFREG_", "PERFORMANCE_", "STRESS_", "SIGNIFICANCE_", "ENABLE_", "FAIL_ON_", "ESTABLISH_"),
    *("GITHUB_", "CI_", "BUILD_", "SYSTEM_", "BITBUCKET_", "CHANGE_", "BRANCH_NAME"),
)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--directory",
        type=Path,
        metavar="DIR",
        help="work here, in a new or empty directory (default: a temporary one)",
    )


def _execute(args: argparse.Namespace) -> int:
    from perfreg.app.demo import demonstrate
    from perfreg.cli import outputs
    from perfreg.cli.closing import show
    from perfreg.cli.progress import observing

    directory = _directory(args.directory)
    targets = outputs.plan((), None, directory / "perf-results")
    env = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    with observing() as observer:
        demo = demonstrate(directory, env, observer)
    outputs.write(demo.result, targets)
    show(demo.result, targets, verbose=args.verbose)
    if not demo.found:
        sys.stdout.write("The demonstration did not go as it should: only search was made slower, so only search may\n")
        sys.stdout.write("regress. A very busy machine can do this; please try again, and report it if it stays.\n")
        return 2
    sys.stdout.write("Only search was made slower, and that is what perfreg found: a real build would fail here.\n")
    return 0


def _directory(wanted: Path | None) -> Path:
    if wanted is None:
        return Path(tempfile.mkdtemp(prefix="perfreg-demo-"))
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        used = any(wanted.iterdir())
    except OSError as error:
        raise UsageError(f"cannot work there: {error}", where=str(wanted), hint="choose another --directory") from error
    if used:
        raise UsageError("the directory is not empty", where=str(wanted), hint="choose another --directory")
    return wanted.resolve()


COMMAND = Command(
    name="demo",
    summary="Measure a bundled service, slow it down, and find the regression (under a minute).",
    add_arguments=_add_arguments,
    execute=_execute,
)
