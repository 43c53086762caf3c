"""Keys of the configuration that say how much load there is, and when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from perfreg.config.base import Section
from perfreg.config.quantity import Seconds
from perfreg.measure.engines.profile import Profile, Segment, constant

Arrivals = Literal["even", "poisson"]
PerSecond = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
"""Requests a second."""


class Ramp(Section):
    """A rate that changes evenly over the duration."""

    start: Annotated[float, Field(ge=0, le=1_000_000)]
    """Requests a second at the start."""
    end: Annotated[float, Field(ge=0, le=1_000_000)]
    """Requests a second at the end."""


class Stage(Section):
    """A part of the duration with a number of users of its own."""

    users: int = Field(ge=0, le=10_000)
    """Users at the end of the stage."""
    duration: Seconds
    """How long the stage lasts."""
    ramp: bool = True
    """Whether their number changes evenly from that of the stage before (0 before the first), or at once."""


def _some_load(rate: float | Ramp | tuple[float, ...]) -> float | Ramp | tuple[float, ...]:
    if rate == () or (isinstance(rate, Ramp) and rate.start + rate.end <= 0):
        raise ValueError("must have at least one rate above 0")
    return rate


Rate = Annotated[PerSecond | Ramp | tuple[PerSecond, ...], AfterValidator(_some_load)]
"""A constant rate, a ramp, or steps of equal length."""


def rate_profile(rate: float | Ramp | tuple[float, ...], duration_s: float, factor: float) -> Profile:
    """The requests a second over ``duration_s``, ``factor`` times what is configured."""
    if isinstance(rate, Ramp):
        return (Segment(duration_s=duration_s, first=rate.start * factor, last=rate.end * factor),)
    steps = rate if isinstance(rate, tuple) else (rate,)
    return tuple(segment for step in steps for segment in constant(step * factor, duration_s / len(steps)))


def stage_profile(stages: tuple[Stage, ...], factor: float) -> Profile:
    """The users over time, ``factor`` times what is configured."""
    found: list[Segment] = []
    before = 0.0
    for stage in stages:
        users = stage.users * factor
        first = before if stage.ramp else users
        found.append(Segment(duration_s=stage.duration, first=first, last=users))
        before = users
    return tuple(found)
