"""The main job on a bundled service: a baseline, a real slowdown in its code, and the regression found."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from perfreg.app.observer import Observer
from perfreg.app.run import RunRequest, execute, store_path
from perfreg.config.load import load
from perfreg.measure.registry import scenario_specs
from perfreg.model.result import Result
from perfreg.store.sqlite import SqliteStore

BASELINE_RUNS = 3

CONFIGURATION = """\
# What `perfreg demo` measured. Try it again in this directory: perfreg run
service:
  start: {command}
  ready: {{url: "http://127.0.0.1:{{port}}/health", timeout: 30}}
test_duration: 2
concurrent_users: 1
confirm_regressions: 2      # only what is slower three times over counts
regression_threshold: 200   # generous: this may be a busy laptop, and what comes is ten times as slow
test_scenarios:
  - {{name: search, type: api, endpoint: "/search?category=3", warm_up: 0.5}}
  - {{name: product, type: api, endpoint: "/product?id=5", warm_up: 0.5}}
"""

# The classic way to make a list slow: one query for all becomes several for each.
SLOW_SEARCH = '''\
def search(database: sqlite3.Connection, category: int) -> list[Row]:
    """The products of a category with their mean rating, best first, with three queries for each product."""
    found = []
    for (identifier,) in database.execute("SELECT id FROM products WHERE category = ?", (category,)).fetchall():
        (row,) = product(database, identifier)
        (total,) = database.execute("SELECT SUM(stars) FROM reviews WHERE product = ?", (identifier,)).fetchone()
        (count,) = database.execute("SELECT COUNT(*) FROM reviews WHERE product = ?", (identifier,)).fetchone()
        found.append((*row, total / count))
    return sorted(found, key=lambda row: (-row[-1], row[0]))


'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A finished demonstration: ``result`` is the run after the change.

    A baseline run during which the machine hiccups regresses and is not trusted, which is as it should be.
    """

    result: Result

    @property
    def found(self) -> bool:
        """Whether the slowdown was found where it is, and nowhere else."""
        regressed = {verdict.scenario for verdict in self.result.with_status("regression")}
        return regressed == {"search"}


def demonstrate(directory: Path, env: Mapping[str, str], observer: Observer) -> Demo:
    """Run the demonstration in ``directory``, which keeps the service, its configuration and the store."""
    source = resources.files("perfreg.sample").joinpath("shop.py").read_text(encoding="utf-8")
    shop = directory / "shop.py"
    shop.write_text(source, encoding="utf-8")
    configuration = directory / "perfreg.yml"
    configuration.write_text(CONFIGURATION.format(command=_start_command()), encoding="utf-8")
    loaded = load(configuration, kinds=scenario_specs(), env=env)

    def run(*, establish: bool) -> Result:
        request = RunRequest(
            config=loaded.config,
            config_hash=loaded.digest,
            store=SqliteStore(store_path(loaded.config, directory)),
            scenarios=loaded.config.test_scenarios,
            budgets=(),
            directory=directory,
            output=directory / loaded.config.report.directory,
            env=env,
            establish=establish,
        )
        return execute(request, observer)

    for number in range(1, BASELINE_RUNS + 1):
        observer.stage(f"baseline run {number} of {BASELINE_RUNS}")
        run(establish=True)
    observer.stage("changing search(): one query for all products becomes three for each")
    shop.write_text(slowed(source), encoding="utf-8")
    return Demo(result=run(establish=False))


def slowed(source: str) -> str:
    """The shop's source with the slow search. Raises ``ValueError`` when the function is not where it was."""
    start, end = source.index("def search("), source.index("def product(")
    return source[:start] + SLOW_SEARCH + source[end:]


def _start_command() -> str:
    """The command that starts the shop, as a YAML scalar that is safe whatever the interpreter's path is."""
    words = [sys.executable, "shop.py", "--port", "{port}", "--database", "shop.sqlite3"]
    line = subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
    # shlex quotes braces, which would still be replaced by perfreg but read oddly.
    return "'" + line.replace("'{port}'", "{port}").replace("'", "''") + "'"
