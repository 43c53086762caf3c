"""Write the tables of flags, inputs and outputs in the documentation: `python -m docs.interface`.

A table stands between `<!-- flags: COMMAND -->` and `<!-- end -->`; those of `<!-- inputs: FILE -->` and
`<!-- outputs: FILE -->` are about an action or a reusable workflow of this repository.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from perfreg.cli import main, templates

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"(<!-- (flags|inputs|outputs): ([\w./-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_DEFAULT = re.compile(r"\s*\(default: (?P<value>[^()]*(?:\([^()]*\))?)\)")
_Actions = argparse._SubParsersAction  # noqa: SLF001 - the only name that it has
# What the parser adds to every command.
_EVERYWHERE = {"--help", "--verbose", "--version"}


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parser of every command."""
    return {**_actions(main.parser()), "perfreg-templates": templates.parser()}


def flags(name: str) -> str:
    """A Markdown table of the arguments and flags of a command, and of its actions if it has some."""
    rows = [
        f"| {_spelt(prefix, each)} | {_usual(each)} | {_meaning(each)} |" for prefix, each in _all(commands()[name])
    ]
    return "\n".join(("| flag | default | meaning |", "|---|---|---|", *rows, ""))


def _all(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """What a parser takes, each with the action that takes it; what all actions take comes first and has none."""
    actions = _actions(parser)
    taken = {name: {_key(each): each for each in _own(action)} for name, action in actions.items()}
    common = set.intersection(*(set(each) for each in taken.values())) if taken else set()
    yield from (("", each) for each in _own(parser))
    yield from (("", each) for key, each in next(iter(taken.values()), {}).items() if key in common)
    for name, known in taken.items():
        yield from ((f"{name} ", each) for key, each in known.items() if key not in common)


def _own(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for each in _known(parser):
        is_mute = isinstance(each, _Actions) or each.help == argparse.SUPPRESS
        if not is_mute and not _EVERYWHERE.intersection(each.option_strings):
            yield each


def _actions(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    return next((each.choices for each in _known(parser) if isinstance(each, _Actions)), {})


def _known(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # noqa: SLF001 - there is no other list of what a parser knows


def _key(action: argparse.Action) -> tuple[str, ...]:
    return (_spelt("", action), _usual(action), _meaning(action))


def _spelt(prefix: str, action: argparse.Action) -> str:
    is_switch = isinstance(action, argparse.BooleanOptionalAction)
    names = [name for name in action.option_strings if not (is_switch and name.startswith("--no-"))] or [""]
    value = "" if action.nargs == 0 else _value(action)
    shown = [f"`{prefix}{name}{' ' if name and value else ''}{value}`" for name in names]
    off = [f"`{name}`" for name in action.option_strings if name not in names]
    return _cell(", ".join([*shown, *off]))


def _value(action: argparse.Action) -> str:
    if action.metavar is None and action.choices:
        return f"{{{','.join(map(str, action.choices))}}}"
    value = action.metavar or action.dest.upper()
    return value if isinstance(value, str) else " ".join(value)


def _usual(action: argparse.Action) -> str:
    if isinstance(action, argparse.BooleanOptionalAction):
        return {True: "on", False: "off"}.get(action.default, "")
    found = _DEFAULT.search(_help(action))
    return _plain(found["value"]) if found else ""


def _meaning(action: argparse.Action) -> str:
    return _plain(_DEFAULT.sub("", _help(action)))


def _help(action: argparse.Action) -> str:
    # Some versions of Python add the default of a switch by themselves.
    return (action.help or "").replace(" (default: %(default)s)", "").replace("%%", "%")


def _plain(text: str) -> str:
    return _cell(re.sub(r"([*_<\[])", r"\\\1", text))


def inputs(file: str) -> str:
    """A Markdown table of the inputs of an action or a reusable workflow."""
    rows = [
        f"| `{name}` | {_code(each.get('default', ''))} | {_cell(each['description'])} |"
        for name, each in _interface(file)["inputs"].items()
    ]
    return "\n".join(("| input | default | meaning |", "|---|---|---|", *rows, ""))


def outputs(file: str) -> str:
    """A Markdown table of their outputs."""
    rows = [f"| `{name}` | {_cell(each['description'])} |" for name, each in _interface(file)["outputs"].items()]
    return "\n".join(("| output | meaning |", "|---|---|", *rows, ""))


def _interface(file: str) -> Any:
    document = yaml.safe_load((ROOT / file).read_text("utf-8"))
    # "on" is true to a YAML parser.
    return document if "inputs" in document else document[True]["workflow_call"]


def _code(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


TABLES: Mapping[str, Callable[[str], str]] = {"flags": flags, "inputs": inputs, "outputs": outputs}


def filled(text: str) -> str:
    """A page with its tables as they should be."""
    return _BLOCK.sub(lambda found: f"{found[1]}{TABLES[found[2]](found[3])}{found[4]}", text)


if __name__ == "__main__":
    for page in sorted((ROOT / "docs").glob("*.md")):
        page.write_text(filled(page.read_text("utf-8")), "utf-8")
