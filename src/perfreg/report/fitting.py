"""Blocks of text in a given room: what matters most goes in first, lists are cut after a line, and nothing is cut in
silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from perfreg.report.words import count

_FOR_THE_REST = 600
"""Bytes kept for telling what was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """``before``, ``body`` and ``after`` are lines. ``title`` is what the block is called when it is left out.

    Blocks of a smaller ``rank`` go in first; rank 0 always does. The body of a list may be cut after any line, and
    takes at most ``share`` of the room that is left when its turn comes.
    """

    title: str
    rank: int
    body: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    is_list: bool = False
    share: float = 0.6

    def text(self, lines: int | None = None) -> str:
        """The block, or only the first ``lines`` of its body and how many more there are."""
        body = self.body
        if lines is not None and lines < len(body):
            body = (*body[:lines], "", f"… and {count(len(self.body) - lines, 'more line')}.")
        return "\n".join((*self.before, *body, *self.after, "", ""))


def fit(blocks: Sequence[Block], limit: int, rest: str) -> str:
    """The blocks in their order, in at most ``limit`` bytes of UTF-8; ``rest`` says where the whole report is."""
    chosen: dict[int, str] = {}
    left_out: set[int] = set()
    room = limit - _FOR_THE_REST - size(rest)
    for index in sorted(range(len(blocks)), key=lambda index: (blocks[index].rank, index)):
        block = blocks[index]
        text = _fitting(block, room)
        if text:
            chosen[index] = text
            room -= size(text)
        if block.body and text != block.text():
            left_out.add(index)
    closing = _closing([blocks[index].title for index in sorted(left_out)], rest)
    return _cut("".join(chosen[index] for index in sorted(chosen)) + closing, limit)


def _fitting(block: Block, room: int) -> str:
    """As much of a block as fits, which may be nothing."""
    if not block.body:
        return ""
    whole = block.text()
    if block.rank == 0 or size(whole) <= (room * block.share if block.is_list else room):
        return whole
    if not block.is_list:
        return ""
    low, high = 0, len(block.body)
    while low < high:
        middle = (low + high + 1) // 2
        if size(block.text(middle)) <= room * block.share:
            low = middle
        else:
            high = middle - 1
    return block.text(low) if low else ""


def _closing(left_out: Iterable[str], rest: str) -> str:
    titles = ", ".join(dict.fromkeys(title for title in left_out if title))
    if not titles:
        return f"{rest}\n" if rest else ""
    return f"Not all of it has room here ({titles[:400]}). {rest}".rstrip() + "\n"


def _cut(text: str, limit: int) -> str:
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return text
    kept = encoded[:limit].decode("utf-8", "ignore")
    return kept[: kept.rfind("\n") + 1]


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))
