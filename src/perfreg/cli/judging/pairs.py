"""`perfreg judge pairs`: the statistics of `perfreg compare` on pairs that somebody else measured."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.cli.judging.table import Table
from perfreg.errors import InputError, UsageError

if TYPE_CHECKING:
    from perfreg.analysis.pair_series import PairSeries, SeriesVerdict
    from perfreg.config.models import CompareConfig

_ORDERS = {"": None, "AB": True, "BA": False}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of the action."""
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="columns series, pair, base, head and maybe order")
    parser.add_argument("--min-effect", metavar="PERCENT", help="smallest change that matters (default: 2%%)")
    parser.add_argument("--confidence", metavar="SHARE", help="confidence of the intervals (default: 0.99)")
    parser.add_argument(
        "--direction", choices=("lower", "higher"), default="lower", help="which numbers are better (default: lower)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed (default: text)")


def execute(args: argparse.Namespace) -> int:
    """Judge every series of the file and print the verdicts; what they say is no error."""
    from perfreg.analysis.pair_series import judge_series

    terms = _terms(args)
    verdicts = judge_series(
        read(args.file),
        min_effect_pct=terms.min_effect,
        confidence=terms.confidence,
        higher_is_better=args.direction == "higher",
    )
    sys.stdout.write(_as_json(verdicts) if args.format == "json" else _as_text(verdicts))
    return 0


def _terms(args: argparse.Namespace) -> CompareConfig:
    """The flags, read as the configuration reads the keys of the same name."""
    from pydantic import ValidationError

    from perfreg.config.models import CompareConfig

    given = {"min_effect": args.min_effect, "confidence": args.confidence}
    try:
        return CompareConfig.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        flag = str(first["loc"][0]).replace("_", "-")
        raise UsageError(str(first["msg"]).removeprefix("Value error, "), where=f"--{flag}") from error


def read(path: Path) -> list[PairSeries]:
    """The series of a file in the order of their first pair. Raises `InputError` for what cannot be read."""
    from perfreg.analysis.pair_series import PairSeries

    columns: dict[str, tuple[list[float], list[float], list[bool]]] = {}
    with Table(path, required=("series", "pair", "base", "head"), optional=("order",)) as table:
        for line, (series, _, base, head, order) in table.rows():
            bases, heads, firsts = columns.setdefault(series, ([], [], []))
            bases.append(table.number(line, "base", base))
            heads.append(table.number(line, "head", head))
            first = _ORDERS.get(order.strip().upper(), order)
            if isinstance(first, str):
                raise table.wrong(line, f"order is {order[:40]!r}, neither AB (base first) nor BA")
            if first is not None:
                firsts.append(first)
    if not columns:
        raise InputError("has no pairs", where=str(path), hint="each line after the header is a pair")
    return [
        PairSeries(
            name=name,
            base=tuple(bases),
            head=tuple(heads),
            base_first=tuple(firsts) if len(firsts) == len(bases) else (),
        )
        for name, (bases, heads, firsts) in columns.items()
    ]


def _as_json(verdicts: tuple[SeriesVerdict, ...]) -> str:
    return json.dumps({"verdicts": [asdict(verdict) for verdict in verdicts]}, indent=2) + "\n"


def _as_text(verdicts: tuple[SeriesVerdict, ...]) -> str:
    from perfreg.report.escape import visible

    lines = [f"{verdict.status:<13} {visible(verdict.series)}: {verdict.reason}" for verdict in verdicts]
    counts = Counter(verdict.status for verdict in verdicts)
    total = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return "\n".join((*lines, f"{len(verdicts)} series: {total}")) + "\n"
