"""The flags that say which configuration, and which of its scenarios, a command works on."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
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


def has_config(args: argparse.Namespace) -> bool:
    """Whether there is a configuration: one was named, or the working directory has one."""
    from perfreg.config.load import NAMES

    return args.config is not None or any(Path(name).is_file() for name in NAMES)


def made_up_config(
    args: argparse.Namespace, scenario: Mapping[str, object], flags: dict[str, object] | None = None
) -> LoadedConfig:
    """A configuration of this one scenario, for commands that can do without a file; variables and flags count."""
    from perfreg.config.load import load_document
    from perfreg.config.text import parse
    from perfreg.measure.registry import scenario_specs

    name = "command line"
    raw = json.dumps({"test_scenarios": [dict(scenario)]}).encode()
    return load_document(
        parse(raw, name=name, as_json=True),
        path=Path(name),
        kinds=scenario_specs(),
        env=os.environ,
        environment=args.environment,
        flags=flags or {},
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
