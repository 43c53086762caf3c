"""What a version of the package holds: its files with their digests, and the older versions that it includes.

Shards are stored compressed; names, sizes and digests in the manifest are those of their text.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from perfreg.errors import StoreError
from perfreg.publish.stores.shard_files import to_bytes, to_text
from perfreg.store.exchange import Shards, is_shard

MANIFEST = "manifest.json"
MOST_BYTES = 512 << 20
"""Of all shards of a version, as text."""

_FORMAT = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GZIP = 16 + zlib.MAX_WBITS


class ManifestError(StoreError):
    """A version that is not what its manifest says, or whose manifest is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """``files`` maps the name of a shard to its size in bytes and its SHA-256; ``includes`` are versions."""

    files: Mapping[str, tuple[int, str]]
    includes: tuple[str, ...]

    @classmethod
    def of(cls, shards: Shards, includes: Iterable[str]) -> Manifest:
        """The manifest of a version that holds ``shards``."""
        contents = {name: to_bytes(text) for name, text in shards.items()}
        files = {name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in contents.items()}
        return cls(files=files, includes=tuple(includes))

    def to_json(self, message: str) -> bytes:
        """The file ``manifest.json``; ``message`` is for people who look into the registry."""
        files = [{"name": name, "size": size, "sha256": digest} for name, (size, digest) in self.files.items()]
        document = {"format": _FORMAT, "message": message, "files": files, "includes": list(self.includes)}
        return json.dumps(document, indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """The manifest in a file that may say anything. Raises `ManifestError`."""
        try:
            document = json.loads(content)
            if document["format"] != _FORMAT:
                raise ManifestError("a newer perfreg wrote it", hint="use that version or newer")
            files = {entry["name"]: (entry["size"], entry["sha256"]) for entry in document["files"]}
            includes = tuple(document["includes"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ManifestError("its manifest is none") from error
        if not all(_is_entry(name, *facts) for name, facts in files.items()) or not all(map(_is_text, includes)):
            raise ManifestError("its manifest lists something that is no shard")
        if sum(size for size, _ in files.values()) > MOST_BYTES:
            raise ManifestError(f"it has more than {MOST_BYTES >> 20} MiB")
        return cls(files=files, includes=includes)


def file_of(shard: str) -> str:
    """The file of the package in which ``shard`` is."""
    return f"{shard}.gz"


def pack(text: str) -> bytes:
    """The content of the file for a shard; equal texts give equal bytes."""
    return gzip.compress(to_bytes(text), mtime=0)


def unpack(content: bytes, size: int, digest: str) -> str:
    """The text of a shard that has ``size`` bytes and this SHA-256. Raises `ManifestError` when it has not."""
    stream = zlib.decompressobj(_GZIP)
    try:
        text = stream.decompress(content, size + 1)
    except zlib.error as error:
        raise ManifestError(f"a file of it is broken: {error}") from error
    if len(text) != size or hashlib.sha256(text).hexdigest() != digest:
        raise ManifestError("a file of it is not what its manifest says")
    return to_text(text)


def _is_entry(name: Any, size: Any, digest: Any) -> bool:
    if not (_is_text(name) and is_shard(name) and isinstance(size, int) and 0 <= size <= MOST_BYTES):
        return False
    return _is_text(digest) and _SHA256.fullmatch(digest) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
