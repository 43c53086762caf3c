"""What an import left out or had to assume, told in a few sentences however often it happened."""

from __future__ import annotations

from perfreg.histories.names import fitted

_SHOWN = 5


class Warnings:
    """Collects by sentence: how often it happened, and the names that it happened to."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._names: dict[str, dict[str, None]] = {}

    def count(self, sentence: str, times: int = 1) -> None:
        """``sentence`` holds for ``times`` more; nothing is said of what never happened."""
        if times:
            self._counts[sentence] = self._counts.get(sentence, 0) + times

    def name(self, sentence: str, name: str) -> None:
        """``sentence`` holds for ``name``, which counts once."""
        self._names.setdefault(sentence, {})[fitted(name)] = None

    def sentences(self) -> tuple[str, ...]:
        """All of them, with their counts and the first names."""
        counted = [f"{sentence}: {times:,}" for sentence, times in self._counts.items()]
        named = [f"{sentence}: {_few(tuple(names))}" for sentence, names in self._names.items()]
        return (*counted, *named)


def _few(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
