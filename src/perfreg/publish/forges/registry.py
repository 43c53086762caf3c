"""The code hosts perfreg can publish to. To add one: a file here that fulfils `Forge`, and its line below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from perfreg.errors import ForgeError
from perfreg.plugins import extended
from perfreg.publish.forges import github_event
from perfreg.publish.forges.forge import Forge
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.patience import Patience

TOKENS = ("PERFREG_TOKEN", "PERFREG_JOB_TOKEN", "GITHUB_TOKEN")
"""Where a token may be; it is taken from the environment alone, never from a command line."""

WRITE_PAUSE_S = 1.0
"""Between two writes; GitHub asks for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeKind:
    """One registered code host: whether this job runs there, what it is about, and how to reach it."""

    name: str
    is_here: Callable[[Mapping[str, str]], bool]
    occasion: Callable[[Mapping[str, str]], Occasion]
    open: Callable[[Mapping[str, str], Patience], Forge]


def _github(env: Mapping[str, str], patience: Patience) -> Forge:
    from perfreg.publish.forges.github import GitHub
    from perfreg.publish.forges.github_api import Access, GitHubApi

    url = env.get("GITHUB_API_URL") or "https://api.github.com"
    access = Access(url=url.rstrip("/"), token=_token(env), pause_s=WRITE_PAUSE_S)
    return GitHub(GitHubApi(access, patience), github_event.occasion(env).repository)


def _token(env: Mapping[str, str]) -> str:
    return next((env[name] for name in TOKENS if env.get(name)), "")


FORGES: dict[str, ForgeKind] = {
    "github": ForgeKind(
        name="github", is_here=github_event.is_here, occasion=github_event.occasion, open=_github
    ),
}  # fmt: skip


def forge_here(env: Mapping[str, str]) -> ForgeKind:
    """The code host that this job runs at. Raises `ForgeError` where none is known."""
    kinds = extended("perfreg.forges", FORGES)
    found = next((kind for kind in kinds.values() if kind.is_here(env)), None)
    if found is None:
        hint = f"perfreg publish works in the jobs of: {', '.join(kinds)}"
        raise ForgeError("this is no job of a code host that is known", where="publish", hint=hint)
    return found
