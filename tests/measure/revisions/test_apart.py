"""Two trees run by one Python that has a package installed from one of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.support.git_scene import git
from tests.support.revision_scene import ENV, Scene, make_scene, revision, untouched

from perfreg.measure.revisions import checked_out, keep_apart

_FINDER = """
import sys
from importlib.machinery import PathFinder
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, [{place!r}]) if name == "shop" else None
sys.meta_path.append(Finder)
"""


class Shared:
    """A Python of its own that both sides use, and a package ``shop`` that can be installed into it."""

    def __init__(self, directory: Path) -> None:
        venv.create(directory, symlinks=os.name != "nt")
        self.programs = directory / ("Scripts" if os.name == "nt" else "bin")
        self.packages = next(directory.glob("[Ll]ib*/**/site-packages"))
        self.env = {**ENV, "PATH": f"{self.programs}{os.pathsep}{ENV['PATH']}", "VIRTUAL_ENV": str(directory)}

    def install(self, tree: Path, how: str) -> None:
        """Install the package from ``tree`` as pip would."""
        source = tree / "src"
        if how == "path":
            (self.packages / "shop.pth").write_text(f"{source}\n", encoding="utf-8")
        elif how == "finder":
            (self.packages / "shop_finder.py").write_text(_FINDER.format(place=str(source)), encoding="utf-8")
            (self.packages / "shop.pth").write_text("import shop_finder\n")
        else:
            (self.packages / "shop").mkdir()
            (self.packages / "shop" / "__init__.py").write_bytes((source / "shop" / "__init__.py").read_bytes())
        record = self.packages / "shop-1.dist-info"
        record.mkdir()
        (record / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1\n")
        (record / "top_level.txt").write_text("shop\n")
        (record / "direct_url.json").write_text(json.dumps({"url": tree.as_uri(), "dir_info": {}}))

    def run(self, tree: Path, env: dict[str, str]) -> str:
        """Which ``shop`` a program that is started in ``tree`` imports."""
        command = [str(self.programs / "python"), "-c", "import shop; print(shop.NAME)"]
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    return Shared(tmp_path / "shared python")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where there is a scene whose ``v2`` and ``v3`` differ in the package ``src/shop``."""
    scene = make_scene(tmp_path_factory.mktemp("original"), commits=3)
    (scene.work / "src" / "shop").mkdir(parents=True)
    (scene.work / "service").mkdir()
    (scene.work / "service" / "perfreg.yml").touch()
    for name in ("v2", "v3"):
        (scene.work / "src" / "shop" / "__init__.py").write_text(f"NAME = {name!r}\n")
        scene.commit(name)
    return scene.work.parent


@pytest.fixture
def scene(original: Path, tmp_path: Path) -> Scene:
    """A copy, because making one anew takes dozens of commands."""
    shutil.copytree(original, tmp_path / "scene", symlinks=True)
    scene = Scene(remote=tmp_path / "scene" / "remote.git", work=tmp_path / "scene" / "work")
    git(scene.work, "remote", "set-url", "origin", str(scene.remote))
    git(scene.work, "status")  # notes in its index that these are other files
    return scene


@contextmanager
def trees(directory: Path, names: Sequence[str]) -> Iterator[list[Path]]:
    with ExitStack() as stack:
        yield [stack.enter_context(checked_out(directory, revision(directory, name), ENV)) for name in names]


@pytest.mark.parametrize("how", ["path", "finder"])
@pytest.mark.parametrize("names", [["HEAD~1", "."], ["HEAD~1", "HEAD"]])
@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("inside", [".", "service"])
def test_each_side_runs_its_own_code(
    scene: Scene, shared: Shared, how: str, names: list[str], last: int, inside: str
) -> None:
    directory = scene.work / inside
    with trees(directory, names) as both:
        top = both[last] if inside == "." else both[last].parent
        shared.install(top, how)
        assert len({shared.run(tree, shared.env) for tree in both}) == 1  # or there is nothing to keep apart
        found = keep_apart(both, shared.env)
        assert [shared.run(tree, env) for tree, env in zip(both, found.environments, strict=True)] == ["v2", "v3"]
        assert found.warnings == ()


def test_a_tree_that_an_earlier_comparison_has_left_installed(scene: Scene, shared: Shared) -> None:
    with trees(scene.work, ["HEAD~1"]) as earlier:
        shared.install(earlier[0], "path")
    (scene.work / "new.txt").touch()
    scene.commit("Next")
    with trees(scene.work, ["HEAD", "."]) as both:
        found = keep_apart(both, shared.env)
        assert [shared.run(tree, env) for tree, env in zip(both, found.environments, strict=True)] == ["v3", "v3"]


def test_what_the_user_put_on_the_path_is_mapped_too(scene: Scene, shared: Shared) -> None:
    env = {**shared.env, "PYTHONPATH": os.pathsep.join([str(scene.work / "src"), "elsewhere"])}
    with trees(scene.work, ["HEAD~1", "."]) as both:
        assert {shared.run(tree, env) for tree in both} == {"v3"}
        found = keep_apart(both, env)
        assert [shared.run(tree, each) for tree, each in zip(both, found.environments, strict=True)] == ["v2", "v3"]
        assert found.environments[0]["PYTHONPATH"].endswith(env["PYTHONPATH"])


def test_nothing_changes_where_nothing_is_shared(scene: Scene, shared: Shared) -> None:
    with untouched(scene.work), trees(scene.work, ["HEAD~1", "."]) as both:
        found = keep_apart(both, shared.env)
    assert found.environments == (shared.env, shared.env)
    assert found.warnings == ()
    assert "TOKEN" not in repr(keep_apart([scene.work], {**shared.env, "TOKEN": "TOKEN"}))


def test_an_environment_inside_of_the_tree_is_not_its_code(scene: Scene) -> None:
    shared = Shared(scene.work / ".venv")
    (shared.packages / "shop").mkdir()
    (shared.packages / "shop" / "__init__.py").write_text("NAME = 'installed'")
    with trees(scene.work, ["HEAD~1", "."]) as both:
        assert keep_apart(both, shared.env).environments == (shared.env, shared.env)


def test_a_copy_that_both_sides_import_is_doubted(scene: Scene, shared: Shared) -> None:
    with trees(scene.work, ["HEAD~1", "."]) as both:
        shared.install(both[0], "copy")
        found = keep_apart(both, shared.env)
        assert len(found.warnings) == 1
        assert "the same copy of shop" in found.warnings[0]
        inside = [tree / "src" for tree in both]  # where a program that is started finds its own code first
        assert keep_apart(inside, shared.env).warnings == ()


@pytest.mark.parametrize("answer", ["echo no json", "true"])
def test_a_python_that_does_not_answer_is_no_obstacle(scene: Scene, tmp_path: Path, answer: str) -> None:
    broken = tmp_path / "bin" / "python"
    broken.parent.mkdir()
    broken.write_text(f"#!/bin/sh\n{answer}\n")
    broken.chmod(0o755)
    env = {**ENV, "PATH": f"{broken.parent}{os.pathsep}{ENV['PATH']}"}
    with trees(scene.work, ["HEAD~1", "."]) as both:
        assert keep_apart(both, env).environments == (env, env)
