"""The package store against a GitLab that keeps state.

The shapes of its answers are those that GitLab documents and that its own request tests demand; the note in the schema
file says where they are from. They could not be checked against a running GitLab.
"""

from __future__ import annotations

import gzip
import json
import logging
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from tests.support.gitlab_packages import PROJECT, GitLab, Package, Pipeline, gitlab
from tests.support.records import add, numbers, record
from tests.support.rest_server import Reply
from tests.support.schemas import check_answers

from perfreg.errors import StoreError
from perfreg.publish.stores.backoff import Backoff
from perfreg.publish.stores.package import GitLabPackageStore
from perfreg.publish.stores.package_manifest import ManifestError, unpack
from perfreg.store.exchange import Shards, union


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitLab]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with gitlab() as state:
        yield state
        check_answers("gitlab/packages.schema.json", state.answers)


@pytest.fixture
def said() -> list[str]:
    """What a pull warned of."""
    return []


@pytest.fixture
def store(lab: GitLab, said: list[str]) -> GitLabPackageStore:
    """The store as a pipeline of the base branch sees it."""
    return store_in(lab, lab.pipeline(), warn=said.append)


def store_in(lab: GitLab, pipeline: Pipeline, **facts: Any) -> GitLabPackageStore:
    settings: dict[str, Any] = {
        "api_url": lab.url, "project_id": str(PROJECT), "job_token": pipeline.token, "pipeline_id": str(pipeline.id),
        "branch": "main", "time_limit_s": 20.0, "backoff": Backoff(first_s=0.001, longest_s=0.01),
    }  # fmt: skip
    return GitLabPackageStore(**{**settings, **facts})


def push(lab: GitLab, *records: Shards, ref: str = "main") -> Package:
    """What another pipeline does: a push. Returns the version that it made."""
    assert store_in(lab, lab.pipeline(ref)).push(add(*records), "a run").changed
    return lab.packages[-1]


def test_there_is_no_store_before_the_first_push(store: GitLabPackageStore) -> None:
    assert store.pull() == {}


def test_a_push_is_pulled_again(lab: GitLab, store: GitLabPackageStore) -> None:
    pushed = store.push(add(record(1), record(2)), "two runs")

    (package,) = lab.packages
    assert pushed.changed
    assert pushed.warnings == ()
    assert pushed.location == f"perfreg-baseline {package.version}"
    assert package.version.startswith(f"0.0.{store.pipeline_id}-")
    assert store.pull() == {**record(1), **record(2)}


def test_each_push_makes_a_version_of_its_own_that_includes_the_others(lab: GitLab, store: GitLabPackageStore) -> None:
    store.push(add(record(1)), "a run")
    store.push(add(record(2)), "a run")
    push(lab, record(3))
    lab.api.requests.clear()

    assert numbers(store.pull()) == [1, 2, 3]
    assert len(lab.packages) == 3
    downloads = [request.path for request in lab.api.requests if "/generic/" in request.path]
    assert all(lab.packages[-1].version in path for path in downloads)


def test_a_push_that_changes_nothing_uploads_nothing(lab: GitLab, store: GitLabPackageStore) -> None:
    store.push(add(record(1)), "a run")

    assert not store.push(add(record(1)), "again").changed
    assert len(lab.packages) == 1


def test_the_manifest_is_uploaded_last_and_says_what_for(lab: GitLab, store: GitLabPackageStore) -> None:
    store.push(add(record(1), record(2)), "two runs of 9d1")

    (package,) = lab.packages
    assert list(package.files) == ["2025-11.jsonl.gz", "2026-01.jsonl.gz", "manifest.json"]
    manifest = json.loads(package.files["manifest.json"])
    assert manifest["message"] == "two runs of 9d1"
    assert [entry["name"] for entry in manifest["files"]] == ["2025-11.jsonl", "2026-01.jsonl"]


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_version_that_is_not_whole_does_not_count(lab: GitLab, store: GitLabPackageStore, left: int) -> None:
    push(lab, record(1))
    half = push(lab, record(2))
    half.files = dict(list(half.files.items())[:left])

    assert numbers(store.pull()) == [1]


def test_a_version_counts_from_when_it_is_whole(lab: GitLab, store: GitLabPackageStore) -> None:
    slow = push(lab, record(1))
    manifest = slow.files.pop("manifest.json")
    push(lab, record(2))
    assert numbers(store.pull()) == [2]

    slow.files["manifest.json"] = manifest
    assert numbers(store.pull()) == [1, 2]


