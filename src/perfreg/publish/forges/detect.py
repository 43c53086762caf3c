"""Which code host a job is about: decided from variables and addresses alone, without asking anybody.

A job of a code host's own CI system is about that host. Other CI systems know addresses of the repository. What
somebody says outright (``PERFREG_FORGE`` and its like, which the flags of `perfreg publish` set) goes before all that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from perfreg.errors import ForgeError
from perfreg.publish.forges import azure_pipelines, jenkins
from perfreg.publish.forges.kind import ForgeKind, Home, Site
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.origin import Origin, parse
from perfreg.publish.forges.parts import commit, counted
from perfreg.publish.forges.surroundings import Surroundings
from perfreg.report.escape import visible

FORGE = "PERFREG_FORGE"
REPOSITORY = "PERFREG_REPOSITORY"
NUMBER = "PERFREG_PULL_REQUEST"
COMMIT = "PERFREG_COMMIT"
API = "PERFREG_FORGE_URL"

_Kinds = Mapping[str, ForgeKind]
_HINT = "name it: --forge {} --repository OWNER/NAME --pull-request NUMBER"


def needs_clone(env: Mapping[str, str]) -> bool:
    """Whether the environment leaves open what a clone may tell."""
    return jenkins.is_here(env) or any(env.get(name) for name in (FORGE, REPOSITORY, NUMBER))


def detect(env: Mapping[str, str], kinds: _Kinds, around: Surroundings) -> Site:
    """Where this job's code lives, and what the job is about. Raises `ForgeError` where that cannot be known."""
    wanted = _wanted(env, kinds)
    own = next((site for kind in kinds.values() if (site := kind.here(env)) is not None), None)
    if own is not None and wanted in ("", own.forge):
        return _told(own, env)
    origins, occasion = _visited(env, around)
    if own is not None:
        # A pipeline for a repository that is only mirrored here: numbers are those of the other host.
        occasion = replace(own.occasion, number=0)
    found = _housed(origins, [kinds[wanted]] if wanted else kinds.values(), sure=bool(wanted))
    if found is None and wanted and env.get(REPOSITORY) and (env.get(API) or kinds[wanted].public):
        found = wanted, Home(api=kinds[wanted].public, repository=env[REPOSITORY])
    if found is None:
        hint = _HINT.format(wanted or "|".join(kinds))
        raise ForgeError("which code host this job is about cannot be known", where="publish", hint=hint)
    forge, home = found
    return _told(Site(forge=forge, home=home, occasion=replace(occasion, repository=home.repository)), env)


def _wanted(env: Mapping[str, str], kinds: _Kinds) -> str:
    wanted = env.get(FORGE, "").strip().lower()
    if wanted and wanted not in kinds:
        hint = f"one of {', '.join(kinds)}"
        raise ForgeError(f"{visible(wanted)!r} is no code host that is known", where=FORGE, hint=hint)
    return wanted


def _visited(env: Mapping[str, str], around: Surroundings) -> tuple[tuple[Origin, ...], Occasion]:
    """Addresses of the repository, and what the job is about, as CI systems that belong to no code host tell."""
    built = jenkins.visit(env, around)
    if built is not None:
        return built
    elsewhere = azure_pipelines.visit(env)
    if elsewhere is not None:
        origin, occasion = elsewhere
        return (() if origin is None else (origin,)), occasion
    origin = parse(around.origin)
    return (() if origin is None else (origin,)), Occasion(event="", repository="", commit=commit(around.head))


def _housed(origins: Iterable[Origin], kinds: Iterable[ForgeKind], *, sure: bool) -> tuple[str, Home] | None:
    kinds = list(kinds)
    for origin in origins:
        for kind in kinds:
            home = kind.home(origin, sure)
            if home is not None:
                return kind.name, home
    return None


def _told(site: Site, env: Mapping[str, str]) -> Site:
    """``site`` with what somebody says outright in place of what was found."""
    home = Home(api=(env.get(API) or site.home.api).rstrip("/"), repository=env.get(REPOSITORY) or site.home.repository)
    occasion = replace(site.occasion, repository=home.repository)
    if env.get(NUMBER):
        number = counted(env[NUMBER].strip())
        if not number:
            raise ForgeError(f"{visible(env[NUMBER])!r} is no pull request's number", where=NUMBER, hint="such as 42")
        occasion = replace(occasion, number=number, is_main=False)
    if env.get(COMMIT):
        made = commit(env[COMMIT].strip().lower())
        if not made:
            raise ForgeError(f"{visible(env[COMMIT])!r} is no commit", where=COMMIT, hint="all 40 digits of it")
        occasion = replace(occasion, commit=made)
    return replace(site, home=home, occasion=occasion)
