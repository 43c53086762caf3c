"""The client of REST APIs, seen through the artifact store: its token, refusals, failures and limits."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support.github_api import REPOSITORY, TOKEN, GitHub, zipped
from tests.support.records import numbers, record
from tests.support.rest_server import Reply
from tests.support.stores import artifact_store

from perfreg.errors import StoreError
from perfreg.publish.stores.artifact import ArtifactStore
from perfreg.publish.stores.backoff import Backoff


@pytest.fixture
def store(hub: GitHub, tmp_path: Path, said: list[str]) -> ArtifactStore:
    return artifact_store(hub, tmp_path, warn=said.append)


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
        artifact_store(hub, tmp_path, repository="octo/else").pull()


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
        artifact_store(hub, tmp_path, time_limit_s=1.0, backoff=backoff).pull()
    assert time.monotonic() - began < 5


def test_the_time_limit_holds_when_a_download_drips(hub: GitHub, tmp_path: Path) -> None:
    hub.upload(record(1), run=hub.run())
    hub.storage.faults.append(Reply(body=zipped(record(1)), drip_s=0.1))

    began = time.monotonic()
    with pytest.raises(StoreError, match=r"took longer than 1 s"):
        artifact_store(hub, tmp_path, time_limit_s=1.0).pull()
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
        artifact_store(hub, tmp_path, **facts).pull()
    assert "pass@" not in str(caught.value)


def test_an_unusable_proxy_is_an_error_that_hides_its_password(
    hub: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:hunter2@proxy:1")

    with pytest.raises(StoreError, match="HTTPS_PROXY") as caught:
        artifact_store(hub, tmp_path).pull()

    assert "hunter2" not in str(caught.value)


def test_nobody_answering_is_an_error(hub: GitHub, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"GitHub at 127\.0\.0\.1: GET /x/repos/.* failed: .*, 7 times"):
        artifact_store(hub, tmp_path, api_url="http://127.0.0.1:9/x").pull()
