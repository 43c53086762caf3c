"""Validate data with a model and report everything that is wrong, each thing at its own key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from perfreg.config.document import KeyPath, holds, show_path
from perfreg.config.expand import Reference
from perfreg.config.fields import keys_at
from perfreg.config.secrecy import is_secret
from perfreg.config.sentence import Sentence, sentence
from perfreg.config.suggest import did_you_mean
from perfreg.config.tree import Place
from perfreg.errors import Problem

Model = TypeVar("Model", bound=BaseModel)


_NOT_YET: Mapping[KeyPath, Sentence] = {
    ("alerts",): Sentence(message="alert channels are not available in this version", hint="remove the group"),
}
"""Keys of later versions: accepting one now would promise what nothing keeps."""


class Report:
    """The problems found so far: at most one for each key path, the first."""

    def __init__(self, place: Callable[[KeyPath], Place], references: Mapping[KeyPath, Reference]) -> None:
        self.place = place
        self.references = references
        self.found: dict[KeyPath, tuple[str, str]] = {}

    def add(self, path: KeyPath, message: str, hint: str = "") -> None:
        """Note a problem of the value at ``path``."""
        self.found.setdefault(path, (message, hint))

    def problems(self, chosen: Callable[[KeyPath], bool] = lambda _: True) -> tuple[Problem, ...]:
        """The problems at the ``chosen`` key paths."""
        found: dict[object, Problem] = {}
        for path, (message, hint) in self.found.items():
            if chosen(path):
                place = self.place(path)
                shown = show_path((*place.prefix, *path))
                # A variable that reaches several keys is wrong once.
                identity = path if place.line else place.where
                found.setdefault(identity, Problem(where=place.where, path=shown, message=message, hint=hint))
        return tuple(found.values())

    def filled(self, path: KeyPath) -> list[Reference]:
        """The references to variables in the value at ``path``."""
        return [each for known, each in self.references.items() if known[: len(path)] == path]


def validate(
    model: type[Model], data: object, at: KeyPath, report: Report, *, known: type[BaseModel] | None = None
) -> Model | None:
    """An instance of ``model`` from ``data``, the value at key path ``at``; None when problems were reported.

    Suggestions for unknown keys come from the model ``known``, by default ``model`` itself.
    """
    try:
        return model.model_validate(data)
    except ValidationError as failure:
        _report(failure.errors(include_url=False), known or model, data, at, report)
    return None


def _report(errors: list[Any], model: type[BaseModel], data: object, at: KeyPath, report: Report) -> None:
    located = [(*_locate(error, data), error) for error in errors]
    # Every branch of a union complains. Where one of them got further into the value it is the one that was meant.
    deeper = {fork for path, fork, _ in located if fork is not None and len(path) > len(fork)}
    words: dict[KeyPath, list[Sentence]] = {}
    for path, fork, error in located:
        if fork is None or fork not in deeper or len(path) > len(fork):
            words.setdefault(path, []).append(_describe(error, path, at, model, report))
    for path, said in words.items():
        report.add((*at, *path), *_join(said))


def _locate(error: Mapping[str, Any], data: object) -> tuple[KeyPath, KeyPath | None]:
    """The key path of an error, and the path of the union it went through.

    Pydantic mixes names of union branches into its locations; what is no key of the data is one of them.
    """
    location = tuple(error["loc"])
    extra = location[-1:] if error["type"] == "missing" else ()
    path: KeyPath = ()
    fork: KeyPath | None = None
    value: Any = data
    for part in location[: len(location) - len(extra)]:
        if holds(value, part):
            value, path = value[part], (*path, part)
        elif fork is None:
            fork = path
    return (*path, *extra), fork


def _describe(error: Mapping[str, Any], path: KeyPath, at: KeyPath, model: type[BaseModel], report: Report) -> Sentence:
    if error["type"] == "extra_forbidden":
        later = _NOT_YET.get((*at, *path))
        if later is not None:
            return later
        return Sentence(message="unknown key", hint=did_you_mean(str(path[-1]), keys_at(model, path[:-1])))
    full = (*at, *path)
    return sentence(error, filled=report.filled(full), secret=is_secret(full))


def _join(said: list[Sentence]) -> tuple[str, str]:
    """Several branches' sentences as one: they differ in what the value must be and agree on what it is."""
    messages = list(dict.fromkeys(each.message for each in said))
    hint = next((each.hint for each in said if each.hint), "")
    if len(messages) == 1:
        return messages[0], hint
    wants = [message.rpartition(", got ")[0] or message for message in messages]
    last = messages[-1].removeprefix("must be ")
    return " or ".join([wants[0], *(want.removeprefix("must be ") for want in wants[1:-1]), last]), hint
