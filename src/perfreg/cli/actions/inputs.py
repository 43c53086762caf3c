"""The inputs of the Action, and the command line that each mode makes of them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from perfreg.cli.actions.event import MODES, Mode
from perfreg.errors import UsageError

_ALL = ("config", "environment", "output-directory")
_BOTH = (*_ALL, "thresholds", "fail-on", "concurrent-users")
_STORE = ("baseline-storage", "baseline-branch")
VALUES: dict[Mode, tuple[str, ...]] = {
    "run": (*_BOTH, "test-duration", *_STORE),
    "compare": (*_BOTH, "base", "head", "budget"),
    "report": (*_ALL, "legs", "ended", *_STORE),
}
"""Inputs that are flags of the same name. What a mode has no use for, such as a budget, is for the other ones."""
_LISTS = ("scenario", "allow-target")
LISTS: dict[Mode, tuple[str, ...]] = {"run": _LISTS, "compare": _LISTS, "report": ()}
SWITCHES: dict[Mode, tuple[str, ...]] = {
    "run": ("fail-on-regression", "establish-baselines", "record"),
    "compare": ("fail-on-regression",),
    "report": ("record",),
}
PUBLISHED = ("comment", "key", "status-check", "labels", "issue")
"""Inputs that say what is told to the code host."""
FORMATS = ("json", "markdown", "html")
OTHERS = ("args", "working-directory", "mode", "results", *PUBLISHED)


_TRUTH = {"true": True, "false": False}
_OFF: dict[tuple[Mode, str], list[str]] = {
    ("run", "fail-on-regression"): ["--no-fail-on-regression"],
    ("compare", "fail-on-regression"): ["--no-fail-on-regression"],
    ("run", "record"): ["--no-record"],
}


def names(*modes: Mode) -> tuple[str, ...]:
    """All inputs that the code reads in these modes, each once."""
    flags = (name for mode in modes for kind in (VALUES, LISTS, SWITCHES) for name in kind[mode])
    return tuple(dict.fromkeys((*flags, *OTHERS)))


def inputs_of(env: Mapping[str, str]) -> dict[str, str]:
    """The inputs that the Action's step handed over as ``INPUT_…`` variables."""
    return {name: env.get(f"INPUT_{name.upper().replace('-', '_')}", "") for name in names(*MODES)}


def arguments(inputs: Mapping[str, str], mode: Mode = "run", *, base: str = "") -> list[str]:
    """The command line of the inputs (by name, e.g. ``fail-on-regression``); an empty one is left to the default.

    ``base`` stands in for the input where that is empty and ``args`` name no sides either. Raises `UsageError` for a
    switch that is neither true nor false, and for ``args`` with an open quote.
    """
    more = _words(inputs.get("args", ""))
    if mode == "report":
        more += ["--", *lines(inputs.get("results", ""))]
    line = [mode, *(f"--format={name}" for name in FORMATS)]
    line += [f"--{name}={_CONVERTED.get(name, str)(inputs[name])}" for name in VALUES[mode] if inputs.get(name)]
    if base and not inputs.get("base") and not any(word.startswith("--base") for word in more):
        line.append(f"--base={base}")
    line += [f"--{name}={item}" for name in LISTS[mode] for item in lines(inputs.get(name, ""))]
    for name in SWITCHES[mode]:
        line += _switch(mode, name, inputs.get(name, ""))
    return [*line, *more]


def _legs(value: str) -> str:
    """A number, or that of the entries of a list in JSON: what the matrix was made of."""
    if not value.lstrip().startswith("["):
        return value
    try:
        return str(len(json.loads(value)))
    except ValueError as error:
        raise UsageError(f"is no list in JSON: {error}", where="input 'legs'", hint="or give a number") from error


_CONVERTED = {"legs": _legs}


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"cannot be split: {error}", where="input 'args'", hint="quote it as in a shell") from error


def lines(value: str) -> list[str]:
    """The lines of an input that is a list."""
    return [line.strip() for line in value.splitlines() if line.strip()]


def _switch(mode: Mode, name: str, value: str) -> list[str]:
    if not value.strip():
        return []
    return [f"--{name}"] if is_true(name, value) else _OFF.get((mode, name), [])


def is_true(name: str, value: str) -> bool:
    """What a switch says. Raises `UsageError` when that is neither true nor false."""
    truth = _TRUTH.get(value.strip().lower())
    if truth is None:
        raise UsageError(f"{value!r} is neither true nor false", where=f"input {name!r}", hint="write true or false")
    return truth
