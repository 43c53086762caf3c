"""Foreign text made harmless: names, error messages and query plans come from strangers.

What prints nothing is shown as its code point, what a Markdown parser would read is escaped, and what a code host
would turn into a link, a mention or a command is kept from it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

NAME_LIMIT = 200
TEXT_LIMIT = 2000

_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))

# GitHub's runner trims a line before it looks for "::"; it and Azure's agent find "##[" and "##vso[" anywhere.
_COMMAND_AT_START = re.compile(r"(?:^|(?<=[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]))((?:\s|\x1b\[[0-9;]*m)*)::")
_COMMAND_ANYWHERE = re.compile(r"##(?=\w*\[)")

# Code hosts look for mentions, references, links, emoji and formulas in text that is already rendered, where
# backslashes are gone. Only code is spared, so words like these become code.
_LINKED_LATER = re.compile(r"[@#$~^`]|://|www\.|[!%&]\w|\[\[|:\w[\w+-]*:|\bGH-\d", re.IGNORECASE)
_MARKUP = re.compile(r"[\\*\[\]~`]|(?<![^\W_])_|_(?![^\W_])")
_BLOCK_START = re.compile(r"[-+=]+|\d+[.)]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"})


def visible(text: str, limit: int = NAME_LIMIT) -> str:
    """``text`` on one line: control, bidirectional and other invisible characters are written as escapes.

    Anything longer than ``limit`` characters ends in an ellipsis.
    """
    shown = "".join(_shown(char) for char in text[:limit])
    return shown + "…" if len(text) > limit else shown


def _shown(char: str) -> str:
    if unicodedata.category(char) not in _INVISIBLE:
        return char
    if char == "\n":
        return "\\n"
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def visible_lines(text: str, limit: int = TEXT_LIMIT) -> tuple[str, ...]:
    """`visible` for text that may have several lines; blank lines at its end are dropped."""
    lines = text.rstrip().replace("\r\n", "\n").split("\n")
    return tuple(visible(line.expandtabs(4), limit) for line in lines)


def inert(text: str) -> str:
    """``text`` whose lines no CI system takes for a command of its own (``::error::``, ``##vso[…]``, ``##[…]``)."""
    return _COMMAND_ANYWHERE.sub(r"#\\#", _COMMAND_AT_START.sub(r"\1\\::", text))


def markdown_code(text: str, *, cell: bool = False) -> str:
    """``text`` as a code span; ``cell`` where it stands in a table."""
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    # A parser takes one space from either side, unless there is nothing but spaces.
    pad = " " if text.strip(" ") and (text[0] in "` " or text[-1] in "` ") else ""
    return f"{fence}{pad}{_pipes(text) if cell else text}{pad}{fence}"


def _pipes(text: str) -> str:
    """Pipes escaped for a table cell. Parsers differ on an even run of backslashes before one, so make it odd."""
    return re.sub(r"(\\*)\|", lambda found: found[1] + "\\" * (1 + len(found[1]) % 2) + "|", text)


def markdown_text(text: str, *, cell: bool = False) -> str:
    """A sentence, made of plain words; those that would become links or mentions become code."""
    words = [_word(word, cell=cell) for word in text.strip(" ").split(" ")]
    if _BLOCK_START.fullmatch(words[0]):
        words[0] = f"{words[0][:-1]}\\{words[0][-1]}"
    return " ".join(words)


def _word(word: str, *, cell: bool) -> str:
    if not _LINKED_LATER.search(word):
        return _MARKUP.sub(lambda found: "\\" + found[0], word).translate(_ENTITIES)
    core = word if word.startswith(":") else word.rstrip(",.;:)")
    return markdown_code(core, cell=cell) + word[len(core) :]


def html_pre(lines: Iterable[str]) -> str:
    """Lines as preformatted HTML on a single line, so that no blank line can end the block in Markdown."""
    return f"<pre>{'&#10;'.join(map(html.escape, lines))}</pre>"
