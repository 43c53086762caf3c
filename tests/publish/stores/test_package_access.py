"""The package store: tokens, refusals and failures."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tests.support.gitlab_packages import GitLab, Pipeline
from tests.support.records import add, numbers, record
from tests.support.rest_server import Reply
from tests.support.stores import package_store, push_package

from perfreg.errors import StoreError
from perfreg.publish.stores.package import GitLabPackageStore


@pytest.fixture
def store(lab: GitLab, said: list[str]) -> GitLabPackageStore:
    """The store as a pipeline of the base branch sees it."""
    return package_store(lab, lab.pipeline(), warn=said.append)


def test_tokens_go_to_the_api_only(lab: GitLab, store: GitLabPackageStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    lab.redirects = True
    store.push(add(record(1)), "a run")

    assert numbers(store.pull()) == [1]

    assert {request.headers["job-token"] for request in lab.api.requests} == {store.job_token}
    assert len(lab.storage.requests) == 2
    assert store.job_token not in str(lab.storage.requests) + repr(store) + caplog.text


def test_an_access_token_goes_in_its_own_header(lab: GitLab) -> None:
    store = package_store(lab, Pipeline(id=9, ref="main"), job_token="", private_token=lab.private_token)

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
        package_store(lab, lab.pipeline(), project_id="octo/shop").pull()

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
    push_package(lab, record(1))
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
        package_store(lab, lab.pipeline(), **facts).pull()


def test_a_defect_of_the_edit_is_no_error_of_the_store(lab: GitLab, store: GitLabPackageStore) -> None:
    with pytest.raises(ValueError, match="shards only"):
        store.push(lambda _: {"../x": "{}\n"}, "a run")
    assert lab.packages == []
