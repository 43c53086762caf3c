"""Zip archives of shards that came over the network: nothing in them is believed before it is checked.

Nothing is unpacked to disk, so a hostile name can do no harm; one is refused all the same, because no writer of stores
makes it.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from perfreg.errors import StoreError
from perfreg.publish.stores.shard_files import to_text
from perfreg.store.exchange import Shards, is_shard

MOST_BYTES = 128 << 20
"""Of an archive as it is downloaded."""

_MOST_UNPACKED_BYTES = 512 << 20
_MOST_MEMBERS = 1000  # a shard a month
_MOST_FOLDERS = 20
_MOST_RATIO = 200  # records compress by 10 to 30
_SMALL_BYTES = 1 << 20  # too small to be a bomb, whatever the ratio
_ENCRYPTED = 0x1
_CENTRAL_ENTRY = b"PK\x01\x02"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, ValueError, EOFError, OSError,
)  # fmt: skip


class ArchiveError(StoreError):
    """An archive that is broken, hostile or no store."""


def read_archive(content: bytes) -> Shards:
    """The shards at the top, or in one folder, of a zip archive. Raises `ArchiveError` when there are none."""
    shards = {name: to_text(each) for name, each in read_members(content, is_shard).items()}
    if not shards:
        raise ArchiveError("the archive holds no shards")
    return shards


def read_members(
    content: bytes, wanted: Callable[[str], bool], *, most_bytes: int = _MOST_UNPACKED_BYTES, is_deep: bool = False
) -> dict[str, bytes]:
    """The files of an archive whose own names are ``wanted``, each of ``most_bytes`` at most.

    They lie at the top or in one folder, or anywhere when the archive ``is_deep``. Raises `ArchiveError` when one is
    there twice, and when any member is suspicious, wanted or not.
    """
    # Counted before zipfile makes an object of each: a central directory may list millions in a few megabytes.
    if content.count(_CENTRAL_ENTRY) > _MOST_MEMBERS:
        raise ArchiveError(f"the archive has more than {_MOST_MEMBERS} members")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = dict(_members(archive, wanted, is_deep=is_deep))
            long = [name for name, member in members.items() if member.file_size > most_bytes]
            if long:
                raise ArchiveError(f"{long[0]} has more than {most_bytes >> 20} MiB")
            return {name: archive.read(member) for name, member in members.items()}
    except _BROKEN as error:
        raise ArchiveError(f"the archive is broken: {str(error) or type(error).__name__}") from error


def _members(
    archive: zipfile.ZipFile, wanted: Callable[[str], bool], *, is_deep: bool
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """The wanted files by name, once all members are known to be harmless."""
    unpacked = 0
    names: set[str] = set()
    for member in archive.infolist():
        _check(member, _MOST_FOLDERS if is_deep else 1)
        unpacked += member.file_size
        if unpacked > _MOST_UNPACKED_BYTES:
            raise ArchiveError(f"the archive unpacks to more than {_MOST_UNPACKED_BYTES >> 20} MiB")
        name = member.filename.rpartition("/")[2]
        if not wanted(name):
            continue
        if name in names:
            raise ArchiveError(f"the archive has {name} twice")
        names.add(name)
        yield name, member


def _check(member: zipfile.ZipInfo, most_folders: int) -> None:
    name = member.orig_filename
    folders = name.split("/")[:-1]
    parts = name.removesuffix("/").split("/")
    if len(folders) > most_folders or not {"", ".", ".."}.isdisjoint(parts) or not {"\\", ":", "\0"}.isdisjoint(name):
        raise ArchiveError(f"the archive has a member with the path {name[:100]!r}")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ArchiveError(f"the archive has a symbolic link, {name[:100]!r}")
    if member.flag_bits & _ENCRYPTED:
        raise ArchiveError("the archive is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError(f"the archive is compressed by method {member.compress_type}")
    if member.file_size > max(_SMALL_BYTES, _MOST_RATIO * member.compress_size):
        raise ArchiveError(f"the archive packs {member.file_size} bytes into {member.compress_size}")
