"""Environments of the Action in their places: intact or not taken, whatever jobs do at the same time."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from action.environment import PARTS, READY, ROOT, SetupError, add_perfreg, find, is_intact, packages_of, prune, settle

from action import environment

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAME = "perfreg-0123456789abcdef"
DAY = 24 * 60 * 60


def built(folder: Path, content: str = "one") -> Path:
    """Something like an environment, not in its place yet."""
    path = folder / f"build-{content}"
    (path / "lib").mkdir(parents=True)
    (path / "lib" / "module.py").write_text(content)
    (path / "lib" / "module.pyc").write_text("Python writes that when it likes")
    (path / "python").symlink_to(sys.executable)
    return path


def test_an_environment_is_found_again(tmp_path: Path) -> None:
    assert find(tmp_path, NAME) is None
    place = settle(built(tmp_path), tmp_path, NAME)
    assert place == tmp_path / NAME
    (place / "lib" / "module.pyc").unlink()
    (place / "lib" / "other.pyc").write_text("new")
    assert find(tmp_path, NAME) == place
    assert find(tmp_path, "perfreg-other") is None


def _cut(place: Path) -> None:
    (place / "lib" / "module.py").write_text("")


def _lose(place: Path) -> None:
    (place / "lib" / "module.py").unlink()


def _upgrade(place: Path) -> None:
    (place / "python").unlink()
    (place / "python").symlink_to(place / "no longer here")


def _unfinish(place: Path) -> None:
    (place / READY).unlink()


def _garble(place: Path) -> None:
    (place / READY).write_text("[1]")


@pytest.mark.parametrize("accident", [_cut, _lose, _upgrade, _unfinish, _garble])
def test_a_broken_environment_is_not_taken_and_not_in_the_way(tmp_path: Path, accident: object) -> None:
    place = settle(built(tmp_path), tmp_path, NAME)
    assert callable(accident)
    accident(place)
    assert not is_intact(place)
    assert find(tmp_path, NAME) is None
    other = settle(built(tmp_path, "two"), tmp_path, NAME)
    assert other != place
    assert place.exists(), "a job may run in it"
    assert find(tmp_path, NAME) == other


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such owner there")
def test_an_environment_of_another_user_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(built(tmp_path), tmp_path, NAME)
    monkeypatch.setattr(environment, "_user", lambda: -1)
    assert find(tmp_path, NAME) is None


def test_of_jobs_that_end_at_the_same_time_all_take_the_same(tmp_path: Path) -> None:
    folders = [built(tmp_path, str(number)) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        places = {*pool.map(lambda folder: settle(folder, tmp_path, NAME), folders)}
    assert places == {tmp_path / NAME}
    assert is_intact(tmp_path / NAME)
    assert sum(folder.exists() for folder in folders) == 7


def test_where_nothing_can_be_moved_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(SetupError, match="cannot be moved"):
        settle(built(tmp_path), tmp_path / "no such folder", NAME)


def test_what_nobody_uses_is_removed(tmp_path: Path) -> None:
    ages = {"used": 29 * DAY, "unused": 31 * DAY}
    for name, age in ages.items():
        place = settle(built(tmp_path, name), tmp_path, f"perfreg-{name}")
        os.utime(place / READY, (time.time() - age,) * 2)
    for name, age in {"perfreg-build-now": 60, "perfreg-build-killed": 2 * DAY, "not-ours": 99 * DAY}.items():
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    prune(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"perfreg-used", "perfreg-build-now", "not-ours"}


def test_use_is_noted(tmp_path: Path) -> None:
    place = settle(built(tmp_path), tmp_path, NAME)
    os.utime(place / READY, (time.time() - 40 * DAY,) * 2)
    find(tmp_path, NAME)
    prune(tmp_path)
    assert place.exists()


def test_the_name_follows_sources_pins_and_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = tmp_path / "pins.txt"
    for part in PARTS:
        (tmp_path / part).mkdir(parents=True)
    pins.write_text("a==1\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    names = [environment.name_of(pins)]
    (tmp_path / "src/perfreg/__pycache__").mkdir()
    (tmp_path / "src/perfreg/__pycache__/x.pyc").write_text("")
    assert environment.name_of(pins) == names[0]
    (tmp_path / "src/perfreg/x.py").write_text("")
    names.append(environment.name_of(pins))
    pins.write_text("a==2\n")
    names.append(environment.name_of(pins))
    monkeypatch.setattr(environment, "interpreter", lambda: "another")
    names.append(environment.name_of(pins))
    assert len({*names}) == 4


def test_perfreg_is_copied_as_its_wheel_has_it(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {"src/perfreg": "perfreg", **wheel["force-include"]} == PARTS
    assert wheel["packages"] == ["src/perfreg"]
    add_perfreg(tmp_path)
    home = packages_of(tmp_path) / "perfreg"
    for part in (home, home / "_templates", home / "_schema"):
        assert any(part.iterdir())
    assert not list(home.rglob("__pycache__"))
