"""Linters find nothing in the repository's own workflows, in those of the pages, and in those that it generates.

`make lint` runs those from PyPI over the repository's own.
"""

from __future__ import annotations

import pytest
from tests.support.workflows import Workflow, generated, own, shown
from tests.workflows.conftest import Lint

BROKEN = Workflow(
    name="broken.yml",
    text="""
name: Broken
on: pull_request
permissions: {}
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - uses: org/perf-regression@v1
        id: perf
        with: {buget: 2m}
      - run: echo ${{ github.head_ref }}
      - run: echo ${{ steps.perf.outputs.verdict }}
  other:
    needs: jop
    runs_on: ubuntu-latest
    uses: org/perf-regression/.github/workflows/perf-regression.yml@v1
    with: {scenario: x}
""",
)


def test_there_is_something_to_check() -> None:
    assert (len(own()) >= 3, len(shown()) >= 7, len(generated()) >= 2) == (True, True, True)


def test_the_schema_of_workflows_holds(schema: Lint) -> None:
    assert schema([*shown(), *generated()]) == ""


def test_an_audit_finds_nothing_in_examples(zizmor: Lint) -> None:
    assert zizmor(shown(), "zizmor-shown.yml") == ""


def test_an_audit_finds_nothing_in_what_is_generated(zizmor: Lint) -> None:
    assert zizmor(generated(), "zizmor-generated.yml") == ""


@pytest.mark.slow
def test_actionlint_finds_nothing(lint: Lint) -> None:
    assert lint([*own(), *shown(), *generated()]) == ""


def test_the_schema_knows_what_is_broken(schema: Lint) -> None:
    assert "runs_on" in schema([BROKEN])


def test_the_audit_knows_what_is_broken(zizmor: Lint) -> None:
    found = zizmor([Workflow(name="broken.yml", text=BROKEN.text.replace("runs_on: ubuntu-latest", ""))])
    assert "template-injection" in found
    assert "unpinned-uses" in found
    assert "concurrency-limits" in found


@pytest.mark.slow
@pytest.mark.parametrize(
    "word", ['"buget" is not defined', '"verdict" is not defined', '"jop"', '"runs_on"', '"scenario" is not defined',
             '"github.head_ref" is potentially untrusted'],
)  # fmt: skip
def test_actionlint_knows_what_is_broken(lint: Lint, word: str) -> None:
    assert word in lint([BROKEN])
