"""`perfreg-templates` itself: what it lists, explains, writes and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.templates import CASES, SHOP, Printer

from perfreg import __version__
from perfreg.cli.template_sources import targets
from perfreg.cli.templates import main

ALL = list(targets())


def test_the_list_names_every_target(printed: Printer) -> None:
    assert printed("--list").split() == ALL


def test_the_explanation_without_a_target_tells_of_all(printed: Printer) -> None:
    said = printed("--explain")
    assert [line.split()[0] for line in said.splitlines()] == ALL


@pytest.mark.parametrize("target", ALL)
def test_the_explanation_says_what_is_needed_and_what_can_be_set(printed: Printer, target: str) -> None:
    said = printed(target, "--explain")
    assert targets()[target].file in said
    assert "- package: " in said
    assert all(f"- {name}: " in said for name in targets()[target].options)


@pytest.mark.parametrize("target", ALL)
def test_every_file_says_who_made_it_and_how_to_make_it_again(printed: Printer, target: str) -> None:
    text = printed(target, "--python", "3.12", "--set", "package=a b")
    first, again = text.splitlines()[:2]
    assert __version__ in first
    assert again.endswith(f"perfreg-templates {target} --python 3.12 --set 'package=a b'")
    assert printed(target, "--python", "3.12", "--set", "package=a b") == text


def test_an_unknown_target_says_which_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gitlob"]) == 2
    assert "no template for 'gitlob'" in capsys.readouterr().err


def test_no_target_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "--list" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (("--service", "postgres: 16"), "--service: 'postgres: 16' is no image"),
        (("--service", "a\nb"), "is no image"),
        (("--schedule", "every night"), "is no schedule of cron"),
        (("--schedule", "1 2 3 4 5\n"), "is no schedule of cron"),
        (("--python", "3"), "--python: '3' is not a version of Python"),
        (("--image", "x y"), "--image: 'x y' is no image"),
        (("--environment", "a'b"), "--environment"),
        (("--set", "nothing"), "is not KEY=VALUE"),
        (("--set", "timeout=1"), "no option is called 'timeout'"),
        (("--set", "timeout_minutes=soon"), "timeout_minutes must be a whole number"),
        (("--set", "package=a\nb"), "package must be one line of printable text"),
        (("--baseline", "package"), "github cannot keep baselines in 'package' (it can be git or artifact)"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], complaint: str
) -> None:
    assert main(["github", *flags]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert complaint in captured.err


def test_a_broken_configuration_is_named_with_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "broken.yml"
    file.write_text("test_scenarios:\n  - {name: a\n", "utf-8")
    assert main(["github", "-c", str(file)]) == 2
    assert "broken.yml:" in capsys.readouterr().err


def test_a_configuration_that_is_not_there_yet_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["github", "-c", "perf/shop.yml"]) == 0
    captured = capsys.readouterr()
    assert "config: perf/shop.yml" in captured.out
    assert (
        captured.err == "perfreg: warning: there is no 'perf/shop.yml' here, so nothing is known about its scenarios\n"
    )


def test_an_environment_that_the_configuration_lacks_is_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "shop.yml").write_text(SHOP, "utf-8")
    assert main(["github", "-c", str(tmp_path / "shop.yml"), "--environment", "stagin"]) == 2
    assert "there is: staging, production" in capsys.readouterr().err


def test_a_fixed_connection_string_earns_a_warning(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "perfreg.yml"
    scenario = "{name: users, type: database, query: SELECT 1, connection_string: 'postgresql://localhost/a'}"
    file.write_text(f"test_scenarios: [{scenario}]\n", "utf-8")
    assert main(["github", "-c", str(file)]) == 0
    captured = capsys.readouterr()
    assert "scenario 'users' has a fixed connection_string" in captured.err
    assert "postgres:" in captured.out


def test_output_is_written_once(printed: Printer, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = printed("github")
    assert printed("github", "--output", "out/perf.yml") == "written: out/perf.yml\n"
    file = tmp_path / "out" / "perf.yml"
    assert file.read_text("utf-8") == text
    file.write_text("mine", "utf-8")
    assert main(["github", "--output", "out/perf.yml"]) == 2
    assert capsys.readouterr().err == "perfreg: out/perf.yml: there is a file already (--force writes over it)\n"
    assert file.read_text("utf-8") == "mine"
    printed("github", "--force", "--output=out/perf.yml")
    assert file.read_text("utf-8") == text


def test_a_directory_takes_the_file_under_its_usual_name(printed: Printer, tmp_path: Path) -> None:
    printed("github", "--output", ".")
    assert (tmp_path / ".github" / "workflows" / "performance.yml").is_file()


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("case", CASES)
def test_it_is_tidy(configured: Printer, target: str, case: str) -> None:
    text = configured(CASES[case].config, target, *CASES[case].flags)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\n\n\n" not in text
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_an_installed_wheel_brings_its_templates(tmp_path: Path) -> None:
    """The wheel's files alone, on a path of their own, print the same as the checkout."""
    root = Path(__file__).parents[2]
    build = (
        "from hatchling.builders.wheel import WheelBuilder\n"
        f"print(next(WheelBuilder({str(root)!r}).build(directory={str(tmp_path)!r}, versions=['standard'])))"
    )
    wheel = subprocess.run([sys.executable, "-c", build], capture_output=True, text=True, check=True).stdout.strip()
    folder = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", wheel, str(folder)], check=True)
    show = (
        "import contextlib, io, json, perfreg.cli.templates as t, perfreg.cli.template_sources as s\n"
        "def text(name):\n"
        "    with contextlib.redirect_stdout(io.StringIO()) as out:\n"
        "        assert t.main([name]) == 0\n"
        "    return out.getvalue()\n"
        "print(json.dumps([t.__file__, {name: text(name) for name in s.targets()}]))"
    )
    code = f"import sys; sys.path.insert(0, {str(folder)!r})\n{show}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    file, texts = json.loads(done.stdout)
    assert file.startswith(str(folder))
    assert list(texts) == ALL
    assert "uses: org/perf-regression@v1" in texts["github"]
