"""What there is to know of a code host before it is asked anything: whether a job is its own, and how to reach it.

All of it is decided from the environment and the address of the repository, without asking anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from perfreg.publish.forges.forge import Forge
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.origin import Origin
from perfreg.publish.forges.patience import Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The API that answers for a repository, and how it calls that repository."""

    api: str
    repository: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a job's code lives, and what the job is about."""

    forge: str
    home: Home
    occasion: Occasion


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeKind:
    """One registered code host.

    ``tokens`` are the variables that may hold a token for it, the first that is set counts; it is taken from the
    environment alone, never from a command line. ``here`` is the site of a job that this host's own CI system runs.
    ``home`` is where the repository behind an address is, or behind that of a pull request's page: None unless the
    address shows that it is one of this kind of host, or ``sure`` says that it is. ``public`` is the API of the
    instance for everybody.
    """

    name: str
    tokens: tuple[str, ...]
    here: Callable[[Mapping[str, str]], Site | None]
    home: Callable[[Origin, bool], Home | None]
    public: str = ""
    open: Callable[[Site, str, Mapping[str, str], Patience], Forge]


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """The code host of this job, and what the job is about."""

    kind: ForgeKind
    site: Site
    env: Mapping[str, str] = field(repr=False)

    @property
    def name(self) -> str:
        """The name of the code host."""
        return self.kind.name

    @property
    def occasion(self) -> Occasion:
        """Why this job runs."""
        return self.site.occasion

    def open(self, patience: Patience) -> Forge:
        """The repository at the code host. Raises `ForgeError` where it cannot be reached at all."""
        token = next((self.env[name] for name in self.kind.tokens if self.env.get(name)), "")
        return self.kind.open(self.site, token, self.env, patience)
