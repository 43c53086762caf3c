"""What a target is, in words: for people who have not decided yet."""

from __future__ import annotations

from perfreg.templating.render import bullet
from perfreg.templating.target import Target

_OCCASIONS = {
    "always": "It needs",
    "git": "With --baseline git",
    "package": "With --baseline package",
    "artifact": "With --baseline artifact",
    "services": "With databases",
    "schedule": "With --schedule",
    "deploy_gate": "With --deploy-gate",
}


def explain(target: Target) -> str:
    """What the file is for, what it needs, and what `--set` knows."""
    parts = [f"{target.name}: {target.summary}", f"Save it as {target.file}."]
    if target.baselines:
        parts.append(f"Baselines can be kept by --baseline {' or '.join(target.baselines)} (default: the first).")
    for occasion, title in _OCCASIONS.items():
        if target.needs.get(occasion):
            parts += ["", f"{title}:", *map(bullet, target.needs[occasion])]
    parts += ["", "Options for --set:"]
    for name, option in target.options.items():
        default = f" (default: {option.default})" if option.default != "" else ""
        parts.append(bullet(f"{name}: {option.meaning}{default}"))
    return "\n".join(parts) + "\n"
