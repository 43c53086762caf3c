"""The base of fakes of code hosts: HTTP servers with state, whose every request and answer keeps to a description.

What goes wrong is decided by the test: `forbid` switches operations off, `fail` breaks the next ones, and the server's
``faults`` break whatever comes next. What breaks the description is kept in ``problems`` for the end of the test.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from perfreg.publish.forges.forge import Forge
from perfreg.publish.forges.patience import Patience
from perfreg.publish.stores.backoff import Backoff
from tests.support.described import Description
from tests.support.rest_server import Reply, Request, Running

HEAD = "8c1f0e7b2d3a4c5e6f708192a3b4c5d6e7f80910"
BASE = "77aa0e7b2d3a4c5e6f708192a3b4c5d6e7f80911"
NUMBER = 42
TOKEN = "glpat-ForTestsOnly"


@dataclass(frozen=True, kw_only=True)
class Operations:
    """What the parts of publishing are called at a host."""

    list_comments: str
    add_comment: str
    edit_comment: str
    delete_comment: str
    pull_request: str
    status: str


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request, the parameters in its path, and its document."""

    path: dict[str, str]
    request: Request
    body: Any


@dataclass(kw_only=True)
class Written:
    """A comment as a host knows it."""

    id: int
    author: str
    body: str


@dataclass
class FakeHost:
    """The state of a fake that all have: one pull request, its comments, and what was shown beside commits."""

    description: ClassVar[Description]
    operations: ClassVar[Operations]
    prefix: ClassVar[str] = ""

    api: Running
    me: str = "perf-bot"
    head: str = HEAD
    is_open: bool = True
    page_size: int = 100
    notes: list[Written] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    standings: list[tuple[str, str, str]] = field(default_factory=list)
    """Where, as what, and the line beside it."""
    asked: list[str] = field(default_factory=list)
    between: list[Callable[[], None]] = field(default_factory=list)
    """What others do after the next comments were listed: races."""
    problems: list[str] = field(default_factory=list)
    _forbidden: dict[str, int] = field(default_factory=dict)
    _broken: defaultdict[str, deque[Reply]] = field(default_factory=lambda: defaultdict(deque))
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(9001))

    @property
    def url(self) -> str:
        """The API's address, as a job knows it."""
        return f"{self.api.url}{self.prefix}"

    def open(self, patience: Patience, token: str) -> Forge:
        """The code under test, pointed at this."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """The variables of a job that is about the pull request."""
        raise NotImplementedError

    def answer(self, name: str, ask: Ask) -> Reply:
        """Answer what has been found to be an operation."""
        raise NotImplementedError

    def refused(self, status: int, message: str) -> Reply:
        """An error as this host words it."""
        return Reply.json({"message": message}, status)

    def is_known(self, request: Request) -> bool:
        """Whether the token is the right one, in the right place."""
        raise NotImplementedError

    def unwrapped(self, document: Any) -> Any:
        """What the description is about, of an answer."""
        return document

    def forge(self, pauses: list[float], *, token: str = TOKEN, seconds: float = 60.0) -> Forge:
        """A client that notes its pauses instead of making them."""
        backoff = Backoff(draw=lambda: 0.5, sleep=pauses.append)
        return self.open(Patience(deadline=time.monotonic() + seconds, backoff=backoff), token)

    def write(self, author: str, body: str) -> Written:
        """Somebody comments."""
        self.notes.append(Written(id=next(self._ids), author=author, body=body))
        return self.notes[-1]

    def bodies(self) -> list[str]:
        """Our comments, oldest first."""
        return [note.body for note in self.notes if note.author == self.me]

    def forbid(self, *operations: str, status: int = 403) -> None:
        """Refuse these operations from now on, as to a token without their permission."""
        self._forbidden.update(dict.fromkeys(operations, status))

    def fail(self, operation: str, *replies: Reply) -> None:
        """Answer the next uses of an operation with these."""
        self._broken[operation].extend(replies)

    def note(self, number: str) -> Written | None:
        """A comment that is there."""
        return next((note for note in self.notes if note.id == int(number)), None)

    def paged(self, request: Request, entries: list[Any], *, size: str = "per_page") -> tuple[list[Any], int]:
        """The entries of the page that is asked for, and the number of the next one or 0."""
        count = min(int(request.query.get(size, "20")), self.page_size)
        page = int(request.query.get("page", "1"))
        return entries[(page - 1) * count : page * count], page + 1 if page * count < len(entries) else 0

    def raced(self, reply: Reply) -> Reply:
        """``reply``, after which the others have their turn."""
        if self.between:
            self.between.pop(0)()
        return reply

    def route(self, request: Request) -> Reply:
        """Answer one request."""
        try:
            return self._route(request)
        except AssertionError as error:
            self.problems.append(str(error))
            return self.refused(400, f"the test fails: {error}")

    def _route(self, request: Request) -> Reply:
        assert request.headers.get("user-agent", "").startswith("perfreg/")
        assert request.path.startswith(self.prefix), f"{request.path} is not below {self.prefix}"
        body = json.loads(request.body) if request.body else None
        name, path = self.description.operation(request.method, request.path.removeprefix(self.prefix))
        self.description.check_request(name, request.query, body)
        self.asked.append(name)
        if self._broken[name]:
            return self._broken[name].popleft()
        if not self.is_known(request):
            reply = self.refused(401, "401 Unauthorized")
        elif name in self._forbidden:
            reply = self.refused(self._forbidden[name], "not allowed")
        else:
            reply = self.answer(name, Ask(path=path, request=request, body=body))
        answered = self.unwrapped(json.loads(reply.body)) if reply.body else None
        self.description.check_answer(name, reply.status, answered)
        return reply
