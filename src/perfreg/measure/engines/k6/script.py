"""What k6 is given to run: one of our scripts, and the values of the scenario as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from perfreg.errors import MeasureError
from perfreg.measure.engines.call import Call, Checks
from perfreg.measure.engines.engine import LoadPlan
from perfreg.measure.engines.k6.fence import forbidden
from perfreg.measure.engines.k6.looking import javascript_path, javascript_pattern
from perfreg.measure.engines.native.message import DEFAULTS
from perfreg.measure.engines.native.script import compile_script
from perfreg.measure.engines.native.target import parse
from perfreg.measure.engines.placeholders import template
from perfreg.measure.engines.profile import Profile, constant
from perfreg.measure.engines.rows import endlessly

_UNIT_S = 1000
"""k6 takes whole numbers of visits in a time: in so long a time a rate may have three decimals."""
_READY_S = 2.0
"""Users that are ready before the load begins: enough for all visits of so long a time."""
_FEW = 10
_PAUSE_AFTER_ERROR_S = 0.05
_LAST_CALL_S = 1.0
"""Beyond the timeout of the last requests, for their users to come to an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The text of a script, and the values it reads: ``values`` of the scenario, and ``rows``, both as JSON."""

    text: str
    values: str
    rows: str


def generate(plan: LoadPlan) -> Script:
    """The script of a plan. Raises `MeasureError` for what k6 cannot send, check, or do."""
    values: dict[str, Any] = {"options": _options(plan)}
    if plan.script:
        return Script(text=_wrapper(Path(plan.script)), values=json.dumps(values), rows="[]")
    script = compile_script(plan.calls, plan.rows, cookies=plan.cookies, seed=plan.seed)  # complains of all there is
    values |= {
        "steps": [_step(call) for call in plan.calls],
        "timeout_ms": round(plan.timeout_s * 1e3),
        "pause_s": 0 if plan.rate else _PAUSE_AFTER_ERROR_S,
        "end_ms": round((plan.warm_up_s + plan.duration_s) * 1e3),
        "forgets": not plan.cookies and len(script.steps) > 1,
        "seed": plan.seed & 0x7FFFFFFF,
    }
    rows = list(islice(endlessly(plan.rows, f"{plan.seed}/0"), len(plan.rows))) if plan.rows else []
    return Script(text=_resource("scenario.js"), values=json.dumps(values), rows=json.dumps(rows))


def load_profile(plan: LoadPlan) -> Profile:
    """Visits a second, or users, over time, the warm-up included: it is as what comes first."""
    profile = plan.rate or plan.stages or constant(plan.users, plan.duration_s)
    return (*(constant(profile[0].first, plan.warm_up_s) if plan.warm_up_s > 0 else ()), *profile)


def _options(plan: LoadPlan) -> dict[str, Any]:
    found: dict[str, Any] = {"scenarios": {"perfreg": _open_loop(plan) if plan.rate else _closed_loop(plan)}}
    if plan.verify is False:
        found["insecureSkipTLSVerify"] = True
    if plan.script:
        found["blacklistIPs"] = forbidden(plan.targets, plan.base_url)
    else:
        found |= {"maxRedirects": 0, "noCookiesReset": plan.cookies and not plan.rate}
    return found


def _open_loop(plan: LoadPlan) -> dict[str, Any]:
    profile = load_profile(plan)
    fastest = max(max(each.first, each.last) for each in profile)
    return {
        "executor": "ramping-arrival-rate",
        "timeUnit": f"{_UNIT_S}s",
        "startRate": _whole(profile[0].first * _UNIT_S),
        "stages": _stages(profile, _UNIT_S),
        "preAllocatedVUs": min(plan.max_connections, math.ceil(fastest * _READY_S) + _FEW),
        "maxVUs": plan.max_connections,
        "gracefulStop": _duration(plan.timeout_s + _LAST_CALL_S),
    }


def _closed_loop(plan: LoadPlan) -> dict[str, Any]:
    profile = load_profile(plan)
    patience = _duration(plan.timeout_s + _LAST_CALL_S)
    return {
        "executor": "ramping-vus",
        "startVUs": _whole(profile[0].first),
        "stages": _stages(profile, 1),
        "gracefulStop": patience,
        "gracefulRampDown": patience,
    }


def _stages(profile: Profile, factor: float) -> list[dict[str, Any]]:
    """The profile as k6 says it: where it leaps there is a stage that lasts no time."""
    found: list[dict[str, Any]] = []
    level = profile[0].first
    for each in profile:
        if each.first != level:
            found.append({"duration": "0s", "target": _whole(each.first * factor)})
        found.append({"duration": _duration(each.duration_s), "target": _whole(each.last * factor)})
        level = each.last
    return found


def _step(call: Call) -> dict[str, Any]:
    target, path, credentials = parse(call.url)
    if target.path:
        hint = "take engine: native"
        raise MeasureError("k6 cannot send requests to a Unix socket", where=call.url, hint=hint)
    given = {name.lower() for name, _ in call.headers}
    headers = [(name, value) for name, value in DEFAULTS if name not in given]
    if credentials and "authorization" not in given:
        headers.append(("authorization", credentials))
    checks = call.checks or Checks()
    return {
        "method": call.method,
        "url": _parts(f"{'https' if target.tls else 'http'}://{target.authority}{path}"),
        "headers": [(name, _parts(value)) for name, value in (*headers, *call.headers)],
        "body": _parts(call.body.decode()) if call.body else None,
        "json": call.json_body,
        "accepts": sorted(call.accepts),
        "looks": bool(checks.body or checks.json or call.extract),
        "checks": {
            "headers": [(name.lower(), *javascript_pattern(pattern)) for name, pattern in checks.headers],
            "body": javascript_pattern(checks.body) if checks.body else None,
            "json": [(javascript_path(path), value) for path, value in checks.json],
        },
        "extract": [(name, javascript_path(path)) for name, path in call.extract],
        "think": call.think_s,
    }


def _parts(text: str) -> Sequence[str]:
    return [part.decode() for part in template(text.encode()).parts]


def _wrapper(path: Path) -> str:
    """A script that runs the one at ``path``: its address, percent-encoded, is the only thing put into code."""
    if not path.is_file():
        raise MeasureError(
            f"there is no script {str(path)!r}", where="script", hint="it is relative to the configuration"
        )
    return _resource("wrapper.js").replace(" SCRIPT;", f" {json.dumps(path.resolve().as_uri())};")


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1e6)}us"


def _whole(number: float) -> int:
    return math.floor(number + 0.5)
