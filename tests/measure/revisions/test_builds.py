"""Builds of revisions: once for each commit and command, in trees that do not meet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.git_scene import git
from tests.support.revision_scene import ENV, Scene, make_scene, revision, untouched

from perfreg.config.models import ServiceConfig
from perfreg.errors import RevisionError, ServiceError
from perfreg.measure.revisions import Revision, built, checked_out


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture
def clone(scene: Scene, tmp_path: Path) -> Path:
    return scene.clone(tmp_path / "clone", "--branch=feature")


class Builder:
    """Builds revisions of a clone with a command that counts itself."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.counter = clone.parent / "counter"
        self.log = clone.parent / "build.log"

    def build(self, name: str, command: str = "true", *, around: Mapping[str, str] = ENV, **keys: Any) -> str:
        """Build, and say what is in the file ``built`` then."""
        line = f"echo x >> '{self.counter}'; {command}"
        service = ServiceConfig.model_validate({"start": "none", "build": line, **keys})
        what = revision(self.clone, name)
        with checked_out(self.clone, what, around) as tree:
            before = self.count
            assert built(service, tree, what, around, self.log) == (self.count > before)
            result = tree / "built"
            return result.read_text().strip() if result.exists() else ""

    @property
    def count(self) -> int:
        """How often anything was built."""
        return len(self.counter.read_text().split()) if self.counter.exists() else 0


@pytest.fixture
def builder(clone: Path) -> Builder:
    return Builder(clone)


def test_a_build_is_not_repeated(builder: Builder) -> None:
    with untouched(builder.clone):
        for _ in range(3):
            assert builder.build("main", "cp main.txt built") == "5"
        assert builder.count == 1
        assert builder.build("main~1", "cp main.txt built") == "4"
        assert builder.build("main", "cp main.txt built") == "5"
        assert builder.count == 2


def test_the_tree_as_it_is_is_always_built_where_it_is(builder: Builder) -> None:
    (builder.clone / "main.txt").write_text("changed")
    for _ in range(2):
        assert builder.build(".", "cp main.txt built") == "changed"
    assert builder.count == 2
    assert builder.build("main", "ls built 2>&1 || true; cp main.txt built") == "5"
    assert (builder.clone / "built").read_text() == "changed"


@pytest.mark.parametrize(
    "changes",
    [
        {"command": "echo other > built"},
        {"around": {"PYTHONOPTIMIZE": "1"}},
        {"around": {"MODE": "other"}},
        {"env": {"TOKEN": "changed"}},
        {"directory": "sub"},
    ],
    ids=["command", "known variable", "variable that the command names", "service.env", "directory"],
)
def test_a_build_is_repeated_when_what_it_depends_on_changes(
    scene: Scene, tmp_path: Path, changes: dict[str, Any]
) -> None:
    builder = Builder(scene.clone(tmp_path / "clone"))
    command = 'echo "$MODE" > built'
    (builder.clone / "sub").mkdir()
    (builder.clone / "sub" / "x").touch()
    git(builder.clone, "add", "--all")
    git(builder.clone, "commit", "--quiet", "--message", "Sub")
    around = {**ENV, "MODE": "one"}
    builder.build("HEAD", command, around=around, env={"TOKEN": "hush"})
    builder.build("HEAD", command, around={**around, "UNRELATED": "x"}, env={"TOKEN": "hush"})
    assert builder.count == 1
    around |= changes.pop("around", {})
    builder.build("HEAD", around=around, **{"command": command, "env": {"TOKEN": "hush"}, **changes})
    assert builder.count == 2
    assert not [path for path in builder.clone.rglob("*.json") if "hush" in path.read_text()]


def test_another_build_starts_from_the_files_of_the_commit(builder: Builder) -> None:
    with untouched(builder.clone):
        assert builder.build("main", "echo a >> built; echo changed > main.txt") == "a"
        assert builder.build("main", "cat main.txt built || ls > built") == "built\nmain.txt"


def test_a_build_that_fails_is_not_remembered(builder: Builder) -> None:
    with untouched(builder.clone):
        command = f"[ -e built ] && exit 9; echo half > built; [ -e '{builder.clone.parent}/go' ]"
        for _ in range(2):
            with pytest.raises(ServiceError, match="the build ended with exit code 1"):
                builder.build("main", command)
        (builder.clone.parent / "go").touch()
        assert builder.build("main", command) == "half"
        assert builder.build("main", command) == "half"
        assert builder.count == 3


def test_a_build_that_fails_does_not_leave_the_one_before(builder: Builder) -> None:
    with untouched(builder.clone):
        assert builder.build("main", "echo good > built") == "good"
        with pytest.raises(ServiceError):
            builder.build("main", "rm -f built; false")
        assert builder.build("main", "echo good > built") == "good"
        assert builder.count == 3


def test_a_tree_is_as_the_build_left_it_whatever_a_run_did(builder: Builder) -> None:
    what = revision(builder.clone, "main")
    with untouched(builder.clone):
        builder.build("main", "mkdir -p out/empty; echo data > out/database; ln -s out/database built")
        with checked_out(builder.clone, what, ENV) as tree:
            (tree / "out" / "log").write_text("left by a run")
        builder.build("main", "mkdir -p out/empty; echo data > out/database; ln -s out/database built")
        assert builder.count == 1
        with checked_out(builder.clone, what, ENV) as tree:
            assert not (tree / "out" / "log").exists()
            assert (tree / "out" / "empty").is_dir()
            (tree / "out" / "database").write_text("changed by a run")
        assert builder.build("main", "mkdir -p out/empty; echo data > out/database; ln -s out/database built") == "data"
        assert builder.count == 2


def test_two_trees_of_one_commit_are_built_each(builder: Builder) -> None:
    what = revision(builder.clone, "main")
    service = ServiceConfig(start="none", build="pwd > built")
    once, twice = (checked_out(builder.clone, what, ENV) for _ in range(2))
    with untouched(builder.clone), once as a, twice as b:
        for tree in (a, b):
            assert built(service, tree, what, ENV, builder.log)
            assert (tree / "built").read_text().strip() == str(tree)


def test_nothing_to_build(builder: Builder) -> None:
    what = revision(builder.clone, "main")
    with checked_out(builder.clone, what, ENV) as tree:
        assert not built(None, tree, what, ENV, builder.log)
        assert not built(ServiceConfig(start="none"), tree, what, ENV, builder.log)


def test_a_tree_that_is_none_of_ours_is_not_built(tmp_path: Path) -> None:
    service = ServiceConfig(start="none", build="touch built")
    with pytest.raises(RevisionError, match="no work tree of a revision"):
        built(service, tmp_path, Revision(ref="main", commit="0" * 40), ENV, tmp_path / "log")


def test_a_configuration_in_a_directory_is_built_there(tmp_path: Path) -> None:
    scene = make_scene(tmp_path)
    inside = scene.work / "shop"
    inside.mkdir()
    (inside / "shop.txt").write_text("shop")
    scene.commit("Add a shop")
    builder = Builder(inside)
    builder.counter = tmp_path / "counter"
    for _ in range(2):
        assert builder.build("HEAD", "cp shop.txt built") == "shop"
    assert builder.count == 1