def test_pipelines_that_write_at_the_same_time_lose_nothing(lab: GitLab, store: GitLabPackageStore) -> None:
    push(lab, record(1))
    meet = Barrier(6)

    def write(number: int) -> None:
        def edit(before: Shards) -> Shards:
            meet.wait(20)  # all have read before any writes
            return union(before, record(number))

        store_in(lab, lab.pipeline()).push(edit, "a run")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(2, 8)))

    assert numbers(store.pull()) == [1, 2, 3, 4, 5, 6, 7]
    store.push(add(record(8)), "a run")
    lab.packages[:] = [lab.packages[-1]]
    assert numbers(store.pull()) == list(range(1, 9))


def test_what_is_pruned_stays_pruned(lab: GitLab, store: GitLabPackageStore) -> None:
    push(lab, record(1))
    push(lab, record(2))

    store.push(lambda _: record(2), "prune")

    assert numbers(store.pull()) == [2]


def test_all_that_was_written_while_pruning_is_kept(lab: GitLab, store: GitLabPackageStore) -> None:
    push(lab, record(1))

    def prune(_: Shards) -> Shards:
        push(lab, record(3))
        return record(2)

    store.push(prune, "prune")

    assert {2, 3} <= set(numbers(store.pull()))


def test_old_versions_may_be_deleted(lab: GitLab, store: GitLabPackageStore) -> None:
    for number in range(1, 6):
        push(lab, record(number))
    del lab.packages[:4]

    assert numbers(store.pull()) == [1, 2, 3, 4, 5]


def test_the_newest_version_may_be_deleted(lab: GitLab, store: GitLabPackageStore) -> None:
    for number in range(1, 4):
        push(lab, record(number))
    lab.packages.pop()

    assert numbers(store.pull()) == [1, 2]


def test_all_pages_are_read(lab: GitLab, store: GitLabPackageStore) -> None:
    lab.page_size = 2
    for number in range(1, 6):
        package = push(lab, record(number))
        package.files["manifest.json"] = without_includes(package.files["manifest.json"])

    assert numbers(store.pull()) == [1, 2, 3, 4, 5]


def without_includes(manifest: bytes) -> bytes:
    return json.dumps({**json.loads(manifest), "includes": []}).encode()


def test_many_versions_are_warned_of(lab: GitLab, store: GitLabPackageStore) -> None:
    newest = push(lab, record(1))
    document = json.loads(newest.files["manifest.json"])
    document["includes"] = [f"0.0.{number}-0" for number in range(250)]
    newest.files["manifest.json"] = json.dumps(document).encode()
    lab.packages[:0] = [Package(id=number, name=newest.name, version=f"0.0.{number}-0") for number in range(250)]

    pushed = store.push(add(record(2)), "a run")

    assert "delete the older ones" in pushed.warnings[0]
    assert numbers(store.pull()) == [1, 2]


# Roads on which someone else's run could become a baseline.


@pytest.mark.parametrize(
    "ref",
    ["feature", "main2", "v1.0", "refs/merge-requests/7/head", "refs/merge-requests/7/merge", "refs/heads/main"],
)
def test_what_other_pipelines_write_changes_no_baseline(lab: GitLab, store: GitLabPackageStore, ref: str) -> None:
    push(lab, record(1))
    push(lab, record(2), ref=ref)

    assert numbers(store.pull()) == [1]


def test_a_version_that_another_pipeline_wrote_to_later_does_not_count(lab: GitLab, store: GitLabPackageStore) -> None:
    push(lab, record(1))
    changed = push(lab, record(2))
    changed.files["2025-11.jsonl.gz"] = gzip.compress(b"{}")
    changed.pipeline = lab.pipeline("refs/merge-requests/7/head")

    assert numbers(store.pull()) == [1]


def test_a_version_may_not_take_others_away_unless_it_counts(lab: GitLab, store: GitLabPackageStore) -> None:
    push(lab, record(1))
    store_in(lab, lab.pipeline("feature")).push(lambda _: record(2), "take over")

    assert numbers(store.pull()) == [1]


def test_a_fork_has_no_say(lab: GitLab) -> None:
    """Its pipelines run in its own project, where their tokens are at home."""
    stranger = Pipeline(id=9, ref="main")

    with pytest.raises(StoreError, match=r"401 Unauthorized"):
        store_in(lab, stranger).push(add(record(1)), "a run")
    assert lab.packages == []


