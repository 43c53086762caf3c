"""`perfreg worker`: make load for a master on another host."""

from __future__ import annotations

import argparse
import os

from perfreg.cli.command import Command
from perfreg.cli.selection import add_config_arguments, add_scenario_arguments, load_config
from perfreg.errors import UsageError

_PORT = 5557


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_arguments(parser)
    add_scenario_arguments(parser)
    parser.add_argument("--master", required=True, metavar="HOST[:PORT]", help=f"where the master is (port {_PORT})")
    parser.add_argument(
        "--wait", type=float, default=300.0, metavar="SECONDS", help="how long to wait for a master, or for the next"
    )
    parser.add_argument("--base-url", metavar="URL", help="where relative endpoints start")
    parser.add_argument(
        "--allow-target",
        action="append",
        default=[],
        metavar="HOST",
        help="public host that may be loaded (repeatable)",
    )


def _execute(args: argparse.Namespace) -> int:
    from perfreg.app.load_worker import work
    from perfreg.cli.progress import observing
    from perfreg.config.selection import select

    host, port = _address(args.master)
    if not 0 < args.wait < 1e6:
        raise UsageError(f"{args.wait:g} is no time to wait", where="--wait", hint="give seconds, such as 300")
    flags: dict[str, object] = {"base_url": args.base_url} if args.base_url else {}
    if args.allow_target:
        flags["targets"] = tuple(args.allow_target)
    loaded = load_config(args, flags)
    config = loaded.config
    with observing() as observer:
        work(
            config,
            select(config, names=args.scenario or loaded.selection, tags=args.tag, components=args.component),
            directory=loaded.directory,
            env=os.environ,
            master=(host, port, args.wait),
            tell=observer.stage,
        )
    return 0


def _address(text: str) -> tuple[str, int]:
    """Host and port of ``HOST``, ``HOST:PORT`` or ``[IPV6]:PORT``. Raises `UsageError`."""
    host, colon, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "")
    if not host or (colon and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536)):
        raise UsageError(f"{text!r} is no address", where="--master", hint=f"write it as HOST or HOST:{_PORT}")
    return host, int(port) if colon else _PORT


COMMAND = Command(
    name="worker",
    summary="Make load with Locust for a perfreg on another host.",
    add_arguments=_add_arguments,
    execute=_execute,
)
