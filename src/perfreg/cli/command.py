"""What a sub-command is. Its module imports nothing heavy: `perfreg --help` reads all of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A sub-command: ``execute`` returns the exit code and raises `PerfregError` for what a user can mend."""

    name: str
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    execute: Callable[[argparse.Namespace], int]
