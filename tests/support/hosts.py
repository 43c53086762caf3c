"""The fakes of code hosts other than GitHub, by name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.support.azure.hub import azure
from tests.support.bitbucket.hub import bitbucket
from tests.support.fake_host import FakeHost
from tests.support.gitlab.hub import gitlab

HOSTS: dict[str, Callable[[], AbstractContextManager[FakeHost]]] = {
    "gitlab": gitlab,
    "azure": azure,
    "bitbucket": bitbucket,
}