def test_who_pushes_from_another_branch_is_told(lab: GitLab) -> None:
    pushed = store_in(lab, lab.pipeline("refs/merge-requests/7/head")).push(add(record(1)), "a run")

    assert pushed.warnings == (
        "this pipeline runs for refs/merge-requests/7/head, so what it wrote does not count for main",
    )


@pytest.mark.parametrize(
    "facts", [{"name": "perfreg-baseline-2"}, {"package_type": "maven"}, {"status": "error"}, {"version": "a..b"}]
)
def test_other_packages_are_passed_over(lab: GitLab, store: GitLabPackageStore, facts: dict[str, str]) -> None:
    push(lab, record(1))
    other = push(lab, record(2))
    for name, value in facts.items():
        setattr(other, name, value)

    assert numbers(store.pull()) == [1]


def test_a_package_of_a_similar_name_does_not_speak_for_a_version(lab: GitLab, store: GitLabPackageStore) -> None:
    foreign = push(lab, record(1), ref="feature")
    similar = Package(id=9999, name="perfreg-baseline-arm", version=foreign.version, pipeline=lab.pipeline())
    lab.packages.append(similar)

    assert store.pull() == {}


def test_a_package_uploaded_by_hand_counts(lab: GitLab, store: GitLabPackageStore) -> None:
    by_hand = store_in(lab, lab.pipeline("feature"), private_token=lab.private_token)

    assert by_hand.push(add(record(1)), "a run").warnings == ()
    assert numbers(store.pull()) == [1]


# Versions that are broken.

MANIFESTS: dict[str, bytes] = {
    "no JSON": b"<html>",
    "no object": b"[]",
    "nested": b"[" * 100_000,
    "no files": b'{"format": 1, "includes": []}',
    "files of another type": b'{"format": 1, "includes": [], "files": 5}',
    "a file of another name": b'{"format": 1, "includes": [], "files": [{"name": "../x", "size": 1, "sha256": "0"}]}',
    "a negative size": (
        b'{"format": 1, "includes": [], "files": [{"name": "2025-11.jsonl", "size": -1, "sha256": "%064d"}]}' % 0
    ),
    "a huge size": (
        b'{"format": 1, "includes": [], "files": [{"name": "2025-11.jsonl", "size": 999999999, "sha256": "%064d"}]}' % 0
    ),
    "includes of another type": b'{"format": 1, "includes": [[]], "files": []}',
    "a newer format": b'{"format": 2}',
}


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_version_with_a_broken_manifest_is_passed_over(
    lab: GitLab, store: GitLabPackageStore, said: list[str], manifest: bytes
) -> None:
    push(lab, record(1))
    broken = push(lab, record(2))
    broken.files["manifest.json"] = manifest

    assert numbers(store.pull()) == [1]
    assert [broken.version in warning for warning in said] == [True]
    assert store.push(add(record(3)), "a run").warnings == tuple(said)


CONTENTS = {
    "another text": gzip.compress(b"{}"),
    "another text of the same size": gzip.compress(union(record(1), record(5))["2025-11.jsonl"].encode()),
    "no gzip": b"{}",
    "half": gzip.compress(record(1)["2025-11.jsonl"].encode())[:-20],
    "a bomb": gzip.compress(b"0" * (64 << 20)),
    "too large": b"0" * (2 << 20),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_a_version_with_a_broken_file_is_passed_over(
    lab: GitLab, store: GitLabPackageStore, said: list[str], content: bytes
) -> None:
    push(lab, record(1))
    push(lab, record(3)).files["2025-11.jsonl.gz"] = content

    assert numbers(store.pull()) == [1]
    assert len(said) == 1


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b"0" * (64 << 20))
    tracemalloc.start()
    with pytest.raises(ManifestError):
        unpack(bomb, 1000, "0" * 64)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_versions_that_are_all_broken_are_not_replaced_by_a_new_store(lab: GitLab, store: GitLabPackageStore) -> None:
    push(lab, record(1)).files["manifest.json"] = b"?"

    with pytest.raises(StoreError, match="no version is usable"):
        store.push(add(record(2)), "a run")
    assert len(lab.packages) == 1


# Tokens, refusals and failures.


