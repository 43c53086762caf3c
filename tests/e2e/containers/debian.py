"""A base image made of this machine: Debian's packages that `apt-get` needs, and the Python that runs the tests.

It stands in for `python:3.x-slim`: no registry of images is asked. apt and dpkg in it are real, know what is installed,
and install from where this machine does; Python lies in /usr/local, as it does in that image. Copying takes seconds,
where debootstrap takes a minute, and the Python takes the very wheels that pip fetches for the one of the tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from tests.support.tools import installed

_DPKG = Path("/var/lib/dpkg")
_WANTED = ("apt", "passwd")
_FIELD = re.compile(r"^([A-Z][\w-]*): (.*)$", re.MULTILINE)
_NAME = re.compile(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]*)")
_LIBRARY = re.compile(r"=> (/\S+) \(0x")
_UNREAD = ("/usr/share/doc/", "/usr/share/info/", "/usr/share/locale/", "/usr/share/man/")
_UNUSED = {"dist-packages", "idlelib", "site-packages", "test", "tkinter", "turtledemo"}

_KEPT = tuple(
    map(Path, ("/etc/apt", "/usr/share/keyrings", "/usr/share/python-wheels", "/etc/ssl/certs/ca-certificates.crt"))
)
"""Where packages come from, on this machine: nothing of it is any package's. And what Debian's own venv installs."""

# The users are those that Debian begins with.
_RECIPE = """\
FROM scratch
ADD files.tar /
COPY status /var/lib/dpkg/status
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
RUN ln -s python{major}.{minor} /usr/local/bin/python \\
    && ln -s python{major}.{minor} /usr/local/bin/python3 \\
    && cp /usr/share/base-passwd/passwd.master /etc/passwd \\
    && cp /usr/share/base-passwd/group.master /etc/group \\
    && mkdir --parents /var/lib/dpkg/triggers
"""

Fields = Mapping[str, str]


def write_base(folder: Path) -> None:
    """Write what the image is built from: a Dockerfile, and the files that it adds."""
    architecture = _printed("dpkg", "--print-architecture").strip()
    known = _packages(architecture)
    chosen = _with_what_they_need(known)
    places = {**_system(chosen, architecture), **_interpreter()}
    with tarfile.open(folder / "files.tar", "w") as archive:
        for place, source in sorted(places.items()):
            archive.add(source, str(place), recursive=False, filter=_of_root)
    status = "".join(f"{known[name]['']}\n\n" for name in sorted(chosen))
    (folder / "status").write_text(status, "utf-8")
    (folder / "Dockerfile").write_text(_RECIPE.format(major=sys.version_info[0], minor=sys.version_info[1]), "utf-8")


def _of_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def _printed(*command: str) -> str:
    # What ldd cannot look into makes it fail, and is none of its libraries.
    return subprocess.run([installed(command[0]), *command[1:]], capture_output=True, text=True, check=False).stdout


def _packages(architecture: str) -> dict[str, Fields]:
    """The installed packages by name: what dpkg notes of each by its field, and all of that as ''."""
    found: dict[str, Fields] = {}
    for stanza in (_DPKG / "status").read_text("utf-8").split("\n\n"):
        fields = dict(_FIELD.findall(stanza))
        if fields.get("Status") == "install ok installed" and fields["Architecture"] in (architecture, "all"):
            found[fields["Package"]] = {**fields, "": stanza.strip("\n")}
    return found


def _with_what_they_need(known: Mapping[str, Fields]) -> set[str]:
    """The names of the wanted packages, of those that no Debian is without, and of all that they depend on."""
    real = {virtual: name for name, each in known.items() for virtual in _NAME.findall(each.get("Provides", ""))}
    real |= {name: name for name in known}
    todo = [*_WANTED, *(name for name, each in known.items() if each.get("Essential") == "yes")]
    chosen: set[str] = set()
    while todo:
        name = todo.pop()
        if name in chosen:
            continue
        chosen.add(name)
        needs = [known[name].get(field, "") for field in ("Pre-Depends", "Depends")]
        alternatives = (_NAME.findall(group) for group in ",".join(needs).split(","))
        todo += [next(real[each] for each in group if each in real) for group in alternatives if group]
    return chosen


def _system(packages: Iterable[str], architecture: str) -> dict[Path, Path]:
    """The files of the packages, and dpkg's notes of them, by their place in the image."""
    names = {suffixed for name in packages for suffixed in (name, f"{name}:{architecture}")}
    notes = [file for file in (_DPKG / "info").iterdir() if file.stem in names or file.name == "format"]
    lists = [file for file in notes if file.suffix == ".list"]
    listed = (line for file in lists for line in file.read_text("utf-8").splitlines())
    paths = (Path(path) for path in listed if path != "/." and not path.startswith(_UNREAD))
    kept = (below for path in _KEPT for below in (path, *path.rglob("*")))
    return {_real(path): path for path in (*paths, *notes, *kept) if _can_be_copied(path)}


def _can_be_copied(path: Path) -> bool:
    return path.is_symlink() or path.is_dir() or os.access(path, os.R_OK)


def _real(path: Path) -> Path:
    """``path`` without links to directories in it, such as /bin; those are files of the image as well."""
    return _directory(path.parent) / path.name


@cache
def _directory(path: Path) -> Path:
    return path.resolve()


def _interpreter() -> dict[Path, Path]:
    """The Python behind this one with its library, and the libraries of the system that they are linked with."""
    library = Path(sysconfig.get_paths()["stdlib"])
    program = Path(sys.executable).resolve()
    found = {Path("/usr/local/bin", library.name): program}
    for file in library.rglob("*"):
        inner = file.relative_to(library)
        unused = _UNUSED.intersection(inner.parts) or inner.parts[0].startswith("config-")
        if not unused and not file.name.startswith("_tkinter") and not file.is_dir():
            found[Path("/usr/local/lib", library.name, inner)] = file
    binaries = [str(file) for file in found.values() if file == program or file.suffix == ".so"]
    for name in _LIBRARY.findall(_printed("ldd", *binaries)):
        path = Path(name)
        # The loader looks into /usr/lib for those that lie beside the interpreter.
        place = _real(path) if name.startswith(("/lib", "/usr/lib")) else Path("/usr/lib", path.name)
        found[place] = path.resolve()
    return found
