"""The data branch as a snapshot: its newest commit, read and written without a work tree or an index.

What others put on the branch may be anything (links, submodules, odd names, huge files). Only regular files with the
name of a shard, in the folder of shards, are read; everything else is carried along unread.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from perfreg.errors import StoreError
from perfreg.publish.stores.git_process import Git
from perfreg.publish.stores.shard_files import checked, to_bytes, to_text
from perfreg.publish.stores.size_limits import SizeLimits
from perfreg.store.exchange import Shards, is_shard

FOLDER = "records"
README = "README.md"
_TITLE = "# Performance records"
_README_TEXT = f"""{_TITLE}

perfreg, which looks for performance regressions, keeps the history of this repository here, apart from the code.
Every line of a file in `{FOLDER}/` is one record; there is a file for each month.

Let `perfreg baseline` change it: `accept`, `reset` and `prune` record who did what. Merging it into another branch
makes no sense. Deleting it deletes all baselines.
"""
_LONGEST_README = 1_000_000
_REGULAR = ("100644", "100755")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NO_NAME = re.compile(r"[\x00-\x1f\x7f<>]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A commit (empty: there is no branch yet), its tree, its shards, and whether it has a README."""

    commit: str = ""
    tree: str = ""
    shards: Shards
    has_readme: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who commits."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{_NO_NAME.sub(' ', self.name).strip()} <{_NO_NAME.sub('', self.email)}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    mode: str
    id: str
    name: str
    size: int


def read(git: Git, reference: str, limits: SizeLimits) -> Snapshot:
    """The snapshot at ``reference``. Raises `StoreError` when it is no data branch or too large to read."""
    commit, tree = git.line("rev-parse", reference, f"{reference}^{{tree}}").split("\n")
    top = {entry.name: entry for entry in _list(git, commit)}
    _check_is_ours(git, top)
    files = [
        entry for entry in _list(git, commit, folder=f"{FOLDER}/") if entry.mode in _REGULAR and is_shard(entry.name)
    ]
    limits.check({entry.name: entry.size for entry in files}, git.place)
    texts = _contents(git, [entry.id for entry in files])
    shards = {entry.name: to_text(content) for entry, content in zip(files, texts, strict=True)}
    return Snapshot(commit=commit, tree=tree, shards=checked(shards), has_readme=README in top)


def write(git: Git, base: Snapshot, shards: Shards, *, message: str, author: Author, squash: bool) -> str:
    """A commit that has ``shards`` and all other files of ``base``; returns its name."""
    stream = b"".join(_stream(base, shards, message, author, squash=squash))
    return git.run("fast-import", "--quiet", "--force", "--done", stdin=stream).decode().strip()


def _stream(base: Snapshot, shards: Shards, message: str, author: Author, *, squash: bool) -> Iterator[bytes]:
    """Commands of ``git fast-import``."""
    yield f"commit refs/perfreg/next\nmark :1\ncommitter {author} {time.time():.0f} +0000\n".encode()
    yield _data(_CONTROL.sub(" ", message))
    if base.commit and not squash:
        yield f"from {base.commit}\n".encode()
    elif base.commit:
        yield f'M 040000 {base.tree} ""\n'.encode()
    if not base.has_readme:
        yield f"M 100644 inline {README}\n".encode() + _data(_README_TEXT)
    for name in sorted({*base.shards, *shards}):
        text = shards.get(name)
        if text is None:
            yield f"D {FOLDER}/{name}\n".encode()
        elif text != base.shards.get(name):
            yield f"M 100644 inline {FOLDER}/{name}\n".encode() + _data(text)
    yield b"get-mark :1\ndone\n"


def _data(text: str) -> bytes:
    content = to_bytes(text)
    return b"data %d\n%b\n" % (len(content), content)


def _list(git: Git, commit: str, folder: str = "") -> Iterator[_Entry]:
    output = git.run("ls-tree", "-z", "-l", commit, *([folder] if folder else []))
    for line in output.decode("utf-8", "surrogateescape").split("\0"):
        facts, _, path = line.partition("\t")
        if path:
            mode, _, name, size = facts.split()
            yield _Entry(mode=mode, id=name, name=path.removeprefix(folder), size=int(size) if size != "-" else 0)


def _check_is_ours(git: Git, top: dict[str, _Entry]) -> None:
    """Refuse a branch with something else on it: a slip in the configuration must not write to, say, main."""
    if set(top) <= {README} or (FOLDER in top and top[FOLDER].mode == "040000"):
        return
    readme = top.get(README)  # ours stays when all shards are pruned
    readable = readme and readme.mode in _REGULAR and readme.size < _LONGEST_README
    if readme and readable and _contents(git, [readme.id])[0].startswith(_TITLE.encode()):
        return
    hint = "name a branch that perfreg may create with baseline.branch"
    raise StoreError(f"it is no data branch: it has files but no folder {FOLDER}/", where=git.place, hint=hint)


def _contents(git: Git, ids: list[str]) -> list[bytes]:
    output = memoryview(git.run("cat-file", "--batch", stdin="".join(f"{name}\n" for name in ids).encode()))
    contents: list[bytes] = []
    start = 0
    for _ in ids:
        end = start + bytes(output[start : start + 200]).index(b"\n")
        size = int(bytes(output[start:end]).split()[2])
        contents.append(bytes(output[end + 1 : end + 1 + size]))
        start = end + size + 2
    return contents
