"""What strangers write changes what is said, and nothing else: each payload in every place, looked for in every place.

Where it is put: names of branches, titles, labels and comments of the pull request, names of scenarios and metrics and
every other text of a result (the artifact), names of artifacts, and GitHub's own answers. Where it is looked for: the
comment, the check run, the job summary, annotations, the log, outputs, the name of the artifact, labels, issues, and
the directory. The pages for browsers and terminals have tests of their own in ``tests/report``.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import comparisons, harmless
from tests.support.action_job import Used
from tests.support.command_line import write_config
from tests.support.github import events
from tests.support.github.hub import LIST_COMMENTS
from tests.support.hostile_server import hostile_server
from tests.support.payloads import ANSI, COMMANDS, HTML, MARKDOWN, MERMAID, PAYLOADS, SHELL
from tests.support.rest_server import Reply
from tests.support.runner import Runner
from tests.support.strategies import poisoned

from perfreg.cli.actions.outputs import OUTPUTS
from perfreg.model.result import Gate, Result
from perfreg.publish.forges import marker

WORSE = comparisons.only(comparisons.VERDICTS[0], gate=Gate(status="fail", reasons=("p95 is worse",)))
LEGS = ("perfreg-perf-0-1-0a0a0a", "perfreg-perf-1-1-0b0b0b")
INTERNAL = {"artifact-name", "artifact-files", "baseline-directory"}
OUR_LINK = "[summary and the artifacts of the run](https://github.example/octo/shop/actions/runs/4711)"
FILES = {"result.json", "index.html", "report.md"}


def test_every_kind_of_payload_is_there() -> None:
    kinds = (SHELL, MARKDOWN, HTML, COMMANDS, MERMAID, ANSI)
    assert all(len(kind) >= 5 for kind in kinds)
    assert len(PAYLOADS) == len(set(PAYLOADS)) >= 60


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_pull_request_and_its_results(runner: Runner, payload: str) -> None:
    thread = runner.hub.pull(42, branch=payload, title=payload, labels=[payload])
    runner.hub.write(42, "mallory", payload)
    runner.hub.write(42, "mallory", f"{marker.Marker(kind='comment', key='default')}{payload}")
    _leave(runner, payload)
    used = runner.gather(events.pull_request(branch=payload, title=payload), legs=2)
    _check(used, runner.folder)
    (body,) = runner.hub.bodies()
    _check_markdown(body)
    assert [note.author for note in runner.hub.notes] == ["mallory", "mallory", runner.hub.me]
    (run,) = runner.hub.check_runs
    assert run["conclusion"] == "failure"
    _check_line(run["output"]["title"])
    _check_markdown(run["output"]["summary"])
    assert thread.labels == [payload, "perf-regression"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_main_branch_and_its_issue(runner: Runner, payload: str) -> None:
    branch = payload.replace("\0", "")
    event = events.push()
    event["repository"]["default_branch"] = branch
    _leave(runner, payload)
    used = runner.gather(event, name="push", legs=2, GITHUB_REF=f"refs/heads/{branch}")
    _check(used, runner.folder)
    (issue,) = (thread for thread in runner.hub.threads.values() if not thread.is_pull)
    _check_line(issue.title)
    _check_markdown(issue.body)
    assert issue.labels == ["perf-regression"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_github_says(runner: Runner, payload: str) -> None:
    """The message of a refusal, and every address and name of an answer that is otherwise as it should be."""
    runner.leave(LEGS[0], WORSE)
    runner.hub.fail(LIST_COMMENTS, Reply.json({"message": payload, "documentation_url": payload}, 422))
    _check(runner.gather(legs=1), runner.folder, regressions=1)
    route = runner.hub.api.route
    runner.hub.api.route = lambda request: _spoilt(route(request), payload)
    _check(runner.gather(legs=1), runner.folder, regressions=1)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_of_artifacts_jobs_and_keys(runner: Runner, payload: str) -> None:
    text = payload.replace("\0", "")
    name = text.replace("/", "_").strip() or "x"
    for leg in (name, f"other {name}"):
        runner.leave(leg, WORSE)
    used = runner.gather(legs=2, GITHUB_JOB=text, key=text)
    _check(used, runner.folder)
    _check_markdown(runner.hub.bodies()[0])
    (label,) = runner.hub.threads[42].labels
    assert re.fullmatch(r"perf-regression\.[A-Za-z0-9._-]{1,30}", label)


def test_names_in_a_configuration(runner: Runner) -> None:
    """Those that may be names are measured under them; the others are errors in a file that a stranger wrote."""
    scenario = {"type": "command", "run": "true", "test_iterations": 1}
    write_config(runner.work, *({"name": payload, **scenario} for payload in PAYLOADS))
    used = runner.use(events.push(), name="push", mode="run")
    _check_ended(used)
    names = [text for text in (*SHELL, *HTML, *COMMANDS, *MERMAID) if text.isprintable() and "${" not in text]
    write_config(runner.work, *({"name": name, **scenario} for name in names))
    used = runner.use(events.push(), name="push", mode="run")
    assert used.outputs["status"] == "ok", used.log
    _check_ended(used)


def test_keys_in_a_configuration(runner: Runner) -> None:
    write_config(runner.work, {"name": "a", "type": "command", "run": "true"}, **dict.fromkeys(PAYLOADS, 1))
    used = runner.use(mode="run")
    assert used.outputs["status"] == "error"
    _check_ended(used)


def test_what_a_service_prints_before_it_ends(runner: Runner) -> None:
    (runner.work / "last words").write_text("\n".join(PAYLOADS[-20:]), "utf-8")
    service = {"start": "cat 'last words'; exit 3"}
    write_config(runner.work, {"name": "front", "type": "api", "endpoint": "/"}, service=service)
    used = runner.use(mode="run")
    assert (used.code, used.outputs["status"]) == (2, "error"), used.log
    _check_log(used)
    _check_error(used.summary)


@pytest.mark.parametrize("kind", [SHELL, MARKDOWN, HTML, COMMANDS, MERMAID, ANSI])
def test_what_a_service_answers(runner: Runner, kind: tuple[str, ...]) -> None:
    """In the reason, in headers and in the body; as a status that is a failure, and as one that is none at all."""
    answers = itertools.cycle(_answer(status, text) for text in kind for status in ("500", "200", "99x"))
    with hostile_server(lambda connection: connection.sendall(next(answers))) as url:
        call = {"name": "front", "type": "api", "endpoint": "/", "warm_up": 0}
        write_config(runner.work, call, base_url=url, test_duration=0.5, concurrent_users=1)
        used = runner.use(mode="run")
    assert used.outputs["status"] in ("broken", "error"), used.log
    assert used.outputs.get("gate") != "pass"
    _check_ended(used)


def _check_ended(used: Used) -> None:
    """However it did, it said so in words."""
    assert "Traceback" not in used.log
    _check_log(used)
    harmless.check(used.summary) if "gate" in used.outputs else _check_error(used.summary)


def _answer(status: str, text: str) -> bytes:
    body = json.dumps({"message": text}).encode()
    word = re.sub(r"[\r\n\0]", " ", text).encode()
    return b"HTTP/1.1 %s %s\r\nX-%s\r\nContent-Length: %d\r\n\r\n%s" % (
        status.encode(),
        word,
        b"A: " + word,
        len(body),
        body,
    )


def _check_error(summary: str) -> None:
    """A heading, and the error as it is: in a block of code."""
    title, empty, *lines = summary.rstrip("\n").split("\n")
    assert (title, empty) == ("### perfreg could not measure", "")
    for line in lines:
        assert line.startswith("    ")
        _check_line(line)


def _leave(runner: Runner, payload: str) -> None:
    poison: Result = poisoned(WORSE, payload)
    # Nobody has accepted it.
    verdicts = tuple(replace(each, accepted="") for each in poison.verdicts)
    for leg in LEGS:
        runner.leave(leg, replace(poison, verdicts=verdicts))


def _spoilt(reply: Reply, payload: str) -> Reply:
    document = json.loads(reply.body) if reply.body else None
    return Reply.json(_with(document, payload), reply.status) if document is not None else reply


def _with(node: Any, payload: str) -> Any:
    """The document with ``payload`` for its addresses and names, but those that tell what is whose."""
    if isinstance(node, list):
        return [_with(each, payload) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: payload if isinstance(value, str) and re.search("url|name|title|node_id|association", key)
        else _with(value, payload)
        for key, value in node.items()
    }  # fmt: skip


def _check(used: Used, folder: Path, *, regressions: int = 2) -> None:
    """The verdict stands, and neither the log, nor outputs, summary or directory hold anything but text."""
    assert used.code == 1, used.log
    assert "Traceback" not in used.log
    outputs = used.outputs
    assert set(outputs) == {*OUTPUTS, *INTERNAL}
    assert (outputs["status"], outputs["gate"], outputs["regressions"]) == ("ok", "fail", str(regressions))
    assert re.fullmatch(r"perfreg[A-Za-z0-9_.-]{1,150}[0-9a-f]{6}", outputs["artifact-name"])
    assert json.loads(outputs["result"])["gate"] == "fail"
    for line in outputs["artifact-files"].splitlines():
        assert Path(line).parent == folder / "work" / "perf-results", line
    harmless.check(used.summary)
    _check_log(used)
    written = {path.relative_to(folder / "work").as_posix() for path in (folder / "work").rglob("*") if path.is_file()}
    assert {name for name in written if not name.endswith(".css")} == {f"perf-results/{name}" for name in FILES}
    assert not list(folder.rglob("pwned"))


def _check_log(used: Used) -> None:
    # That no line is a command which nobody meant is checked where annotations are read.
    assert {each.level for each in used.annotations} <= {"error", "warning"}
    for each in used.annotations:
        assert each.properties.keys() <= {"title", "file", "line"}
        assert each.properties["title"] == "perfreg"
        assert each.properties.get("file", "perfreg.json") == "perfreg.json"
    assert not re.search(r"##\w*\[", used.log)
    for line in used.log.split("\n"):
        _check_line(line)
    for each in used.annotations:
        for line in each.message.split("\n"):
            _check_line(line)


def _check_line(line: str) -> None:
    odd = {char for char in line if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    assert not odd, line


def _check_markdown(text: str) -> None:
    """The text of a comment or an issue, but for what is ours: the marker before it, and one link."""
    found = marker._MARKER.match(text)
    text = text[found.end() :].replace(OUR_LINK, "") if found else text.replace(OUR_LINK, "")
    harmless.check(text)


def test_a_payload_can_be_told_from_a_tame_text() -> None:
    """The checks above fail for what they are to find."""
    for text in ("<script>", "\x1b[0m", "::error::x", "##[error]x", "[a](https://evil.example)"):
        with pytest.raises(AssertionError):
            harmless.check(text)
    with pytest.raises(AssertionError):
        _check_line("\u202e")


def test_the_poison_reaches_what_is_posted(runner: Runner) -> None:
    poison: Result = poisoned(WORSE, "poison")
    runner.leave(LEGS[0], poison)
    used = runner.gather(legs=1)
    assert all("poison" in text for text in (used.summary, used.log, used.outputs["result"], *runner.hub.bodies()))
