"""Submodules of a work tree, from what the checkout already has of them.

`git submodule update` would write into the configuration that all work trees share, and would clone anew, where the
checkout's credentials for a submodule are not found. So each submodule becomes a small repository of its own that
borrows the objects of the checkout's; what is missing is fetched there, with its configuration. It lies wholly within
the work tree, and goes with it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from perfreg.errors import RevisionError
from perfreg.measure.revisions.fetching import NETWORK_S, remote_of
from perfreg.measure.revisions.git import Git, GitError
from perfreg.measure.revisions.repository import Repository
from perfreg.measure.revisions.revision import Report
from perfreg.measure.service_log import clean

_DEEPEST = 10
_LINK = "160000"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Super:
    """A tree that submodules are put into.

    ``checkout`` is the same tree as the user has it, if he has it. ``stores`` are directories with repositories of its
    submodules by name, ``url`` is where it came from itself.
    """

    git: Git
    checkout: Path | None
    stores: tuple[Path, ...]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Submodule:
    """A submodule as a tree declares it, at ``commit``."""

    name: str
    path: str
    url: str
    commit: str


def populate(around: Repository, tree: Path, report: Report) -> None:
    """Check out the submodules of ``tree``, and theirs, as far as the user's checkout has them too.

    One that it has left out is left out here as well; one that it does not know is fetched.
    """
    url = ""
    with suppress(RevisionError):  # a repository without a remote
        url = around.git.query("config", f"remote.{remote_of(around, '', {}, report).name}.url")
    stores = (around.own / "modules", around.common / "modules")
    _populate(
        _Super(git=around.git.at(tree), checkout=around.top, stores=stores, url=url or str(around.top)), report, 1
    )


def _populate(parent: _Super, report: Report, depth: int) -> None:
    for submodule in _declared(parent.git):
        if depth > _DEEPEST:
            raise RevisionError("submodules lie too deep in one another", where=_shown(submodule))
        checkout = parent.checkout / submodule.path if parent.checkout else None
        has_checkout = checkout is not None and (checkout / ".git").exists()
        if parent.checkout and not has_checkout and submodule.path in _links(parent.git.at(parent.checkout)):
            continue  # left out on purpose
        report(f"checking out submodule {_shown(submodule)}")
        try:
            source = _source(parent, submodule, checkout if has_checkout else None)
            child = _made(parent, submodule, source, report)
        except (OSError, RevisionError) as error:
            hint = "fetch it into the checkout beforehand: git submodule update --init --recursive"
            raise RevisionError(str(error), where=f"submodule {_shown(submodule)}", hint=hint) from error
        _populate(replace(child, checkout=checkout if has_checkout else None), report, depth + 1)


def _declared(git: Git) -> Iterator[_Submodule]:
    keys: dict[str, dict[str, str]] = {}
    listed = git.query("config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.(path|url)$")
    for entry in listed.split("\0"):
        key, _, value = entry.partition("\n")
        name, _, last = key.removeprefix("submodule.").rpartition(".")
        if name and ".." not in PurePosixPath(name.replace("\\", "/")).parts:  # names become directories
            keys.setdefault(name, {})[last] = value
    links = _links(git) if keys else {}
    for name, values in keys.items():
        path, url = values.get("path", ""), values.get("url", "")
        if path in links and url:
            yield _Submodule(name=name, path=path, url=url, commit=links[path])


def _links(git: Git) -> dict[str, str]:
    """Paths that hold submodules, and their commits."""
    entries = (entry.partition("\t") for entry in git.query("ls-files", "--stage", "-z").split("\0"))
    return {path: facts.split()[1] for facts, _, path in entries if facts.startswith(_LINK)}


def _source(parent: _Super, submodule: _Submodule, checkout: Path | None) -> Repository | None:
    """The repository that the user has of the submodule."""
    found = checkout and parent.git.at(checkout).query("rev-parse", "--absolute-git-dir")
    places = [Path(found)] if found else []
    places += [store / submodule.name for store in parent.stores]
    own = next((place for place in places if (place / "HEAD").is_file()), None)
    if own is None:
        return None
    # Told where it is, git does not look for the work tree, which need not be there.
    env = {**parent.git.env, "GIT_DIR": str(own), "GIT_WORK_TREE": str(own)}
    git = Git(directory=own, env=env)
    common = own / git.run("rev-parse", "--git-common-dir")
    return Repository(git=git, top=own, common=common.resolve(), own=own, prefix=Path())


def _made(parent: _Super, submodule: _Submodule, source: Repository | None, report: Report) -> _Super:
    """The submodule, checked out."""
    git = parent.git.at(parent.git.directory / submodule.path)
    if git.directory.resolve() != parent.git.directory.resolve() / submodule.path:
        raise RevisionError("its path leads through a link")
    git.directory.mkdir(parents=True, exist_ok=True)
    hashing = ("--object-format=sha256",) if len(submodule.commit) == 64 else ()
    git.run("init", "--quiet", "--template=", *hashing)
    url = _absolute(parent.url, submodule.url)
    if source is not None:
        url = source.git.query("config", "remote.origin.url") or url
        _borrow(git, source, submodule.commit, report)
    git.run("config", "remote.origin.url", url)
    if not git.says("cat-file", "-e", f"{submodule.commit}^{{commit}}"):
        _fetch(git, submodule.commit, trusted=_is_local(parent.url))
    git.run("checkout", "--quiet", "--detach", "--force", submodule.commit, seconds=NETWORK_S)
    stores = (source.common / "modules",) if source else ()
    return _Super(git=git, checkout=None, stores=stores, url=url)


def _borrow(git: Git, source: Repository, commit: str, report: Report) -> None:
    """Let the repository read the objects of ``source``, which fetches ``commit`` first if it lacks it."""
    if not source.commit(commit):
        with suppress(RevisionError):
            remote = remote_of(source, "", {}, report)
            try:
                remote.fetch(commit)
            except GitError:  # not every server gives what it does not advertise
                remote.search(lambda: bool(source.commit(commit)))
    own = git.directory / ".git"
    alternates = own / "objects" / "info" / "alternates"
    alternates.parent.mkdir(parents=True, exist_ok=True)
    alternates.write_text(f"{source.common / 'objects'}\n", encoding="utf-8")
    if (source.common / "shallow").is_file():
        shutil.copyfile(source.common / "shallow", own / "shallow")


def _fetch(git: Git, commit: str, *, trusted: bool) -> None:
    """Fetch ``commit``. A repository of this machine may be read if the one that names it is of this machine too."""
    git = git if trusted else replace(git, env={**git.env, "GIT_PROTOCOL_FROM_USER": "0"})
    quietly = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
    try:
        git.run(*quietly, "--depth=1", "origin", commit, seconds=NETWORK_S)
    except GitError:  # not every server gives what it does not advertise
        git.run(*quietly, "origin", "+refs/heads/*:refs/remotes/origin/*", seconds=NETWORK_S)


def _absolute(parent: str, url: str) -> str:
    """``url``, which may be relative to the repository that names it, as git reads it."""
    base, between = parent.rstrip("/"), "/"
    relative = url.startswith(("./", "../"))
    while url.startswith(("./", "../")):
        if url.startswith("../"):
            cut = max(base.rfind("/"), base.rfind(":"), 0)
            base, between = base[:cut], base[cut : cut + 1] or "/"
        url = url.partition("/")[2]
    return f"{base}{between}{url}" if relative else url


def _is_local(url: str) -> bool:
    return url.startswith("file:") or ("://" not in url and Path(url).is_absolute())


def _shown(submodule: _Submodule) -> str:
    return repr(clean(submodule.name)[:80])
