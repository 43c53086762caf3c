"""What Compose and Kubernetes read out of a generated file before they start anything.

Neither of them runs in the tests. Their rules about variables, files and order are few and stand here, so that what
they would start can be started without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_COMPOSE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+):-(?P<default>[^{}$]*)\})?")
_KUBERNETES = re.compile(r"\$(?:(?P<dollar>\$)|\((?P<name>[^()]*)\))")


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container to be. ``arguments`` go to the image's own entry point, unless there is a ``command`` in its place.

    By the path they are mounted at, ``files`` are texts and ``volumes`` are names; one without a name begins empty.
    """

    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)


def composed(document: Any, name: str, shell: Mapping[str, str]) -> Container:
    """A service of a Compose file, asked for in a shell that has these variables."""
    service = interpolated(document["services"][name], shell)
    given = {key: shell.get(key) if value is None else value for key, value in service.get("environment", {}).items()}
    files = {each["target"]: document["configs"][each["source"]]["content"] for each in service.get("configs", ())}
    mounted = (each.split(":") for each in service.get("volumes", ()))
    return Container(
        arguments=tuple(service.get("command", ())),
        env={key: value for key, value in given.items() if value is not None},
        files=interpolated(files, shell),
        volumes={**{target: source for source, target in mounted}, **dict.fromkeys(service.get("tmpfs", ()), "")},
    )


def interpolated(value: Any, shell: Mapping[str, str]) -> Any:
    """``value`` with variables of the ``shell``. Every dollar is doubled, or begins a variable that has a default."""

    def filled(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        assert found["name"], f"Compose would refuse {found.string!r}, or fill something in"
        return shell.get(found["name"]) or found["default"]

    if isinstance(value, dict):
        return {key: interpolated(part, shell) for key, part in value.items()}
    if isinstance(value, list):
        return [interpolated(part, shell) for part in value]
    return _COMPOSE.sub(filled, value) if isinstance(value, str) else value


def started(document: Any) -> list[str]:
    """The services of a Compose file as they are started: each after those that it depends on."""
    services: Mapping[str, Any] = document["services"]

    def before(name: str) -> Iterator[str]:
        for each in services[name].get("depends_on", {}):
            yield from before(each)
        yield name

    return list(dict.fromkeys(each for name in services for each in before(name)))


def podded(manifests: Sequence[Any], secret: Mapping[str, str]) -> list[Container]:
    """The containers of the Job among ``manifests``, in the order they run in, where there is this ``secret``."""
    maps = {each["metadata"]["name"]: each["data"] for each in manifests if each["kind"] == "ConfigMap"}
    (job,) = (each for each in manifests if each["kind"] == "Job")
    pod = job["spec"]["template"]["spec"]
    volumes = {each["name"]: each for each in pod["volumes"]}
    return [_contained(each, volumes, maps, secret) for each in (*pod["initContainers"], *pod["containers"])]


def _contained(
    container: Any, volumes: Mapping[str, Any], maps: Mapping[str, Mapping[str, str]], secret: Mapping[str, str]
) -> Container:
    env: dict[str, str] = {}
    for each in container.get("env", ()):
        if "value" in each:
            env[each["name"]] = _expanded(each["value"], env)
            continue
        key = each["valueFrom"]["secretKeyRef"]["key"]
        assert key in secret or each["valueFrom"]["secretKeyRef"]["optional"]
        env |= {each["name"]: secret[key]} if key in secret else {}
    files: dict[str, str] = {}
    mounted: dict[str, str] = {}
    for each in container.get("volumeMounts", ()):
        place, volume = each["mountPath"], volumes[each["name"]]
        if "configMap" in volume:
            files |= {f"{place}/{name}": text for name, text in maps[volume["configMap"]["name"]].items()}
        else:
            mounted[place] = volume.get("persistentVolumeClaim", {}).get("claimName", "")
    return Container(
        command=tuple(_expanded(each, env) for each in container.get("command", ())),
        arguments=tuple(_expanded(each, env) for each in container.get("args", ())),
        env=env,
        files=files,
        volumes=mounted,
    )


def _expanded(text: str, env: Mapping[str, str]) -> str:
    """``text`` with the variables in it that are known; the others stay as they are written."""
    return _KUBERNETES.sub(lambda found: "$" if found["dollar"] else env.get(found["name"], found[0]), text)
