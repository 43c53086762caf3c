"""What can be printed: one file for one CI system, and what it needs of whoever uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfreg.errors import UsageError
from perfreg.templating.escape import LANGUAGES, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A value of one target that `--set` changes; numbers stay numbers."""

    default: str | int
    meaning: str

    def read(self, name: str, text: str) -> str | int:
        """``text`` as a value of this option. Raises `UsageError`."""
        if isinstance(self.default, str):
            if not text.isprintable():
                raise UsageError(f"{name} must be one line of printable text", where="--set")
            return text
        if not text.isascii() or not text.isdigit() or not 0 < int(text) < 100_000:
            raise UsageError(f"{name} must be a whole number, got {text!r}", where="--set")
        return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One printed file. ``template`` is its source below `templates/`, ``file`` what it is usually called.

    ``baselines`` are the places that it can keep baselines in, the usual one first; ``extras`` those of perfreg that it
    needs. ``needs`` are sentences by occasion: ``always``, a baseline, ``services``, ``schedule``, ``deploy_gate``.
    """

    name: str
    template: str
    file: str
    summary: str
    language: Language
    baselines: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    image: str = ""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Mapping[str, Option] = field(default_factory=dict)

    def chosen(self, pairs: Mapping[str, str]) -> dict[str, str | int]:
        """The values of all options, those of ``pairs`` as they are written there. Raises `UsageError`."""
        for name in pairs:
            if name not in self.options:
                hint = f"{self.name} has: {', '.join(self.options)}"
                raise UsageError(f"no option is called {name!r}", where="--set", hint=hint)
        return {
            name: option.read(name, pairs[name]) if name in pairs else option.default
            for name, option in self.options.items()
        }


_PACKAGE = Option(default="", meaning="what pip installs; by default this version of perfreg with the drivers it needs")


def read_targets(folder: str, document: Mapping[str, Any]) -> dict[str, Target]:
    """The targets that the `target.yml` of a ``folder`` describes, by name."""
    return {
        name: Target(
            name=name,
            template=f"{folder}/{entry['template']}",
            file=entry["file"],
            summary=entry["summary"],
            language=LANGUAGES[entry["language"]],
            baselines=tuple(entry.get("baselines", ())),
            extras=tuple(entry.get("extras", ())),
            image=entry.get("image", ""),
            needs={occasion: tuple(sentences) for occasion, sentences in entry.get("needs", {}).items()},
            options={
                "package": _PACKAGE,
                **{key: Option(**value) for key, value in entry.get("options", {}).items()},
            },
        )
        for name, entry in document.items()
    }
