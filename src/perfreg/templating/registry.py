"""The CI systems there are templates for. To add one: a folder in `templates/`, and its line here."""

from __future__ import annotations

FOLDERS: tuple[str, ...] = (
    "github",
    "gitlab",
    "azure",
    "jenkins",
    "compose",
    "kubernetes",
    "dockerfile",
)
"""Each has a `target.yml` that says what can be printed, and the templates of that."""
