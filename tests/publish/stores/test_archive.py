"""Archives from outside: what is read, and what is refused without being unpacked."""

from __future__ import annotations

import io
import random
import stat
import tracemalloc
import zipfile

import pytest
from tests.support.github_api import zipped
from tests.support.records import record

from perfreg.publish.stores.archive import ArchiveError, read_archive
from perfreg.store.exchange import QUARANTINE, is_shard, union

NAME, TEXT = next(iter(record(1).items()))


def archive(*members: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for member, content in members:
            target.writestr(member, content)
    return stream.getvalue()


def test_shards_at_the_top_or_in_one_folder_are_read() -> None:
    assert read_archive(zipped({NAME: TEXT})) == {NAME: TEXT}
    assert read_archive(zipped({"records/": "", f"records/{NAME}": TEXT})) == {NAME: TEXT}


def test_other_files_are_not_read() -> None:
    assert read_archive(zipped({"README.md": "x", "2025-1.jsonl": "x", NAME: TEXT})) == {NAME: TEXT}


def test_line_ends_are_mended_and_bytes_that_are_no_text_are_quarantined() -> None:
    content = archive((zipfile.ZipInfo(NAME), TEXT.replace("\n", "\r\n").encode() + b'{"id":"\xff","kind":"x","v":1}'))
    merged = union(read_archive(content))
    assert merged[NAME] == TEXT
    assert "\\xff" in merged[QUARANTINE]


@pytest.mark.parametrize(
    "name",
    ["../x", f"../{NAME}", f"/{NAME}", f"a/b/{NAME}", f"a/../{NAME}", f"./{NAME}", f"..\\{NAME}", f"C:{NAME}",
     f"//host/{NAME}", f"{NAME}\0.txt", "a//b", "..", "a/b/"],
)  # fmt: skip
def test_paths_that_lead_elsewhere_are_refused(name: str) -> None:
    member = zipfile.ZipInfo("placeholder")
    member.filename = name
    with pytest.raises(ArchiveError, match="member with the path"):
        read_archive(archive((zipfile.ZipInfo(NAME), TEXT.encode()), (member, b"x")))


def test_links_are_refused() -> None:
    member = zipfile.ZipInfo(NAME)
    member.create_system = 3
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(ArchiveError, match="symbolic link"):
        read_archive(archive((member, b"/etc/passwd")))


def test_a_shard_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ArchiveError, match="twice"):
        read_archive(zipped({NAME: TEXT, f"records/{NAME}": TEXT}))


def test_an_encrypted_archive_is_refused() -> None:
    content = bytearray(zipped({NAME: TEXT}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ArchiveError, match="encrypted"):
        read_archive(bytes(content))


def test_other_ways_to_compress_are_refused() -> None:
    member = zipfile.ZipInfo(NAME)
    member.compress_type = zipfile.ZIP_LZMA
    with pytest.raises(ArchiveError, match="method 14"):
        read_archive(archive((member, TEXT.encode())))


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    bombs = {
        "packs": zipped({NAME: "0" * (50 << 20)}),
        "more than 512 MiB": _claiming(zipped({NAME: TEXT}), 600 << 20),
        "more than 1000 members": zipped({f"{number}.txt": "" for number in range(1001)}),
    }
    for message, bomb in bombs.items():
        tracemalloc.start()
        with pytest.raises(ArchiveError, match=message):
            read_archive(bomb)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
        tracemalloc.stop()


def test_a_member_that_is_larger_than_it_says_is_broken() -> None:
    with pytest.raises(ArchiveError, match="broken"):
        read_archive(_claiming(zipped({NAME: TEXT}), len(TEXT) - 5, packed=False))


def test_damage_of_any_kind_is_an_archive_error_or_harmless() -> None:
    """Bytes changed, cut out and cut off; the seed is fixed."""
    whole = zipped({NAME: TEXT, "records/2026-02.jsonl": TEXT * 5})
    chance = random.Random(5)
    refused = 0
    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.3:
            del damaged[chance.randrange(len(damaged)) :][: chance.randint(1, 50)]
        try:
            assert all(map(is_shard, read_archive(bytes(damaged))))
        except ArchiveError:
            refused += 1
    assert refused > 1000


def _claiming(content: bytes, size: int, *, packed: bool = True) -> bytes:
    """``content`` whose first member claims to have ``size`` bytes, and if ``packed`` almost as many in the archive."""
    changed = bytearray(content)
    entry = changed.index(b"PK\x01\x02")
    changed[entry + 24 : entry + 28] = size.to_bytes(4, "little")
    if packed:
        changed[entry + 20 : entry + 24] = size.to_bytes(4, "little")
    return bytes(changed)
