"""The Jenkinsfile and the step of the shared library, as text; tests/e2e runs them."""

from __future__ import annotations

import re

import pytest
from tests.support.templates import CASES, SHOP, Printer

TARGETS = ("jenkins", "jenkins-library")


def _strings(text: str) -> list[str]:
    """Every string of a Groovy file, quotes included; comments are passed over."""
    token = re.compile(r"//[^\n]*|'''.*?'''|'(?:[^'\\\n]|\\.)*'|\"", re.DOTALL)
    found = [each[0] for each in token.finditer(text)]
    return [each for each in found if not each.startswith("//")]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("case", CASES)
def test_no_string_is_interpolated(configured: Printer, target: str, case: str) -> None:
    text = configured(CASES[case].config, target, *CASES[case].flags)
    strings = _strings(text)
    assert len(strings) > 50
    assert '"' not in strings


@pytest.mark.parametrize("target", TARGETS)
def test_no_script_has_a_value_in_it(configured: Printer, target: str) -> None:
    text = configured(SHOP, target, "--config", "a';pwned", "--set", "package=pwned", "--branch", "pwned")
    scripts = [each for each in _strings(text) if each.startswith("'''")]
    assert len(scripts) > 5
    assert not any("pwned" in each for each in scripts)
    assert r"'a\';pwned'" in text


def test_only_what_writes_gets_the_token(configured: Printer) -> None:
    text = configured(SHOP, "jenkins", "--set", "credentials=forge")
    assert text.count("credentialsId: 'forge'") == 1
    assert "withToken(body)" in text
    assert "withCredentials" not in configured(SHOP, "jenkins", "--set", "credentials=")


def test_databases_run_beside_the_tests(printed: Printer) -> None:
    text = printed("jenkins", "--service", "postgres:16")
    assert "image: 'postgres:16'," in text
    assert r"--publish=127.0.0.1::5432 --health-cmd=\'pg_isready" in text


@pytest.mark.parametrize("target", TARGETS)
def test_a_build_that_ends_early_hands_on_the_baselines(printed: Printer, target: str) -> None:
    text = printed(target, "--baseline", "artifact")
    assert 0 < text.index("copyArtifacts ") < text.index("-m pip install")
    assert "copyArtifacts" not in printed("jenkins", "--baseline", "git")
