"""The flags that say which configuration, and which of its scenarios, a command works on."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfreg.config.load import LoadedConfig


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """`-c` and `--environment`."""
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help="configuration (default: perfreg.yml)")
    parser.add_argument("--environment", metavar="NAME", help="apply the overlay environments.NAME")


def add_scenario_arguments(parser: argparse.ArgumentParser) -> None:
    """`--scenario`, `--tag` and `--component`."""
    for flag, what in (
        ("scenario", "that match (a glob)"),
        ("tag", "with this tag"),
        ("component", "of this component"),
    ):
        parser.add_argument(
            f"--{flag}", action="append", default=[], metavar="NAME", help=f"only scenarios {what}; repeatable"
        )


def load_config(args: argparse.Namespace, flags: dict[str, object] | None = None) -> LoadedConfig:
    """The configuration that the flags of `add_config_arguments` name; ``flags`` win over everything else."""
    from perfreg.config.load import find, load
    from perfreg.measure.registry import scenario_specs

    return load(
        args.config or find(Path()),
        kinds=scenario_specs(),
        env=os.environ,
        environment=args.environment,
        flags=flags or {},
    )
