"""A private repository that reaches the remote of a checkout exactly as the checkout itself would.

Fetching into the user's repository would add objects and references to it, and a fetch with ``--depth`` would even
turn a full clone into a shallow one. So everything happens in an empty bare repository in a temporary directory. What
it needs of the checkout is how to reach the remote: its URLs, credentials, proxies, certificates and ssh command,
wherever git found them (actions/checkout leaves ``http.….extraheader`` in the local configuration or in a file that is
included under a condition). They are handed over in ``GIT_CONFIG_*`` environment variables, because other users of a
machine can read command lines, and files survive a kill.
"""

from __future__ import annotations

import base64
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from perfreg.errors import StoreError
from perfreg.publish.stores.git_process import Git

Setting = tuple[str, str]

_OLDEST_GIT = (2, 31)  # the first that reads GIT_CONFIG_COUNT
_TRANSPORT = re.compile(r"GIT_(SSH|SSL_|PROXY_SSL_|HTTP_|ALLOW_PROTOCOL|EXEC_PATH|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)).*")
"""Variables that say how to reach a remote. All others of git's are dropped: hooks set them to name *their* repository,
index and author."""
_SETTINGS_IN_ENV = re.compile(r"GIT_CONFIG_(COUNT|KEY_\d+|VALUE_\d+|PARAMETERS)")
_REACHING = re.compile(r"(http|credential|url|ssh|protocol)\..+|core\.(sshcommand|gitproxy)")
_REACHING_REMOTE = ("url", "pushurl", "proxy", "proxyauthmethod", "uploadpack", "receivepack", "vcs")
_OURS: tuple[Setting, ...] = (
    ("core.hooksPath", os.devnull),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("push.gpgSign", "false"),
    ("push.followTags", "false"),
    ("push.recurseSubmodules", "no"),
)
"""What a user's configuration may say otherwise, for repositories people work in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where a checkout's data branch lies and who asks: ``directory`` is anywhere in the checkout."""

    directory: Path
    name: str
    env: Mapping[str, str] = field(repr=False)
    token: str = field(repr=False)


@contextmanager
def private_repository(remote: Remote, *, place: str, deadline: float) -> Iterator[Git]:
    """Git in an empty repository of its own, gone when the block ends.

    Raises `StoreError` when there is no git, no checkout, or a remote name that git would take for an option.
    """
    if not remote.name or remote.name.startswith("-"):
        raise StoreError(f"{remote.name!r} is no name of a remote", where=place)
    clean = _environment(remote.env)
    in_env = {name: value for name, value in remote.env.items() if _SETTINGS_IN_ENV.fullmatch(name)}
    checkout = Git(directory=remote.directory, env={**clean, **in_env}, deadline=deadline, place=place)
    _check_version(checkout)
    top = Path(checkout.line("rev-parse", "--show-toplevel"))  # relative URLs start there
    known = _settings(checkout)
    hashing = dict(known).get("extensions.objectformat", "sha1")
    with tempfile.TemporaryDirectory(prefix="perfreg-git-", ignore_cleanup_errors=True) as directory:
        env = {**clean, "GIT_DIR": directory, "GIT_DEFAULT_HASH": hashing}
        bare = replace(checkout, directory=top, env=env)
        bare.run("init", "--quiet", "--bare", "--template=")
        reaching = [*_missing(_reaching(known, remote.name), _settings(bare)), *_OURS]
        git = replace(bare, env={**env, **_as_environment(reaching)})
        if remote.token:
            header = base64.b64encode(f"x-access-token:{remote.token}".encode()).decode()
            reaching.extend(_authorization(_url(git, remote.name), header))
            secrets = (remote.token, header)
            git = replace(bare, env={**env, **_as_environment(reaching)}, secrets=secrets)
        yield git


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in env.items() if not name.startswith("GIT_") or _TRANSPORT.fullmatch(name)}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never", "GCM_INTERACTIVE": "never"}
    return {**kept, **quiet, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "LANGUAGE": ""}


def _check_version(git: Git) -> None:
    text = git.line("version")
    found = re.search(r"(\d+)\.(\d+)", text)
    if found and (int(found[1]), int(found[2])) < _OLDEST_GIT:
        raise StoreError(f"{text} is too old", where=git.place, hint="install git 2.31 or newer")


def _settings(git: Git) -> list[Setting]:
    """Git's whole configuration, in the order in which later settings win."""
    entries = git.run("config", "--list", "-z").decode("utf-8", "surrogateescape").split("\0")
    return [(key, value if equals else "true") for key, equals, value in (e.partition("\n") for e in entries if e)]


def _reaching(settings: Iterable[Setting], remote: str) -> Iterator[Setting]:
    for key, value in settings:
        if _REACHING.fullmatch(key) or key in {f"remote.{remote}.{name}" for name in _REACHING_REMOTE}:
            yield key, value


def _missing(wanted: Iterable[Setting], present: Iterable[Setting]) -> Iterator[Setting]:
    """What is in ``wanted`` and not in ``present``, each as often; the first of equals are the ones present."""
    there = Counter(present)
    for setting in wanted:
        if there[setting] > 0:
            there[setting] -= 1
        else:
            yield setting


def _url(git: Git, remote: str) -> str:
    return git.line("ls-remote", "--get-url", remote)


def _authorization(url: str, header: str) -> Iterator[Setting]:
    """The header for the server of ``url`` alone: it neither goes elsewhere nor is added to another one."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https"):
        server = f"http.{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
        yield f"{server}.extraHeader", ""  # an empty value drops the headers so far, which may hold another token
        yield f"{server}.extraHeader", f"Authorization: basic {header}"
        yield f"{server}.followRedirects", "false"


def _as_environment(settings: Sequence[Setting]) -> dict[str, str]:
    env = {"GIT_CONFIG_COUNT": str(len(settings))}
    for index, (key, value) in enumerate(settings):
        env[f"GIT_CONFIG_KEY_{index}"] = key
        env[f"GIT_CONFIG_VALUE_{index}"] = value
    return env
