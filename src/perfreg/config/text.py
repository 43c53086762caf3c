"""A configuration or thresholds file, YAML or JSON, to a document with line numbers."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from perfreg.config import json_text, yaml_text
from perfreg.config.document import Document, fail
from perfreg.errors import ConfigError, UsageError

MAX_BYTES = 1 << 20


def read(path: Path) -> Document:
    """Read a file: JSON by its suffix or content, YAML otherwise.

    Raises `UsageError` when there is no such file, `ConfigError` when it cannot be understood as a mapping.
    """
    name = "".join(char if char.isprintable() else "?" for char in str(path))
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UsageError(f"cannot be read: {reason}", where=name) from error
    return parse(raw, name=name, as_json=path.suffix.lower() == ".json")


def parse(raw: bytes, *, name: str, as_json: bool = False) -> Document:
    """The document in ``raw``; ``name`` stands for it in messages."""
    if len(raw) > MAX_BYTES:
        fail(name, f"is larger than {MAX_BYTES // 1024} KiB, which no configuration needs")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        fail(f"{name}:{line}", f"is not UTF-8 text (byte 0x{raw[error.start]:02x})", "save it as UTF-8")
    if not text.strip():
        fail(name, "is empty")
    try:
        return _parse_text(text, name, as_json=as_json)
    except RecursionError:
        fail(name, "is nested too deeply")


def _parse_text(text: str, name: str, *, as_json: bool) -> Document:
    document = Document(name=name)
    if as_json:
        json_text.parse(text, document)
        return document
    if text.lstrip().startswith("{"):
        # Tabs between tokens are legal in JSON, and YAML does not take them.
        with suppress(ConfigError):
            json_text.parse(text, document)
            return document
        document = Document(name=name)
    yaml_text.parse(text, document)
    return document
