"""Keys of the configuration that say what is sent, how much of it, and when."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from perfreg.config.base import Section
from perfreg.config.quantity import Seconds, SecondsOrZero
from perfreg.measure import processors
from perfreg.measure.engines.call import ANY_GOOD_STATUS, Call, Checks
from perfreg.measure.engines.engine import Remote
from perfreg.measure.engines.profile import Profile, Segment, constant

Arrivals = Literal["even", "poisson"]
Workers = Annotated[int, Field(ge=1, le=256)] | Literal["auto"]
_USERS_EACH = 16
"""Fewer users than these keep no second process busy."""
PerSecond = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
"""Requests a second."""


class Ramp(Section):
    """A rate that changes evenly over the duration."""

    start: Annotated[float, Field(ge=0, le=1_000_000)]
    """Requests a second at the start."""
    end: Annotated[float, Field(ge=0, le=1_000_000)]
    """Requests a second at the end."""


class Stage(Section):
    """A part of the duration with a number of users of its own."""

    users: int = Field(ge=0, le=10_000)
    """Users at the end of the stage."""
    duration: Seconds
    """How long the stage lasts."""
    ramp: bool = True
    """Whether their number changes evenly from that of the stage before (0 before the first), or at once."""


class LocustMaster(Section):
    """Workers on other hosts, started there by `perfreg worker`, make the load. This process is their master."""

    expect_workers: int = Field(ge=1, le=1000)
    """How many workers must have come before the load begins."""
    bind_host: str = Field(default="*", pattern=r"^(\*|[A-Za-z0-9._:-]{1,253})$")
    """Address to wait for them at; `*` is every one of this host."""
    bind_port: int = Field(default=5557, ge=1, le=65_535)
    """Port to wait for them at."""
    max_wait: Seconds = 60.0
    """How long to wait for them."""

    def remote(self) -> Remote:
        """The same as engines take it."""
        return Remote(workers=self.expect_workers, host=self.bind_host, port=self.bind_port, wait_s=self.max_wait)


def _some_load(rate: float | Ramp | tuple[float, ...]) -> float | Ramp | tuple[float, ...]:
    if rate == () or (isinstance(rate, Ramp) and rate.start + rate.end <= 0):
        raise ValueError("must have at least one rate above 0")
    return rate


Rate = Annotated[PerSecond | Ramp | tuple[PerSecond, ...], AfterValidator(_some_load)]
"""A constant rate, a ramp, or steps of equal length."""


def worker_count(workers: int | Literal["auto"], clients: int) -> int:
    """How many processes make the load of so many clients: each has one at least."""
    wanted = max(1, int(processors.usable() // 4)) if workers == "auto" else workers
    return max(1, min(wanted, clients if workers != "auto" else clients // _USERS_EACH))


def rate_profile(rate: float | Ramp | tuple[float, ...], duration_s: float, factor: float) -> Profile:
    """The requests a second over ``duration_s``, ``factor`` times what is configured."""
    if isinstance(rate, Ramp):
        return (Segment(duration_s=duration_s, first=rate.start * factor, last=rate.end * factor),)
    steps = rate if isinstance(rate, tuple) else (rate,)
    return tuple(segment for step in steps for segment in constant(step * factor, duration_s / len(steps)))


def stage_profile(stages: tuple[Stage, ...], factor: float) -> Profile:
    """The users over time, ``factor`` times what is configured."""
    found: list[Segment] = []
    before = 0.0
    for stage in stages:
        users = stage.users * factor
        first = before if stage.ramp else users
        found.append(Segment(duration_s=stage.duration, first=first, last=users))
        before = users
    return tuple(found)


def _valid_status(status: int) -> int:
    if not 100 <= status <= 599:
        raise ValueError(f"{status} is not an HTTP status")
    return status


Status = Annotated[int, AfterValidator(_valid_status)]
Method = Annotated[str, Field(pattern=r"^[A-Za-z]{1,20}$")]
Body = str | dict[str, Any] | list[Any]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]


class Think(Section):
    """A pause of random length."""

    min: SecondsOrZero
    """The shortest pause."""
    max: SecondsOrZero
    """The longest pause."""

    @model_validator(mode="after")
    def _in_order(self) -> Think:
        if self.min > self.max:
            raise ValueError("has a min above its max")
        return self


class Check(Section):
    """What an answer must be like; one that is not counts as an error of class `check`."""

    headers: dict[str, str] = {}
    """Regular expressions that the values of headers must match."""
    body: str = ""
    """A regular expression that the body must match somewhere."""
    json_values: dict[str, Any] = Field(default={}, alias="json")
    """JSONPath expressions and the values they must find."""

    def checks(self) -> Checks:
        """The same as engines take it."""
        return Checks(headers=tuple(self.headers.items()), body=self.body, json=tuple(self.json_values.items()))


class Step(Section):
    """One request of several."""

    name: str = Field(default="", pattern=r"^([A-Za-z][A-Za-z0-9_]{0,49})?$")
    """With a name the step has metrics of its own, such as `NAME_response_time_p95`."""
    endpoint: str = Field(min_length=1)
    """Path below `base_url`, or a whole URL of the same server."""
    method: Method = "GET"
    """HTTP method."""
    headers: dict[str, str] = {}
    """Request headers; values are never stored or shown."""
    body: Body | None = None
    """Request body: text as it is, anything else as JSON."""
    expected_status: Status | tuple[Status, ...] | None = None
    """Statuses that are answers; by default every status below 400."""
    check: Check | None = None
    """What the answer must be like beside its status."""
    extract: dict[Variable, str] = {}
    """Values for `{{name}}` in later steps: JSONPath expressions that find them in the answer."""
    think_time: SecondsOrZero | Think = 0.0
    """Pause before the next step."""

    def content(self) -> bytes:
        """The bytes of the request body."""
        if self.body is None:
            return b""
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()

    def request_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers to send; a JSON body says so unless the configuration does."""
        named = {name.lower() for name in self.headers}
        json_body = self.body is not None and not isinstance(self.body, str)
        extra = (("content-type", "application/json"),) if json_body and "content-type" not in named else ()
        return (*self.headers.items(), *extra)

    def call(self, url: str) -> Call:
        """The request to ``url``, as engines take it."""
        think, check = self.think_time, self.check
        return Call(
            url=url,
            method=self.method.upper(),
            headers=self.request_headers(),
            body=self.content(),
            json_body=self.body is not None and not isinstance(self.body, str),
            accepts=_accepted(self.expected_status),
            checks=None if check is None else check.checks(),
            extract=tuple(self.extract.items()),
            think_s=(think.min, think.max) if isinstance(think, Think) else (think, think),
        )

    def identity(self) -> dict[str, object]:
        """What is sent; the host, header values and the body are left out or hashed."""
        parts = urlsplit(self.endpoint)
        rest = {"check": self.check, "extract": self.extract, "think_time": self.think_time, "step": self.name}
        return {
            "endpoint": parts.path + (f"?{parts.query}" if parts.query else ""),
            "method": self.method.upper(),
            "headers": sorted(name.lower() for name in self.headers),
            "body": hashlib.sha256(self.content()).hexdigest() if self.body is not None else "",
            "expected_status": self.expected_status,
            **{key: value for key, value in rest.items() if value},
        }


def _accepted(expected: int | tuple[int, ...] | None) -> frozenset[int]:
    if expected is None:
        return ANY_GOOD_STATUS
    return frozenset((expected,) if isinstance(expected, int) else expected)
