"""The `perfreg` command: parse, call, and turn what happened into an exit code.

Exit codes: 0 the gate passed (with or without warnings), 1 it failed on a regression, 2 error (bad input, service
down, broken run, nothing measured), 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

from perfreg import __version__
from perfreg.cli import baseline, compare, demo, history, judge, noise, publish, report, run, schema, worker
from perfreg.cli.command import Command
from perfreg.errors import ConfigError, PerfregError, UsageError

COMMANDS: tuple[Command, ...] = (
    run.COMMAND,
    compare.COMMAND,
    noise.COMMAND,
    judge.COMMAND,
    demo.COMMAND,
    report.COMMAND,
    publish.COMMAND,
    baseline.COMMAND,
    history.COMMAND,
    worker.COMMAND,
    schema.COMMAND,
)


_LONGEST_LINE = 20_000


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as every other error does."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, where=self.prog, hint=f"see {self.prog} --help")


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = Parser(
        prog="perfreg",
        description="Performance regression testing for CI: measure, compare with history, decide, report.",
        epilog="Exit codes: 0 passed, 1 regression, 2 error (bad input, service down, nothing measured).",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"perfreg {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.summary, description=command.summary, allow_abbrev=False)
        sub.add_argument("--verbose", action="store_true", help="show details, and tracebacks of errors")
        command.add_arguments(sub)
        sub.set_defaults(execute=command.execute)
    return top


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""

    def work() -> int:
        args = parser().parse_args(arguments)
        code: int = args.execute(args)
        return code

    return guard(work, complain=complain, verbose="--verbose" in arguments)


def guard(work: Callable[[], int], *, complain: Callable[[PerfregError], None], verbose: bool = False) -> int:
    """Do ``work`` and return its exit code; the only place that turns errors into words and codes.

    ``complain`` is told of what a user can mend; ``verbose`` adds the traceback of any error.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return work()
    except PerfregError as error:
        complain(error)
        _trace(verbose=verbose)
        return error.exit_code
    except KeyboardInterrupt:
        _say("interrupted; everything that was started has been stopped")
        return 130
    except BrokenPipeError:
        # Whoever read the output has gone; writing the rest at exit would only fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except Exception as error:  # noqa: BLE001 - the process boundary: an exit code of 1 would read as a regression
        _say(f"internal error: {type(error).__name__}: {error} (this is a defect of perfreg; --verbose shows where)")
        _trace(verbose=verbose)
        return 2


def complain(error: PerfregError) -> None:
    """Print an error: one line, or one line for each problem of a file."""
    if isinstance(error, ConfigError):
        for problem in error.problems:
            _say(str(problem))
    else:
        _say(str(error))


def _say(text: str) -> None:
    """A file, a service or a server may have had its say in an error; none of it drives a terminal or a CI system."""
    from perfreg.report.escape import inert, visible_lines

    shown = "\n".join(visible_lines(text, _LONGEST_LINE))
    sys.stderr.write(inert(f"perfreg: {shown}\n"))


def _trace(*, verbose: bool) -> None:
    if verbose:
        traceback.print_exc()


def _terminate(signum: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM unwinds like an exit, so that the service is stopped on the way."""
    raise SystemExit(128 + signum)


def entry() -> NoReturn:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not turn a verdict into a crash.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))
