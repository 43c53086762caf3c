"""The results of another workflow run: the newest of each leg, and nothing else of what a stranger has uploaded."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from tests.support.github.hub import TOKEN, github
from tests.support.github.run_artifacts import RUN_ID, Artifacts, artifacts
from tests.support.rest_server import Reply

from perfreg.errors import StoreError
from perfreg.publish.foreign_results import Fetched, ForeignRun, fetch
from perfreg.publish.leg_names import leg_of, make, make_report, newest
from perfreg.publish.stores.backoff import Backoff

API = "perfreg-perf-0-1-aaaaaa"
DATABASE = "perfreg-perf-1-1-bbbbbb"


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Artifacts]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with github() as hub, artifacts(hub) as known:
        yield known


def got(there: Artifacts, directory: Path, **facts: Any) -> Fetched:
    run = ForeignRun(
        url=there.shelf.api.url,
        repository="octo/shop",
        id=RUN_ID,
        backoff=Backoff(first_s=0.001, longest_s=0.01),
        **{"token": TOKEN, **facts},
    )
    return fetch(run, directory)


def files(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): path.read_text("utf-8") for path in directory.rglob("*") if path.is_file()
    }


def test_the_newest_result_of_each_leg_of_that_run_is_written(there: Artifacts, tmp_path: Path) -> None:
    there.page_size = 2
    there.upload("perfreg-perf-0-1-aaaaaa", {"result.json": "old"})
    there.upload("perfreg-perf-0-2-bbbbbb", {"result.json": "new", "report.html": "x", "a.css": "x"})
    there.upload("perfreg-perf-1-1-cccccc", {"out/deep/result.json": "other", "report.html": "x"})
    there.upload("perfreg-baseline", {"result.json": "x"})
    there.upload("../perfreg-perf-7-1-aaaaaa", {"result.json": "x"})
    there.upload("perfreg-perf-9-1-dddddd", {"result.json": "x"}, run=778)
    assert got(there, tmp_path) == Fetched(results=2)
    assert files(tmp_path) == {
        "perfreg-perf-0-2-bbbbbb/result.json": "new",
        "perfreg-perf-1-1-cccccc/result.json": "other",
    }
    assert len(there.asked) == 3


def test_an_attempt_that_began_later_is_another_event_s_business(there: Artifacts, tmp_path: Path) -> None:
    there.upload("perfreg-perf-0-1-aaaaaa", {"result.json": "first"})
    there.upload("perfreg-perf-0-2-bbbbbb", {"result.json": "second"})
    got(there, tmp_path, attempt=1)
    assert list(files(tmp_path).values()) == ["first"]


def test_what_has_expired_or_is_gone_is_told(there: Artifacts, tmp_path: Path) -> None:
    there.upload(API, {"result.json": "x"}, expired=True)
    there.upload(DATABASE, {"result.json": "x"}, gone=410)
    assert got(there, tmp_path) == Fetched(results=0, expired=("perf-0", "perf-1"))
    assert files(tmp_path) == {}


def test_a_run_may_have_left_nothing(there: Artifacts, tmp_path: Path) -> None:
    assert got(there, tmp_path) == Fetched(results=0)


def archive(*members: tuple[str, str], mode: int = 0o644) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in members:
            info = zipfile.ZipInfo("x")
            info.filename, info.external_attr, info.compress_type = name, mode << 16, zipfile.ZIP_DEFLATED
            target.writestr(info, text)
    return stream.getvalue()


HOSTILE: dict[str, tuple[bytes, dict[str, Any]]] = {
    "no archive": (b"result.json", {}),
    "empty": (b"", {}),
    "cut off": (archive(("result.json", "x"))[:-9], {}),
    "no result": (archive(("results.json", "x")), {}),
    "an empty result": (archive(("result.json", "")), {}),
    "two results": (archive(("a/result.json", "x"), ("b/result.json", "y")), {}),
    "a way out": (archive(("../../result.json", "x")), {}),
    "a way out of Windows": (archive(("..\\result.json", "x")), {}),
    "the root": (archive(("/etc/result.json", "x")), {}),
    "a link": (archive(("result.json", "/etc/hostname"), mode=stat.S_IFLNK | 0o777), {}),
    "a bomb": (archive(("result.json", " " * (65 << 20))), {}),
    "a large neighbour": (archive(("result.json", "x"), ("bomb", "0" * (80 << 20))), {}),
    "a digest of something else": (archive(("result.json", "x")), {"digest": f"sha256:{'0' * 64}"}),
    "more than is downloaded": (archive(("result.json", "x")), {"size": 65 << 20}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_told_and_leaves_nothing(there: Artifacts, tmp_path: Path, name: str) -> None:
    content, facts = HOSTILE[name]
    there.upload(API, content, **facts)
    there.upload(DATABASE, {"result.json": "sound"})
    found = got(there, tmp_path / "in")
    assert (found.results, found.expired) == (1, ())
    assert len(found.problems) == 1
    assert found.problems[0].startswith("the result of perf-0 cannot be used: ")
    assert files(tmp_path) == {f"in/{DATABASE}/result.json": "sound"}


def test_without_the_right_to_read_it_says_which(there: Artifacts, tmp_path: Path) -> None:
    there.status = 403
    with pytest.raises(StoreError, match=r"403.*actions: read"):
        got(there, tmp_path)


def test_a_list_that_is_none_is_an_error(there: Artifacts, tmp_path: Path) -> None:
    there.shelf.api.faults.append(Reply.json({"artifacts": "none"}))
    with pytest.raises(StoreError, match="is not one"):
        got(there, tmp_path)


@pytest.mark.parametrize("entry", [7, {}, {"id": "x", "name": API, "size_in_bytes": 1}, {"id": 1, "name": 2}])
def test_entries_of_another_shape_are_passed_over(there: Artifacts, tmp_path: Path, entry: Any) -> None:
    there.shelf.api.faults.append(Reply.json({"artifacts": [entry]}))
    assert got(there, tmp_path) == Fetched(results=0)


def test_the_host_is_asked_again_when_it_stumbles(there: Artifacts, tmp_path: Path) -> None:
    there.upload(API, {"result.json": "x"})
    there.shelf.api.faults.extend((Reply(status=502), Reply(hang_up=True), Reply(status=503)))
    assert got(there, tmp_path).results == 1


def test_names_tell_leg_and_attempt() -> None:
    assert leg_of(make("my-job", "3", "2", "0a1b2c")) == "my-job-3"
    assert leg_of(make("", "", "", "0a1b2c")) == "job-0"
    names = ["perfreg-my-job-0-9-aaaaaa", "perfreg-my-job-0-10-bbbbbb", "other", "perfreg-my-job-0-10-cccccc"]
    assert newest(names) == names[1:]
    report = make_report("report", "2", "0a1b2c")
    assert (leg_of(report), newest([report]), newest([report, names[0]])) == ("", [report], names[:1])
    assert not fnmatch(report, "perfreg-*-*-*"), "the download step takes no report for a leg"
    for odd in ("perfreg-a/../b-0-1-aaaaaa", "perfreg-a-0-1-aaaaaa\n", "perfreg-é-0-1-aaaaaa", "perfreg-a-0-1-AAAAAA"):
        assert leg_of(odd) == ""
