"""The places a store can be kept in. To add one: a file here, a name in the configuration, and its line below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from perfreg.config.models import Config
from perfreg.errors import StoreError
from perfreg.measure import source as sources
from perfreg.publish.stores.backend import Backend

Factory = Callable[[Config, Path, Mapping[str, str]], Backend]
"""Makes a backend for a configuration, the directory its paths start at, and the environment."""


def open_backend(config: Config, directory: Path, env: Mapping[str, str]) -> Backend | None:
    """The place where the configuration keeps its store; None when it is kept on this machine alone.

    Raises `StoreError` when the environment lacks what the place needs.
    """
    kind = config.baseline.store or ("directory" if _path(config) else "local")
    return BACKENDS[kind](config, directory, env) if kind != "local" else None


def _path(config: Config) -> str | None:
    return config.baseline.path or config.baseline_storage


def _directory(config: Config, directory: Path, env: Mapping[str, str]) -> Backend:
    from perfreg.publish.stores.directory import DirectoryStore

    del env
    return DirectoryStore(directory / (_path(config) or "perfreg-baseline"))


def _git(config: Config, directory: Path, env: Mapping[str, str]) -> Backend:
    from perfreg.publish.stores.git_branch import GitBranch

    place = config.baseline
    name, _, address = place.committer.rpartition(" ")
    return GitBranch(
        directory=directory,
        env=env,
        branch=place.branch,
        remote=place.remote,
        token=_token(env, "PERFREG_TOKEN"),
        squash=place.squash,
        committer_name=name,
        committer_email=address.strip("<>"),
    )


def _artifact(config: Config, directory: Path, env: Mapping[str, str]) -> Backend:
    from perfreg.publish.stores.artifact import ArtifactStore

    return ArtifactStore(
        api_url=env.get("GITHUB_API_URL", "https://api.github.com"),
        repository=_needed(env, "GITHUB_REPOSITORY", "the artifact store works in GitHub Actions"),
        token=_token(env, "PERFREG_TOKEN", "PERFREG_JOB_TOKEN", "GITHUB_TOKEN"),
        branch=_base_branch(config, directory, env),
        name=config.baseline.name,
        output=directory / (config.baseline.path or "perfreg-baseline"),
    )


def _package(config: Config, directory: Path, env: Mapping[str, str]) -> Backend:
    from perfreg.publish.stores.package import GitLabPackageStore

    hint = "the package store works in GitLab CI"
    return GitLabPackageStore(
        api_url=_needed(env, "CI_API_V4_URL", hint),
        project_id=_needed(env, "CI_PROJECT_ID", hint),
        job_token=env.get("CI_JOB_TOKEN", ""),
        private_token=_token(env, "PERFREG_TOKEN"),
        pipeline_id=_needed(env, "CI_PIPELINE_ID", hint),
        branch=_base_branch(config, directory, env),
        package=config.baseline.name,
    )


def _base_branch(config: Config, directory: Path, env: Mapping[str, str]) -> str:
    """The branch whose runs are trusted: what other branches have stored is nobody's baseline."""
    found = config.baseline.base_branch or sources.detect(directory, env).base_branch
    if not found:
        raise StoreError("the base branch is not known", where="baseline.base_branch", hint="set it to main, say")
    return found


def _token(env: Mapping[str, str], *names: str) -> str:
    return next((env[name] for name in names if env.get(name)), "")


def _needed(env: Mapping[str, str], name: str, hint: str) -> str:
    if not env.get(name):
        raise StoreError(f"{name} is not set", where="baseline.store", hint=hint)
    return env[name]


BACKENDS: dict[str, Factory] = {
    "directory": _directory,
    "git": _git,
    "artifact": _artifact,
    "package": _package,
}
