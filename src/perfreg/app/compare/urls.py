"""Compare two services that run already: nothing is started, each side has an address of its own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit, urlunsplit

from perfreg.app.compare.comparing import compare
from perfreg.app.compare.request import CompareRequest
from perfreg.app.compare.side import Side, Sides
from perfreg.app.observer import Observer
from perfreg.config.base import ScenarioSpec
from perfreg.config.secrecy import without_secrets
from perfreg.errors import UsageError
from perfreg.measure.scenarios.api import ApiSpec
from perfreg.measure.targets import TargetPolicy
from perfreg.model.comparison import SideName
from perfreg.model.result import Result

NAME = "url"
"""What the scenario is called that asks for the addresses themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a side runs: ``url`` has no user name and no password, ``authorization`` is the header made of them.

    ``label`` is the URL as reports may show it.
    """

    url: str
    label: str
    authorization: str = ""


def address(text: str, *, where: str) -> Address:
    """The address in ``text``. Raises `UsageError`, which does not repeat it, for what is no http(s) URL."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and text.isprintable()
    except ValueError:
        usable = False
    if not usable:
        raise UsageError("is no URL that can be loaded", where=where, hint="write it as http://host:port/path")
    user, at, host = parts.netloc.rpartition("@")
    bare = parts._replace(netloc=host, fragment="")
    name, _, password = user.partition(":")
    token = b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode() if at else ""
    return Address(
        url=urlunsplit(bare),
        label=without_secrets(urlunsplit(bare)),
        authorization=f"Basic {token}" if token else "",
    )


def compare_urls(request: CompareRequest, base: str, head: str, observer: Observer) -> Result:
    """Compare the services at two addresses by the scenarios of kind ``api`` of the request; other kinds are left out.

    Raises `PerfregError` when an address may not be loaded, or no scenario is left.
    """
    places = address(base, where="--base-url"), address(head, where="--head-url")
    if places[0] == places[1]:
        hint = "to learn how noisy a service is, run perfreg noise"
        raise UsageError("--base-url and --head-url are the same", where="--head-url", hint=hint)
    policy = TargetPolicy(allowed=request.config.targets, strict=request.config.environment == "production")
    for place in places:
        policy.check_url(place.url)
    scenarios, note = _loadable(request.scenarios)
    sides = Sides(base=_side("base", places[0], request), head=_side("head", places[1], request))
    asked = replace(request, mode="urls", scenarios=scenarios, warnings=(*request.warnings, *note))
    return compare(asked, sides, observer, acceptance_of=lambda _: "")


def _loadable(scenarios: Sequence[ScenarioSpec]) -> tuple[tuple[ScenarioSpec, ...], tuple[str, ...]]:
    """The scenarios that load an address, and a sentence about those that do not."""
    found = tuple(spec for spec in scenarios if isinstance(spec, ApiSpec))
    others = [spec.name for spec in scenarios if spec not in found]
    if not found:
        hint = "only scenarios of type api can be measured at an address"
        raise UsageError("there is no api scenario to load both addresses with", where="--base-url", hint=hint)
    note = f"left out, because only api scenarios are measured at an address: {', '.join(others)}"
    return found, (note,) if others else ()


def _side(name: SideName, place: Address, request: CompareRequest) -> Side:
    def adapt(spec: ScenarioSpec) -> ScenarioSpec:
        if not isinstance(spec, ApiSpec):
            return spec
        headers = dict(spec.headers)
        if place.authorization and "authorization" not in {key.lower() for key in headers}:
            headers["Authorization"] = place.authorization
        return spec.model_copy(update={"endpoint": _endpoint(spec, place), "headers": headers})

    return Side(
        name=name,
        label=place.label,
        directory=request.directory,
        env=request.env,
        base_url=place.url,
        adapt=adapt,
    )


def _endpoint(spec: ApiSpec, place: Address) -> str:
    """The address itself, or the path of the scenario below it: its own host would be the same on both sides."""
    if spec.name == NAME and spec.endpoint == AD_HOC["endpoint"]:
        return place.url
    parts = urlsplit(spec.endpoint)
    if parts.scheme not in ("http", "https"):
        return spec.endpoint
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))


AD_HOC: Mapping[str, object] = {"name": NAME, "type": "api", "endpoint": "{url}", "concurrent_users": 2}
"""The scenario without a configuration: a GET of the address itself, with little load beside the one that is timed."""
