"""From a merged tree to a valid configuration, or to a report of everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, final

from pydantic import ValidationError

from perfreg.config.document import KeyPath
from perfreg.config.expand import expand_all
from perfreg.config.models import Config, Limits, Settings
from perfreg.config.scenarios import KEY as SCENARIOS
from perfreg.config.scenarios import Kinds, decode_scenarios, scenario_names
from perfreg.config.thresholds import Budget, load_thresholds, resolve
from perfreg.config.tree import Tree
from perfreg.config.validation import Report, validate
from perfreg.errors import ConfigError, Problem, UsageError
from perfreg.model.metric import CATALOGUE, Metric

_SHELL_KEYS: tuple[KeyPath, ...] = (
    ("service", "build"),
    ("service", "start"),
    ("service", "stop"),
    ("service", "ready", "command"),
)


@final
class Decoding:
    """What a merged tree comes to: a configuration with its budgets, or a report of problems."""

    def __init__(self, tree: Tree, kinds: Kinds, env: Mapping[str, str], directory: Path) -> None:
        self._tree = tree
        self._directory = directory
        self._foreign: tuple[Problem, ...] = ()
        self._expansion = expand_all(tree.data, env, skip=_left_alone(tree, kinds))
        self.report = Report(tree.place, self._expansion.references)
        for path, failure in self._expansion.failures.items():
            self.report.add(path, str(failure), failure.hint)
        self.budgets: tuple[Budget, ...] = ()
        self.metrics: Mapping[str, Metric] = CATALOGUE
        self.config = self._decode(kinds)

    def problems(self) -> tuple[Problem, ...]:
        """Every problem of the tree, and of the thresholds file it refers to."""
        return (*self.report.problems(), *self._foreign)

    def overlay_problems(self) -> tuple[Problem, ...]:
        """The problems of an overlay that is not in use: where it needs variables, they need not be set."""
        unsure = {*self._expansion.failures, *self._expansion.references}
        return self.report.problems(
            lambda path: (
                self._tree.place(path).layer == "overlay" and not any(known[: len(path)] == path for known in unsure)
            )
        )

    def _decode(self, kinds: Kinds) -> Config | None:
        data = dict(self._expansion.data)
        given = data.pop(SCENARIOS, None)
        settings = validate(Settings, data, (), self.report, known=Config)
        sound = settings or _salvaged(data, self.report.found)
        specs = decode_scenarios(given, kinds, sound, self.report)
        custom = {metric.name: metric for spec in specs for metric in spec.custom_metrics()}
        self.metrics = {**custom, **CATALOGUE}
        self.budgets = self._budgets(sound, scenario_names(given))
        if settings is None or self.report.found:
            return None
        keys = {key: getattr(settings, key) for key in Settings.model_fields}
        return Config.model_validate({**keys, SCENARIOS: specs})

    def _budgets(self, settings: Settings, names: Sequence[str]) -> tuple[Budget, ...]:
        """Budgets of `thresholds` and then, because later ones win, of `metrics`."""

        def of(key: str, limits: Mapping[str, Limits]) -> tuple[Budget, ...]:
            def complain(path: KeyPath, message: str, hint: str) -> None:
                self.report.add((key, *path), message, hint)

            return resolve(limits, scenarios=names, metrics=self.metrics, complain=complain)

        if isinstance(settings.thresholds, str):
            general = self._from_file(settings.thresholds, names)
        else:
            general = of("thresholds", settings.thresholds)
        return (*general, *of("metrics", settings.metrics))

    def _from_file(self, name: str, scenarios: Sequence[str]) -> tuple[Budget, ...]:
        try:
            return load_thresholds(self._directory / name, scenarios=scenarios, metrics=self.metrics)
        except ConfigError as error:
            self._foreign = error.problems
        except UsageError as error:
            self.report.add(("thresholds",), str(error))
        return ()


def _salvaged(data: Mapping[str, Any], problems: Iterable[KeyPath]) -> Settings:
    """Settings without the keys that have problems, so that the rest can be checked in the same pass."""
    for depth in (2, 1):
        bad = {path[:depth] for path in problems}
        rest: dict[str, Any] = {}
        for key, value in data.items():
            if (key,) not in bad and isinstance(value, dict):
                rest[key] = {name: part for name, part in value.items() if (key, name) not in bad}
            elif (key,) not in bad:
                rest[key] = value
        with suppress(ValidationError):
            return Settings.model_validate(rest)
    return Settings()


def _left_alone(tree: Tree, kinds: Kinds) -> Callable[[KeyPath], bool]:
    """Tells the values that are not expanded: those a shell expands, and those that no file holds."""
    shell = set(_SHELL_KEYS)
    scenarios = tree.data.get(SCENARIOS)
    for index, item in enumerate(scenarios if isinstance(scenarios, list) else ()):
        kind = item.get("type") if isinstance(item, dict) else None
        if isinstance(kind, str) and kind in kinds:
            shell |= {(SCENARIOS, index, key) for key in kinds[kind].shell}
    return lambda path: path in shell or tree.place(path).layer in ("variable", "flag")
