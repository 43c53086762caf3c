"""The artifact store against a GitHub that keeps state, whose answers have the published shapes."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.github_api import FORK_ID, REPOSITORY, TOKEN, GitHub, github, zipped
from tests.support.records import add, numbers, record
from tests.support.rest_server import Reply
from tests.support.schemas import check_answers

from perfreg.errors import StoreError
from perfreg.publish.stores import upload_directory
from perfreg.publish.stores.artifact import ArtifactStore
from perfreg.publish.stores.backoff import Backoff
from perfreg.store.exchange import Shards


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with github() as state:
        yield state
        check_answers("github/actions-artifacts.schema.json", state.answers)


@pytest.fixture
def said() -> list[str]:
    """What a pull warned of."""
    return []


@pytest.fixture
def store(hub: GitHub, tmp_path: Path, said: list[str]) -> ArtifactStore:
    return make_store(hub, tmp_path, warn=said.append)


def make_store(hub: GitHub, directory: Path, **facts: Any) -> ArtifactStore:
    settings: dict[str, Any] = {
        "api_url": hub.api.url, "repository": REPOSITORY, "token": TOKEN, "branch": "main",
        "output": directory / "upload", "time_limit_s": 20.0, "backoff": Backoff(first_s=0.001, longest_s=0.01),
    }  # fmt: skip
    return ArtifactStore(**{**settings, **facts})


def test_there_is_no_store_before_the_first_artifact(store: ArtifactStore) -> None:
    assert store.pull() == {}


def test_what_the_upload_step_uploads_is_what_the_next_run_pulls(hub: GitHub, store: ArtifactStore) -> None:
    pushed = store.push(add(record(1), record(2)), "two runs")
    assert pushed.changed
    assert pushed.location == str(store.output)
    hub.upload(files_of(store.output), run=hub.run())

    assert store.pull() == {**record(1), **record(2)}


def test_a_push_adds_to_the_newest_artifact(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload({**record(1), **record(2)}, run=hub.run(60))

    store.push(add(record(3)), "a run")

    assert numbers(files_of(store.output)) == [1, 2, 3]


def test_only_the_newest_artifact_is_downloaded_when_runs_do_not_overlap(hub: GitHub, store: ArtifactStore) -> None:
    for number in range(1, 5):
        hub.upload(record(number), run=hub.run(number * 60))

    assert numbers(store.pull()) == [4]
    assert len(hub.storage.requests) == 1


def test_runs_that_overlap_lose_nothing_of_each_other(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run(0), minute=10)
    old, slow, quick = hub.run(100), hub.run(200), hub.run(210)
    hub.upload(record(2), run=old, minute=190)  # ended before the slow one began: in its artifact, if not pruned
    hub.upload(record(3), run=quick, minute=220)
    hub.upload(record(4), run=slow, minute=230)

    assert numbers(store.pull()) == [3, 4]


def test_a_run_that_was_started_again_overlaps_from_its_newest_attempt(hub: GitHub, store: ArtifactStore) -> None:
    again = hub.run(0, attempt_minute=500)
    hub.upload(record(1), run=hub.run(100))
    hub.upload(record(2), run=again, minute=510)

    assert numbers(store.pull()) == [2]


def test_an_artifact_of_an_earlier_attempt_overlaps_from_the_first_one(hub: GitHub, store: ArtifactStore) -> None:
    again = hub.run(0, attempt_minute=500)
    hub.upload(record(1), run=hub.run(100))
    hub.upload(record(2), run=again, minute=120)

    assert numbers(store.pull()) == [1, 2]


def test_nothing_is_left_to_upload_when_the_edit_changes_nothing(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run())
    leave(store.output, record(2))

    pushed = store.push(add(record(1)), "again")

    assert not pushed.changed
    assert not store.output.exists()


def test_nothing_is_left_to_upload_when_the_pull_fails(hub: GitHub, tmp_path: Path) -> None:
    store = make_store(hub, tmp_path, token="ghs_another")
    leave(store.output, record(2))

    with pytest.raises(StoreError, match="401"):
        store.push(add(record(1)), "a run")

    assert list(tmp_path.iterdir()) == []


def test_what_is_pruned_is_not_uploaded(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload({**record(1), **record(2)}, run=hub.run())

    store.push(lambda _: record(2), "prune")

    assert files_of(store.output) == record(2)


@pytest.mark.parametrize("name", ["notes.md", "2025-11.jsonl"])
def test_a_directory_with_other_things_is_not_taken_over(hub: GitHub, store: ArtifactStore, name: str) -> None:
    store.output.mkdir()
    (store.output / name).write_text("mine")

    with pytest.raises(StoreError, match=rf"{name}.*directory that perfreg may have for itself"):
        store.push(add(record(1)), "a run")

    assert (store.output / name).read_text() == "mine"
    assert hub.api.requests == []


def test_a_link_in_place_of_the_directory_is_not_followed(store: ArtifactStore, tmp_path: Path) -> None:
    leave(tmp_path / "elsewhere", record(1))
    for place in (store.output, store.output.with_name(".upload.leaving")):
        place.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreError, match="symbolic link"):
        store.push(add(record(1)), "a run")

    assert files_of(tmp_path / "elsewhere") == record(1)


def test_all_pages_are_read(hub: GitHub, store: ArtifactStore) -> None:
    hub.page_size = 2
    old = hub.run(0)
    for number in range(1, 8):
        hub.upload(record(number), run=old, minute=number)

    assert numbers(store.pull()) == [1, 2, 3, 4, 5, 6, 7]


# Roads on which someone else's run could become a baseline.

ROADS: dict[str, dict[str, Any]] = {
    "pull request of a fork": {"event": "pull_request", "head_repository_id": FORK_ID, "head_branch": "feature"},
    "fork whose branch is called main": {"event": "pull_request", "head_repository_id": FORK_ID},
    "fork that was deleted": {"event": "pull_request", "head_repository_id": None},
    "push of a fork": {"event": "push", "head_repository_id": FORK_ID},
    "pull_request_target of a fork": {"event": "pull_request_target", "head_repository_id": FORK_ID},
    "pull request of a branch": {"event": "pull_request", "head_branch": "feature"},
    "pull request of the base branch": {"event": "pull_request"},
    "pull_request_target": {"event": "pull_request_target"},
    "workflow_run": {"event": "workflow_run"},
    "issue_comment": {"event": "issue_comment"},
    "push to another branch": {"head_branch": "feature"},
    "push to a branch that begins like the base branch": {"head_branch": "main2"},
    "run without a branch": {"head_branch": None},
}


@pytest.mark.parametrize("facts", ROADS.values(), ids=ROADS.keys())
def test_a_run_that_is_not_the_base_branch_s_own_changes_no_baseline(
    hub: GitHub, store: ArtifactStore, facts: dict[str, Any]
) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload(record(2), run=hub.run(60, **facts))

    assert numbers(store.pull()) == [1]


@pytest.mark.parametrize("facts", ROADS.values(), ids=ROADS.keys())
def test_the_run_is_asked_too_whatever_the_list_says(hub: GitHub, store: ArtifactStore, facts: dict[str, Any]) -> None:
    listed = {"head_branch": "main", "head_repository_id": 1001}
    hub.upload(record(2), run=hub.run(60, **facts), listed_run=listed)

    assert store.pull() == {}


def test_artifacts_that_are_listed_as_a_fork_s_or_another_branch_s_cost_no_request(
    hub: GitHub, store: ArtifactStore
) -> None:
    hub.upload(record(1), run=hub.run(head_repository_id=FORK_ID))
    hub.upload(record(2), run=hub.run(head_branch="feature"))

    assert store.pull() == {}
    assert len(hub.api.requests) == 1


@pytest.mark.parametrize(
    "facts",
    [{"name": "perfreg-baseline-2"}, {"expired": True}, {"listed_run": {"repository_id": 77}}],
    ids=["name", "expired", "repository"],
)
def test_other_artifacts_are_passed_over(hub: GitHub, store: ArtifactStore, facts: dict[str, Any]) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload(record(2), run=hub.run(60), **facts)

    assert numbers(store.pull()) == [1]


def test_a_name_is_compared_even_if_the_server_does_not(hub: GitHub, store: ArtifactStore) -> None:
    hub.filters_names = False
    hub.upload(record(1), run=hub.run(0))
    hub.upload(record(2), run=hub.run(60), name="report")

    assert numbers(store.pull()) == [1]


@pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch"])
@pytest.mark.parametrize("conclusion", ["success", "failure", "cancelled", None])
def test_a_run_of_the_base_branch_counts_however_it_ended(
    hub: GitHub, store: ArtifactStore, event: str, conclusion: str | None
) -> None:
    hub.upload(record(1), run=hub.run(event=event, conclusion=conclusion))

    assert numbers(store.pull()) == [1]


# Artifacts that are broken, gone, or hostile.


@pytest.mark.parametrize("status", [404, 410])
def test_the_next_older_artifact_stands_in_for_one_that_is_gone(
    hub: GitHub, store: ArtifactStore, said: list[str], status: int
) -> None:
    hub.upload(record(1), run=hub.run(0))
    gone = hub.upload(record(2), run=hub.run(60), gone=status)

    assert numbers(store.pull()) == [1]
    assert len(said) == 1
    assert f"artifact {gone.id}" in said[0]


def test_a_store_begins_anew_when_all_artifacts_are_gone(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run(0), gone=410)

    assert store.pull() == {}


BROKEN = {
    "no zip": b"<html>",
    "empty": b"",
    "half": zipped(record(1))[:-40],
    "no shards": zipped({"README.md": "hello"}),
    "path": zipped({"../2025-11.jsonl": ""}),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_the_next_older_artifact_stands_in_for_a_broken_one(
    hub: GitHub, store: ArtifactStore, said: list[str], content: bytes
) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload(content, run=hub.run(60))

    assert numbers(store.pull()) == [1]
    assert len(said) == 1
    pushed = store.push(add(record(3)), "a run")
    assert pushed.warnings == tuple(said)


def test_artifacts_that_are_all_broken_are_not_replaced_by_a_new_store(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(b"broken", run=hub.run(0))

    with pytest.raises(StoreError, match=r"no artifact is usable: artifact \d+ of .*broken"):
        store.push(add(record(1)), "a run")

    assert not store.output.exists()


def test_an_artifact_that_does_not_match_its_digest_is_broken(
    hub: GitHub, store: ArtifactStore, said: list[str]
) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload(record(2), run=hub.run(60), digest="sha256:" + "0" * 64)

    assert numbers(store.pull()) == [1]
    assert "digest" in said[0]


def test_an_artifact_without_a_digest_is_read(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run(), digest=None)

    assert numbers(store.pull()) == [1]


def test_an_artifact_that_is_too_large_is_not_downloaded(hub: GitHub, store: ArtifactStore, said: list[str]) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload(record(2), run=hub.run(60), size=200 << 20)

    assert numbers(store.pull()) == [1]
    assert "128 MiB" in said[0]
    assert len(hub.storage.requests) == 1


def test_a_download_that_is_cut_off_is_tried_again(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run())
    hub.storage.faults.append(Reply(body=zipped(record(1)), cut=20))

    assert numbers(store.pull()) == [1]


def test_warnings_of_a_pull_reach_the_log_when_nobody_asked_for_them(
    hub: GitHub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub.upload(record(1), run=hub.run(0), gone=410)

    make_store(hub, tmp_path).pull()

    assert "has been deleted" in caplog.text


# The token, refusals, failures and limits.


def test_the_token_goes_to_the_api_only(hub: GitHub, store: ArtifactStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hub.upload(record(1), run=hub.run())

    assert numbers(store.pull()) == [1]

    assert all(request.headers["authorization"] == f"Bearer {TOKEN}" for request in hub.api.requests)
    assert len(hub.storage.requests) == 1
    assert TOKEN not in str(hub.storage.requests)
    assert TOKEN not in repr(store) + caplog.text


@pytest.mark.parametrize("status", [401, 403, 404])
def test_who_is_refused_is_told_which_permission_is_missing(hub: GitHub, store: ArtifactStore, status: int) -> None:
    hub.api.faults.append(Reply.json({"message": f"no\n::error::{TOKEN}"}, status))

    with pytest.raises(StoreError) as caught:
        store.pull()

    line = str(caught.value)
    assert f"GET /repos/octo/shop/actions/artifacts was answered with {status}" in line
    assert "actions: read" in line
    assert "\n" not in line
    assert TOKEN not in line
    assert len(hub.api.requests) == 1


def test_what_the_storage_refuses_is_told_without_its_signed_address(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run())
    hub.storage.faults.append(Reply(status=403, body=b"the signature sig=s3cret is not valid"))

    with pytest.raises(StoreError, match=r"GET to 127\.0\.0\.1 was answered with 403") as caught:
        store.pull()

    assert "s3cret" not in str(caught.value)


def test_another_repository_is_not_found(hub: GitHub, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"/repos/octo/else/.*404 \(Not Found\).*repository's name"):
        make_store(hub, tmp_path, repository="octo/else").pull()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_passing_failures_are_tried_again(hub: GitHub, store: ArtifactStore, status: int) -> None:
    hub.upload(record(1), run=hub.run())
    hub.api.faults.extend([Reply(status=status), Reply(hang_up=True)])
    hub.storage.faults.append(Reply(status=status))

    assert numbers(store.pull()) == [1]


def test_lasting_failures_are_given_up(hub: GitHub, store: ArtifactStore) -> None:
    hub.api.faults.extend([Reply(status=502)] * 50)

    with pytest.raises(StoreError, match=r"was answered with 502, 7 times"):
        store.pull()


LIMITED = {
    "retry-after": Reply(status=429, headers={"Retry-After": "1"}),
    "secondary": Reply(status=403, headers={"Retry-After": "1"}),
    "unavailable": Reply(status=503, headers={"Retry-After": "1"}),
}


@pytest.mark.parametrize("reply", LIMITED.values(), ids=LIMITED.keys())
def test_a_rate_limit_is_waited_for(hub: GitHub, store: ArtifactStore, reply: Reply) -> None:
    hub.upload(record(1), run=hub.run())
    hub.api.faults.append(reply)

    began = time.monotonic()
    assert numbers(store.pull()) == [1]
    assert time.monotonic() - began >= 1


def test_a_spent_quota_is_waited_for_until_its_reset(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run())
    reset = str(int(time.time()) + 2)
    hub.api.faults.append(Reply(status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}))

    assert numbers(store.pull()) == [1]
    assert time.time() >= int(reset) - 0.01


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=429, headers={"Retry-After": "3000"}),
        Reply(status=403, headers={"X-RateLimit-Remaining": "0"}),
        Reply.json({"message": "You have exceeded a secondary rate limit."}, 403),
    ],
    ids=["told", "untold", "secondary"],
)
def test_a_rate_limit_beyond_the_time_limit_is_an_error(hub: GitHub, store: ArtifactStore, reply: Reply) -> None:
    hub.api.faults.append(reply)

    began = time.monotonic()
    with pytest.raises(StoreError, match=r"rate limit is used up .*try again in (3000|60) s"):
        store.pull()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("body", [b"<html>login</html>", b"[", b"[]", b'{"artifacts": 1}', b"[" * 100_000, b"\xff"])
def test_an_answer_that_is_no_list_is_an_error(hub: GitHub, store: ArtifactStore, body: bytes) -> None:
    hub.api.faults.append(Reply(body=body))

    with pytest.raises(StoreError, match="check the API's address"):
        store.pull()


HOSTILE: list[Any] = [None, 1, {}, {"id": "1"}, {"id": 1, "workflow_run": 5}, {"workflow_run": None, "id": True}]


def test_entries_of_another_shape_are_passed_over(hub: GitHub, store: ArtifactStore) -> None:
    hub.api.faults.append(Reply.json({"total_count": 1, "artifacts": HOSTILE}))

    assert store.pull() == {}


def test_a_next_page_on_another_host_is_not_asked(hub: GitHub, store: ArtifactStore) -> None:
    link = f'<{hub.storage.url}/repos>; rel="next"'
    hub.api.faults.append(Reply.json({"artifacts": []}, link=link))

    with pytest.raises(StoreError, match="next page is on another host"):
        store.pull()

    assert hub.storage.requests == []


@pytest.mark.parametrize(
    "location", ["", "ftp://127.0.0.1/x", "http://[", "http://127.0.0.1:99999999/", "\x01", "file:///etc/passwd"]
)
def test_a_redirect_to_nowhere_is_an_error(hub: GitHub, store: ArtifactStore, location: str) -> None:
    hub.upload(record(1), run=hub.run())
    real = hub.api.route
    hub.api.route = lambda request: (
        Reply(status=302, headers={"Location": location}) if request.path.endswith("/zip") else real(request)
    )

    with pytest.raises(StoreError):
        store.pull()


def test_an_api_behind_a_redirect_keeps_the_token(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run())
    path = f"/repos/{REPOSITORY}/actions/artifacts?name=perfreg-baseline&per_page=5"
    hub.api.faults.append(Reply(status=301, headers={"Location": path}))

    assert numbers(store.pull()) == [1]


def test_the_time_limit_holds_when_the_server_dawdles(hub: GitHub, tmp_path: Path) -> None:
    hub.api.faults.extend([Reply(status=503, headers={"Retry-After": "0"})] * 1000)
    backoff = Backoff(first_s=0.4, longest_s=0.4, draw=lambda: 1.0)

    began = time.monotonic()
    with pytest.raises(StoreError, match=r"gave up after \d attempts"):
        make_store(hub, tmp_path, time_limit_s=1.0, backoff=backoff).pull()
    assert time.monotonic() - began < 5


def test_the_time_limit_holds_when_a_download_drips(hub: GitHub, tmp_path: Path) -> None:
    hub.upload(record(1), run=hub.run())
    hub.storage.faults.append(Reply(body=zipped(record(1)), drip_s=0.1))

    began = time.monotonic()
    with pytest.raises(StoreError, match=r"took longer than 1 s"):
        make_store(hub, tmp_path, time_limit_s=1.0).pull()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"token": ""}, "no token"),
        ({"token": "ghs_x\n"}, "without the line break"),
        ({"token": "ghs_ü"}, "characters that no token has"),
        ({"api_url": "api.github.com"}, "address is not usable"),
        ({"api_url": "https://user:pass@api.github.com"}, "address is not usable"),
        ({"api_url": "https://["}, "address is not usable"),
        ({"api_url": "https://github:99999999"}, "address is not usable"),
        ({"api_url": "https://git hub"}, "address is not usable"),
        ({"repository": "octo"}, "owner/name"),
        ({"repository": "octo/../x"}, "owner/name"),
    ],
)
def test_settings_that_cannot_work_are_errors(hub: GitHub, tmp_path: Path, facts: dict[str, str], message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        make_store(hub, tmp_path, **facts).pull()
    assert "pass@" not in str(caught.value)


def test_an_unusable_proxy_is_an_error_that_hides_its_password(
    hub: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:hunter2@proxy:1")

    with pytest.raises(StoreError, match="HTTPS_PROXY") as caught:
        make_store(hub, tmp_path).pull()

    assert "hunter2" not in str(caught.value)


def test_nobody_answering_is_an_error(hub: GitHub, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"GitHub at 127\.0\.0\.1: GET /x/repos/.* failed: .*, 7 times"):
        make_store(hub, tmp_path, api_url="http://127.0.0.1:9/x").pull()


def files_of(directory: Path) -> Shards:
    """What the upload step would take, which leaves hidden files out."""
    return {path.name: path.read_text() for path in directory.iterdir() if not path.name.startswith(".")}


def leave(directory: Path, shards: Shards) -> None:
    """What a push leaves."""
    upload_directory.fill(directory, shards)