def test_tokens_go_to_the_api_only(lab: GitLab, store: GitLabPackageStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    lab.redirects = True
    store.push(add(record(1)), "a run")

    assert numbers(store.pull()) == [1]

    assert {request.headers["job-token"] for request in lab.api.requests} == {store.job_token}
    assert len(lab.storage.requests) == 2
    assert store.job_token not in str(lab.storage.requests) + repr(store) + caplog.text


def test_an_access_token_goes_in_its_own_header(lab: GitLab) -> None:
    store = store_in(lab, Pipeline(id=9, ref="main"), job_token="", private_token=lab.private_token)

    store.push(add(record(1)), "a run")

    assert all("job-token" not in request.headers for request in lab.api.requests)
    assert lab.private_token not in repr(store)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_who_is_refused_is_told_what_is_missing(lab: GitLab, store: GitLabPackageStore, status: int) -> None:
    lab.api.faults.append(Reply.json({"message": f"{status} {store.job_token}\n"}, status))

    with pytest.raises(StoreError) as caught:
        store.pull()

    line = str(caught.value)
    assert "package registry must be on" in line
    assert "\n" not in line
    assert store.job_token not in line


def test_a_project_may_be_named_by_its_path(lab: GitLab, store: GitLabPackageStore) -> None:
    with pytest.raises(StoreError, match="404"):
        store_in(lab, lab.pipeline(), project_id="octo/shop").pull()

    assert lab.api.requests[-1].path == "/api/v4/projects/octo%2Fshop/packages"


def test_passing_failures_are_tried_again(lab: GitLab, store: GitLabPackageStore) -> None:
    lab.api.faults.extend([Reply(status=502), Reply(hang_up=True)])
    store.push(add(record(1)), "a run")
    lab.api.faults.extend([Reply(status=429, headers={"Retry-After": "0"}), Reply(status=503)])

    assert numbers(store.pull()) == [1]


def test_an_upload_whose_answer_was_lost_may_be_refused_as_duplicate(lab: GitLab, store: GitLabPackageStore) -> None:
    lab.allows_duplicates = False
    real = lab.api.route

    def lose_the_answer(request: Any) -> Reply:
        reply = real(request)
        if request.method != "PUT":
            return reply
        lab.api.route = real
        return Reply(hang_up=True)

    lab.api.route = lose_the_answer
    store.push(add(record(1)), "a run")

    assert numbers(store.pull()) == [1]


def test_an_upload_that_fails_leaves_the_store_as_it_was(lab: GitLab, store: GitLabPackageStore) -> None:
    push(lab, record(1))
    real = lab.api.route
    lab.api.route = lambda request: (
        Reply.json({"message": "400 Bad request - File is too large"}, 400)
        if request.path.endswith("manifest.json") and request.method == "PUT"
        else real(request)
    )

    with pytest.raises(StoreError, match="File is too large"):
        store.push(add(record(2)), "a run")

    lab.api.route = real
    assert numbers(store.pull()) == [1]


@pytest.mark.parametrize("document", [{"message": "hello"}, "text", None])
def test_an_answer_that_is_no_list_is_an_error(lab: GitLab, store: GitLabPackageStore, document: object) -> None:
    lab.api.faults.append(Reply.json(document))

    with pytest.raises(StoreError, match="check the API's address"):
        store.pull()


def test_entries_of_another_shape_are_passed_over(lab: GitLab, store: GitLabPackageStore) -> None:
    strange = {"name": "perfreg-baseline", "version": "1", "package_type": "generic"}
    entries = [None, 5, {}, {"version": "1"}, {**strange, "pipeline": 5}, {**strange, "pipeline": {"ref": None}}]
    lab.api.faults.append(Reply.json(entries))

    assert store.pull() == {}


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"job_token": ""}, "no token"),
        ({"package": "a/b"}, "no name of a package"),
        ({"pipeline_id": "../1"}, "no number of a pipeline"),
        ({"api_url": ""}, "address is not usable"),
    ],
)
def test_settings_that_cannot_work_are_errors(lab: GitLab, facts: dict[str, str], message: str) -> None:
    with pytest.raises(StoreError, match=message):
        store_in(lab, lab.pipeline(), **facts).pull()


def test_a_defect_of_the_edit_is_no_error_of_the_store(lab: GitLab, store: GitLabPackageStore) -> None:
    with pytest.raises(ValueError, match="shards only"):
        store.push(lambda _: {"../x": "{}\n"}, "a run")
    assert lab.packages == []
