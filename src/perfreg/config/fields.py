"""Which keys a model has at a key path: for suggestions, and for variables that name a key."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from perfreg.config.document import KeyPath


def keys_at(model: type[BaseModel], path: KeyPath) -> tuple[str, ...]:
    """The keys that the section at ``path`` below ``model`` knows; none where any key is allowed."""
    annotation = annotation_at(model, path)
    names = (tuple(option.model_fields) for option in _options(annotation) if _is_model(option))
    return next(names, ())


def annotation_at(model: type[BaseModel], path: KeyPath) -> Any:
    """The type of the value at ``path`` below ``model``; None when there is no such key."""
    annotation: Any = model
    for part in path:
        steps = (_step(option, part) for option in _options(annotation))
        annotation = next((found for found in steps if found is not None), None)
    return annotation


def takes_text(annotation: Any) -> bool:
    """Whether one line of text can be the value: text itself, a number, a boolean or a choice."""
    return any(option in (str, int, float, bool) or get_origin(option) is Literal for option in _options(annotation))


def takes_list_of_text(annotation: Any) -> bool:
    """Whether the value is a list of texts."""
    return any(
        get_origin(option) in (tuple, list) and takes_text(get_args(option)[0]) for option in _options(annotation)
    )


def _options(annotation: Any) -> Iterator[Any]:
    """The types that a union or an annotated type is made of."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _options(option)
    else:
        yield annotation


def _step(annotation: Any, part: str | int) -> Any:
    if _is_model(annotation):
        fields = annotation.model_fields
        return fields[part].annotation if part in fields else None
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (dict, Mapping) and isinstance(part, str):
        return arguments[1]
    if origin in (tuple, list) and isinstance(part, int):
        return arguments[0]
    return None


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
