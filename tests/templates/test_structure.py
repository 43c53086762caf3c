"""Hostile values never change what a file is made of: they are one string each, or they are refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.support.templates import shape

from perfreg.cli.template_sources import source, targets
from perfreg.errors import UsageError
from perfreg.templating.backing import Backing, of_image, together
from perfreg.templating.render import render
from perfreg.templating.settings import Leg, Served, Settings

_YAML = [name for name, target in targets().items() if target.file.endswith((".yml", ".yaml"))]
_PIECES = st.sampled_from(
    [
        "\n",
        '"',
        "'",
        ": ",
        "- ",
        " #",
        "${{ x }}",
        "$(id)",
        "$X",
        "]",
        "}",
        "|",
        "&a",
        "*a",
        "!!x",
        "%",
        "`id`",
        "---",
        "é",
        "\t",
    ]
)
_TEXTS = st.lists(_PIECES | st.text("ab 1{[", max_size=3), max_size=5).map("".join)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _documents(text: str) -> list[Any]:
    return list(yaml.load_all(text, _LOADER))


def _settings(target: str, text: str, name: str, variable: str) -> Settings:
    """Settings with ``text`` wherever a user's text may come from, the checked ones included."""
    services = together([of_image("postgres:16"), Backing(image="x/y:1", host="z", env={"A": text})], [])
    options = targets()[target].chosen({})
    return Settings(
        version="1.0.0",
        command=f"perfreg-templates {target} --config {text}",
        config=f"x{text}",
        legs=(Leg(slug="a", scenario=f"x{text}"),),
        branch=f"x{text}",
        image="python:3.13",
        package=f"x{text}",
        services=services,
        baseline=next(iter(targets()[target].baselines), ""),
        served=Served(start=f"x{text}", ready_path=f"/x{text}", env={variable: text}),
        document='{"a": 1}',
        runner=f"x{text}",
        action=f"x{text}",
        deploy_gate=True,
        environments=(name,),
        options=options | {key: f"x{text}" for key, value in options.items() if isinstance(value, str)},
    )


@cache
def _expected(target: str) -> Any:
    return shape(_documents(render(targets()[target], _settings(target, "a", "a", "B"), source)))


@pytest.mark.parametrize("target", _YAML)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=_TEXTS)
def test_a_text_is_one_string_wherever_it_goes(target: str, text: str) -> None:
    try:
        written = render(targets()[target], _settings(target, text, "a", "B"), source)
    except UsageError:
        assume(False)  # Azure cannot write everything
    assert shape(_documents(written)) == _expected(target)


@given(text=_TEXTS)
def test_an_image_is_one_or_is_refused(text: str) -> None:
    try:
        image = of_image(text).image
    except UsageError:
        return
    assert not set(image) & set(" \n\t\"'#{}[]$`&*!|%")


@given(text=_TEXTS, schedule=st.text('*/0123 -,\n"a', max_size=16))
def test_a_schedule_and_an_environment_are_plain_or_refused(text: str, schedule: str) -> None:
    plain = Settings(version="1", command="x")
    for changes in ({"schedule": schedule}, {"environment": text}, {"python": text}):
        try:
            settings_ = replace(plain, **changes)  # type: ignore[arg-type]
        except UsageError:
            continue
        assert not set(settings_.schedule + settings_.environment + settings_.python) & set("\n\"'#{}[]$`&!|%")
