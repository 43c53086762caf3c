"""What the runner of Azure's pipelines promises: it does as Azure does, or fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.e2e.azure.agent import Machine
from tests.e2e.azure.expressions import PipelineError, evaluate
from tests.e2e.azure.pipelines import Pipelines
from tests.e2e.azure.template import load
from tests.support.git_repository import git, make_checkout

NAMES: dict[str, Any] = {"variables": {"Build.Reason": "Manual"}, "dependencies": {"Reset": {"result": "Skipped"}}}

PARAMETERS = """\
parameters:
  - {name: legs, type: object, default: [{name: a, scenario: "b*"}]}
  - {name: fails, type: boolean, default: true}
  - {name: overlay, type: string, default: " ", values: [" ", staging]}
variables:
  LEGS: ${{ length(parameters.legs) }}
  FAILS: is ${{ lower(parameters.fails) }}
  REASON: ${{ ne(variables['Build.Reason'], 'PullRequest') }}
stages:
  ${{ each leg in parameters.legs }}:
    ${{ leg.name }}: ${{ leg.scenario }}
"""

STEPS = """\
variables: {FOUND: nothing}
stages:
  - stage: Only
    jobs:
      - job: First
        steps:
          - checkout: self
          - bash: |
              mkdir out && echo "$BUILD_REASON $GREETING $TOKEN" > out/said && echo no > out/any.log
              echo '**/*.log' > out/.artifactignore
              echo '##vso[task.setvariable variable=FOUND]something'
              test -z "$SYSTEM_ACCESSTOKEN"
            env: {GREETING: $(FOUND), TOKEN: $(System.AccessToken)}
          - publish: out
            artifact: out
            condition: eq(variables['FOUND'], 'something')
          - bash: exit 3
            continueOnError: true
            displayName: May fail
          - bash: exit 4
            displayName: Fails
          - bash: echo never
            displayName: Then
          - publish: $(Pipeline.Workspace)/s/out
            artifact: out
            displayName: Again
            condition: succeededOrFailed()
      - job: Second
        dependsOn: First
        steps: []
      - job: Third
        dependsOn: Second
        condition: in(dependencies.Second.result, 'Skipped')
        steps:
          - task: DownloadPipelineArtifact@2
            inputs: {itemPattern: "o*/*", targetPath: $(Pipeline.Workspace)/got}
      - job: Fourth
        dependsOn: Third
        steps: []
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("and(eq('a', 'A'), not(contains('It''s', 'S ')), or(ne('a', 'a'), in('b', 'a', 'b')))", True),
        ("eq(variables['build.reason'], 'manual')", True),
        (" in(dependencies.Reset.result, 'Succeeded') ", False),
        ("lower(not(eq('', '')))", "false"),
    ],
)
def test_expressions_have_the_values_that_azure_gives_them(text: str, value: object) -> None:
    assert evaluate(text, NAMES) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "eq('a'",
            "eq('a' 'a')",
            "'a' 'b'",
            "eq(1, 2)",
            "variables['Build.Nothing']",
            "dependencies.Other.result",
        ),
        *("failed()", "succeeded", "eq(variables, 'a')", "true", "not(dependencies)", "${{ x }}"),
    ],
)
def test_what_no_generated_pipeline_needs_is_an_error(text: str) -> None:
    with pytest.raises(PipelineError):
        evaluate(text, NAMES)


def test_template_expressions_are_replaced_before_anything_runs() -> None:
    pipeline = load(PARAMETERS, {}, {"fails": "False"}, {"Build.Reason": "Manual"})
    assert pipeline["variables"] == {"LEGS": "1", "FAILS": "is false", "REASON": "True"}
    assert pipeline["stages"] == {"a": "b*"}


@pytest.mark.parametrize(
    "given",
    [{"fails": "no"}, {"overlay": "production"}, {"overlay": ""}, {"unknown": "1"}, {"legs": [{"name": "a"}]}],
    ids=str,
)
def test_parameters_that_azure_would_refuse_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(PipelineError):
        load(PARAMETERS, {}, given, {"Build.Reason": "Manual"})


def _pipelines(folder: Path) -> tuple[Pipelines, dict[str, str]]:
    checkout = make_checkout(folder / "code")
    machine = Machine(remote=checkout.remote, python=folder)
    commit = git(checkout.path, "rev-parse", "HEAD")
    trigger = {"Build.Reason": "Manual", "Build.SourceBranch": "refs/heads/main", "Build.SourceVersion": commit}
    return Pipelines(directory=folder / "builds", machine=machine, variables={}, token="its token"), trigger


def test_steps_run_in_order_with_what_azure_keeps_for_them(tmp_path: Path) -> None:
    pipelines, trigger = _pipelines(tmp_path)
    build = pipelines.run(STEPS, trigger, {})
    assert build.steps == {
        ("First", "checkout"): "Succeeded",
        ("First", "bash"): "Succeeded",
        ("First", "publish"): "Succeeded",
        ("First", "May fail"): "SucceededWithIssues",
        ("First", "Fails"): "Failed",
        ("First", "Then"): "Skipped",
        ("First", "Again"): "Failed",
        ("Third", "task"): "Succeeded",
    }, build.log
    assert build.jobs == {"First": "Failed", "Second": "Skipped", "Third": "Succeeded", "Fourth": "Skipped"}
    got = build.directory / "Third" / "got" / "out"
    assert (got / "said").read_text("utf-8") == "Manual nothing its token\n"
    assert not (got / "any.log").exists()


def test_commands_and_tasks_that_nobody_knows_are_errors(tmp_path: Path) -> None:
    pipelines, trigger = _pipelines(tmp_path)
    with pytest.raises(PipelineError, match=r"task\.debug"):
        pipelines.run(STEPS.replace("exit 3", "echo '##vso[task.debug]'"), trigger, {})
    with pytest.raises(PipelineError, match="PublishHtmlReport"):
        pipelines.run(STEPS.replace("DownloadPipelineArtifact@2", "PublishHtmlReport@1"), trigger, {})
