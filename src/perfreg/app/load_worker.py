"""Make load for a master on another host, by the scenarios of this host's own configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from perfreg.config.base import ScenarioSpec
from perfreg.config.models import Config
from perfreg.errors import UsageError
from perfreg.measure.context import Context
from perfreg.measure.engines.locust.serving import serve
from perfreg.measure.scenarios.api import ApiSpec, load_plan
from perfreg.measure.targets import TargetPolicy


def work(
    config: Config,
    scenarios: Sequence[ScenarioSpec],
    *,
    directory: Path,
    env: Mapping[str, str],
    master: tuple[str, int, float],
    tell: Callable[[str], None],
) -> int:
    """Serve the ``master`` (host, port, seconds to wait for it); the number of loads that were made.

    What is loaded is what this host's configuration says and allows: the master only says which scenario it is, and
    with how many users. Raises `PerfregError`.
    """
    mine = [spec for spec in scenarios if isinstance(spec, ApiSpec) and spec.locust is not None]
    if not mine:
        hint = "give one `engine: locust` and `locust: {expect_workers: ...}`"
        raise UsageError("no scenario here is for workers", hint=hint)
    context = Context(
        directory=directory,
        output=directory,
        env=env,
        targets=TargetPolicy(allowed=config.targets, strict=config.environment == "production"),
        base_url=config.base_url or "",
        stress_multiplier=config.stress_multiplier,
    )
    host, port, wait_s = master
    return serve([load_plan(spec, context) for spec in mine], host=host, port=port, wait_s=wait_s, tell=tell)
