"""The foundation of all configuration models: frozen, strict about unknown keys, and silent about secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from perfreg.config.quantity import Seconds
from perfreg.config.secrecy import is_secret
from perfreg.model.metric import Metric


class Section(BaseModel):
    """A group of keys. Unknown keys are errors; field documentation becomes the published schema."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool) and info.field_name in cls.model_fields:
            annotation = cls.model_fields[info.field_name].annotation
            kinds = {annotation, *get_args(annotation)}
            if kinds & {int, float} and bool not in kinds:
                raise ValueError(f"must be a number, got {str(value).lower()}")
        return value

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, "***" if name and value and is_secret((name,)) else value


def _one_printable_line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("must be one line of printable text without spaces around it")
    return text


Name = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f]+$"}),
    AfterValidator(_one_printable_line),
]
"""A name people read: it stays on its line in every report, and what is read is what is there."""

ResourceMetric = Literal[
    "cpu_usage",
    "memory_usage",
    "memory_usage_mean",
    "disk_io",
    "network_io",
    "context_switches",
    "threads",
    "open_files",
]
"""What the resource sampler can record."""

SamplingInterval = Annotated[Seconds, Field(ge=0.01)]
"""Time between two samples; shorter ones would measure the sampler."""


class Monitor(Section):
    """Resource sampling beside a scenario: of the started service, else of the whole machine, unless told."""

    metrics: tuple[ResourceMetric, ...] = Field(default=("cpu_usage", "memory_usage"), min_length=1)
    """What to record; network_io only of the whole machine."""
    pid: int | None = Field(default=None, gt=0)
    """Watch this process and its children."""
    process: str | None = None
    """Watch the processes with this name and their children."""
    interval: SamplingInterval = 0.1
    """Time between two samples."""

    @model_validator(mode="after")
    def _one_target(self) -> Monitor:
        if self.pid is not None and self.process is not None:
            raise ValueError("watches either a pid or a process, not both")
        return self


class ScenarioSpec(Section):
    """Keys that every scenario has; each kind adds its own in one file of `perfreg.measure.scenarios`.

    A key named in ``inherits`` takes the top-level default when the scenario leaves it out: ``duration`` that of
    ``test_duration``, any other key that of the same name. A key named in ``shell`` goes to a shell, which expands
    ``${VAR}`` itself: the loader leaves it alone, so that no secret is written into an argument list. A kind is
    ``isolated`` when every measurement runs in a process of its own, so that it needs no restarts of anything.
    """

    inherits: ClassVar[frozenset[str]] = frozenset()
    shell: ClassVar[frozenset[str]] = frozenset()
    isolated: ClassVar[bool] = False

    name: Name
    """Unique name; reports and baselines go by it."""
    type: str
    """The scenario's kind."""
    component: str = ""
    """Part of the product that this scenario belongs to; `--component` selects by it."""
    operation: str = ""
    """What the scenario does, for people."""
    tags: tuple[str, ...] = ()
    """Free labels; `--tag` selects by them."""
    monitor: Monitor | None = None
    """Resource sampling while this scenario runs."""
    budget: Seconds | None = None
    """Time that `perfreg compare` may spend on this scenario; without it, it gets its share of `compare.budget`."""

    def block(self, seconds: float, pace: float | None = None) -> ScenarioSpec:  # noqa: ARG002 - for kinds to override
        """This scenario as one block of a paired comparison: the same work, measured for about ``seconds``.

        ``pace`` is how many iterations a second it made when it was tried out, None for that try-out itself, which
        should be as short as can be. A kind that cannot be cut down is measured whole in every block.
        """
        return self

    @property
    def contained(self) -> bool:
        """Whether nothing but perfreg's own processes and a service that it started takes part."""
        return False

    def identity(self) -> dict[str, object]:
        """What is measured, as plain data: the scenario hash is taken from it.

        Leaves out how long to look (more samples of the same thing are the same series), where the target runs
        today, and anything that may be secret. Kinds extend it.
        """
        return {"name": self.name, "type": self.type}

    def files(self) -> tuple[str, ...]:
        """Files beside the configuration whose content says what is measured; it counts for the scenario hash."""
        return ()

    def custom_metrics(self) -> tuple[Metric, ...]:
        """The metrics that this scenario reports and `perfreg.model.metric.CATALOGUE` does not know."""
        return ()
