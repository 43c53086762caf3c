"""What our comments and issues hide in their first line: whose they are, and what they said.

Only a text that *begins* with a marker has one: names in a report may look like anything.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["comment", "issue"]

_KEY = re.compile(r"[A-Za-z0-9._-]{1,60}")
_MARKER = re.compile(
    r"<!-- perfreg:(?P<kind>comment|issue) key=(?P<key>[A-Za-z0-9._-]{1,60}) commit=(?P<commit>[0-9a-f]{0,64}) "
    r"alarm=(?P<alarm>[01]) hidden=(?P<hidden>[01]) "
    r"metrics=(?P<metrics>(?:[0-9a-f]{12}(?:,[0-9a-f]{12})*)?) -->\r?\n"
)
_MOST_METRICS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """``key`` tells our texts in one place from each other; ``commit`` is what the text is about.

    ``alarm`` tells whether it was bad news, ``hidden`` whether it was folded away, and ``metrics`` are the names
    (`short`) of those that had regressed.
    """

    kind: Kind
    key: str
    commit: str = ""
    alarm: bool = False
    hidden: bool = False
    metrics: tuple[str, ...] = ()

    def __str__(self) -> str:
        commit = self.commit if re.fullmatch(r"[0-9a-f]{0,64}", self.commit) else ""
        metrics = self.metrics
        if len(metrics) > _MOST_METRICS:
            # The last one is nobody's: as long as it is not seen to be well, not all of them are.
            metrics = (*metrics[: _MOST_METRICS - 1], short("and more"))
        return (
            f"<!-- perfreg:{self.kind} key={safe_key(self.key)} commit={commit} alarm={int(self.alarm)} "
            f"hidden={int(self.hidden)} metrics={','.join(metrics)} -->\n"
        )

    def with_hidden(self) -> Marker:
        """The same, folded away."""
        return replace(self, hidden=True)


def read(body: str, kind: Kind, key: str) -> Marker | None:
    """The marker that ``body`` begins with, if it is one of this kind and key."""
    found = first(body)
    return found if found is not None and (found.kind, found.key) == (kind, safe_key(key)) else None


def _read(found: re.Match[str]) -> Marker:
    return Marker(
        kind="issue" if found["kind"] == "issue" else "comment",
        key=found["key"],
        commit=found["commit"],
        alarm=found["alarm"] == "1",
        hidden=found["hidden"] == "1",
        metrics=tuple(found["metrics"].split(",")) if found["metrics"] else (),
    )


def first(body: str) -> Marker | None:
    """The marker of any kind and key that ``body`` begins with."""
    found = _MARKER.match(body)
    return None if found is None else _read(found)


def is_ours(body: str) -> bool:
    """Whether ``body`` begins with a marker of any kind and key."""
    return first(body) is not None


def without(body: str) -> str:
    """``body`` without its marker."""
    found = _MARKER.match(body)
    return body[found.end() :] if found else body


def safe_key(key: str) -> str:
    """``key`` if it may stand in a marker, or else its digest."""
    return key if _KEY.fullmatch(key) and "--" not in key else short(key)


def short(name: str) -> str:
    """A name of twelve digits for any name."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]
