"""Every problem of a bad file, in one pass, with key path, line and a way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.configs import KINDS, SCENARIOS, lines_of, load_text, problems_of

from perfreg.config.load import load
from perfreg.errors import UsageError

BAD = """\
concurent_users: 3
test_duration: -3
alerts: {slack: x}
baseline: {store: gti}
gate: {fail_on: hihg, enabled: perhaps}
service: {start: ./s, ready: {url: http://x, tcp: {port}}, env: {A: 1}}
thresholds: {response_tme_p95: {warning: 2}, rps: {warning: 5, critical: 10}}
metrics: {"serach.*": {tolerance: 5%}}
regression_threshold: true
test_duration: 5
base_url: ${HOST}
test_scenarios:
  - {name: search, type: wep, endpont: /search, duration: 20}
  - {name: "a\\e[31m", type: web, endpoint: /, port: 99.5}
  - {name: search, endpoint: /}
  - 12
"""

COMPLAINTS = """\
perfreg.yml:1: concurent_users: unknown key (did you mean 'concurrent_users'?)
perfreg.yml:3: alerts: alert channels are not available in this version (remove the group)
perfreg.yml:4: baseline.store: must be 'local', 'directory', 'git', 'artifact' or 'package', got 'gti' \
(did you mean 'git'?)
perfreg.yml:5: gate.enabled: must be true or false, got 'perhaps'
perfreg.yml:5: gate.fail_on: must be 'low', 'medium', 'high' or 'critical', got 'hihg' (did you mean 'high'?)
perfreg.yml:6: service.ready.tcp: must be a whole number or text, got a mapping (quote text that starts with a brace)
perfreg.yml:6: service.env.A: must be text (put it in quotes)
perfreg.yml:7: thresholds.response_tme_p95: matches no metric (did you mean 'response_time_p95'?)
perfreg.yml:7: thresholds.rps: reaches critical (10 req/s) before warning (5 req/s) (swap the two limits)
perfreg.yml:8: metrics['serach.*']: matches no metric (did you mean 'search'?)
perfreg.yml:9: regression_threshold: must be a number, got true
perfreg.yml:10: test_duration: is defined twice, first on line 2
perfreg.yml:11: base_url: ${HOST} is not set (set HOST, or write ${HOST:-default})
perfreg.yml:13: test_scenarios[0].type: unknown type 'wep' (did you mean 'web'? known: job, web)
perfreg.yml:13: test_scenarios[0].endpoint: is required
perfreg.yml:13: test_scenarios[0].endpont: unknown key (did you mean 'endpoint'?)
perfreg.yml:14: test_scenarios[1].name: must be one line of printable text without spaces around it
perfreg.yml:14: test_scenarios[1].port: must be a whole number, got 99.5
perfreg.yml:15: test_scenarios[2].type: is required (by its other keys this looks like 'type: web')
perfreg.yml:15: test_scenarios[2].name: is the name of test_scenarios[0] too (names have to be unique)
perfreg.yml:16: test_scenarios[3]: must be a mapping with a name and a type, got a number
environment variable PERFREG_GATES__FAIL_ON: names no key of the configuration (did you mean PERFREG_GATE?)
"""


def test_every_problem_in_one_pass(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, BAD, env={"PERFREG_GATES__FAIL_ON": "low"})
    assert "\n".join(lines_of(tmp_path, problems)) + "\n" == COMPLAINTS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", "test_scenarios: there is no scenario, so nothing would be measured"),
        ("test_scenarios: []", "test_scenarios: there is no scenario"),
        ("test_scenarios:", "test_scenarios: there is no scenario"),
        ("test_scenarios: {a: 1}", "test_scenarios: must be a list of scenarios, got a mapping"),
        ("test_scenarios: [{name: a, type: 12}]", "test_scenarios[0].type: unknown type 12 (known: job, web)"),
        ("test_scenarios: [{name: a}]", "test_scenarios[0].type: is required (known: job, web)"),
        ("test_scenarios: [{type: job, run: x}]", "test_scenarios[0].name: is required"),
        ("test_scenarios: [{name: '', type: job, run: x}]", "test_scenarios[0].name: must not be empty"),
        ("test_scenarios: [{name: 5, type: job, run: x}]", "[0].name: must be text, got 5 (put it in quotes)"),
        ("test_scenarios: [{name: a, type: job, run: {x: 1}}]", "[0].run: must be text or a list, got a mapping"),
        ("test_scenarios: [{name: a, type: job, run: [x, 1]}]", "[0].run[1]: must be text, got 1"),
        ("test_scenarios: [{name: a, type: web, endpoint: /, accept: [a]}]", "accept[0]: must be a whole number"),
        ("test_scenarios: [{name: a, type: web, endpoint: /, monitor: {metrics: [cpu]}}]", "must be 'cpu_usage', "),
    ],
)
def test_scenarios_that_cannot_be_used(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in "\n".join(lines_of(tmp_path, problems_of(tmp_path, text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base_url: localhost:80", "base_url: must be a URL such as http://host:port/path"),
        ("base_url: http://[::1", "base_url: must be a URL"),
        ("base_url: http://h:99999", "base_url: must be a URL"),
        ("test_duration: 5 parsecs", "test_duration: has the unit 'parsecs', which does not convert to 's'"),
        ("test_duration: soon", "test_duration: must be a number, with or without a unit, got 'soon'"),
        ("concurrent_users: 0", "concurrent_users: must be a number of at least 1, got 0"),
        ("concurrent_users: 2.5", "concurrent_users: must be a whole number, got 2.5"),
        ("concurrent_users: [1, 2]", "concurrent_users: must be a whole number, got a list"),
        ("significance_level: 0.5", "significance_level: must be a number less than 0.5, got 0.5"),
        ("regression_threshold: -1%", "regression_threshold: must be a number of at least 0"),
        ("gate:", "gate: must be a mapping of keys to values, got nothing"),
        ("gate: [a]", "gate: must be a mapping of keys to values, got a list"),
        ("targets: {a: b}", "targets: must be a list, got a mapping"),
        ("targets: [a, 1]", "targets[1]: must be text, got 1 (put it in quotes)"),
        ("service: {ready: {tcp: 80}}", "service.start: is required"),
        ("service: {start: x, ready: {}}", "service.ready: needs exactly one of url, tcp, log and command"),
        ("service: {start: x, ready: {url: a, log: b}}", "found url and log"),
        ("service: {start: x, ready: {log: '('}}", "service.ready.log: is no regular expression"),
        ("service: {start: x, env: {'A=B': c}}", "service.env['A=B']: must match the pattern"),
        ("baseline: {store: 1}", "baseline.store: must be 'local', 'directory', 'git', 'artifact' or 'package', got 1"),
        ("{baseline_storage: a, baseline: {path: b}}", "baseline_storage and baseline.path are the same key"),
        ("thresholds: 12", "thresholds: must be a mapping of keys to values or text, got 12"),
        ("thresholds: nowhere.json", "thresholds: "),
        ("metrics: {throughput: {severity: grave}}", "metrics.throughput.severity: must be 'low', "),
        ("metrics: {throughput: {warning: a lot}}", "metrics.throughput.warning: must be a number"),
        ("environment: production\nenvironments: {staging: }", "'production' has no overlay under environments"),
        ("environments: [staging]", "environments: must be a mapping of names to overlays, got a list"),
        ("environments: {a: 12}", "environments.a: must be a mapping of keys to values, got a number"),
        ("environments: {a: {environments: {}}}", "environments.a.environments: is no key of an overlay"),
        (
            "environments: {a: {gate: {fail_om: low}}}",
            "environments.a.gate.fail_om: unknown key (did you mean",
        ),
        ("environments: {a: {test_scenarios: []}}", "environments.a.test_scenarios: there is no scenario"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, text: str, expected: str) -> None:
    text = text[1:-1].replace(", b", "\nb") if text.startswith("{") else text
    found = lines_of(tmp_path, problems_of(tmp_path, f"{SCENARIOS}{text}\n"))
    assert expected in "\n".join(found)
    assert len(found) == 1
    assert found[0].startswith("perfreg.yml:2: ") or "baseline_storage" in text or "environment: prod" in text


def test_a_problem_of_the_chosen_overlay_is_where_the_overlay_is(tmp_path: Path) -> None:
    text = f"{SCENARIOS}environments:\n  a:\n    gate:\n      fail_on: {{}}\n    test_duration: ${{SECONDS}}\n"
    env = {"SECONDS": "many"}
    found = lines_of(tmp_path, problems_of(tmp_path, text, env=env, environment="a"))
    assert found[0].startswith("perfreg.yml:5: environments.a.gate.fail_on: must be 'low'")
    assert found[1].startswith("perfreg.yml:6: environments.a.test_duration: is not valid with the value of ${SECONDS}")


def test_other_overlays_need_no_variables(tmp_path: Path) -> None:
    text = f"{SCENARIOS}environments: {{a: {{test_duration: '${{UNSET}}'}}, b: {{test_duration: '${{WORD}}'}}}}\n"
    assert load_text(tmp_path, text, env={"WORD": "many"}).config.test_duration == 30


def test_the_problems_of_a_thresholds_file_are_among_them(tmp_path: Path) -> None:
    (tmp_path / "limits.json").write_text('{"cpu":\n{"warning": "2 s"}}', encoding="utf-8")
    found = lines_of(tmp_path, problems_of(tmp_path, f"gaet: 1\n{SCENARIOS}thresholds: limits.json\n"))
    assert found == [
        "perfreg.yml:1: gaet: unknown key (did you mean 'gate'?)",
        "limits.json:1: cpu: has the unit 's', which does not convert to '%' (the unit of cpu_usage is %)",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "{headers: {Authorization: [hunter2]}}",
        "{headers: {Authorization: 'x', hunter: {a: hunter2}}}",
        "{port: '${SECRET}'}",
        "{duration: '${SECRET}'}",
        "{accept: '${SECRET}'}",
        "{duration: '1${SECRET}'}",
        "{duration: '1 x${SECRET}'}",
        "{name: ' ${SECRET}'}",
        "{component: ['${SECRET}']}",
        "{monitor: {metrics: ['${SECRET}']}}",
        "{monitor: {process: '${SECRET}', pid: 1, interval: 0}}",
        "{body: {password: hunter2}, port: x}",
        "{body: [hunter2]}",
        "{type: '${SECRET}'}",
    ],
)
def test_no_problem_shows_a_secret(tmp_path: Path, line: str) -> None:
    text = f"test_scenarios:\n- {{name: a, type: web, endpoint: /, <<: {line}}}\n"
    for key in ("name", "type"):
        if line.startswith(f"{{{key}:"):
            text = text.replace(f"{key}: {'a' if key == 'name' else 'web'}, ", "")
    found = "\n".join(lines_of(tmp_path, problems_of(tmp_path, text, env={"SECRET": "hunter2"})))
    assert "test_scenarios[0]" in found
    assert "hunter2" not in found


def test_no_problem_shows_the_password_of_a_url(tmp_path: Path) -> None:
    found = lines_of(tmp_path, problems_of(tmp_path, SCENARIOS + "gate: {fail_on: 'http://me:hunter2@host/'}\n"))
    assert "hunter2" not in found[0]
    assert "host" in found[0]


def test_hostile_text_stays_on_its_line(tmp_path: Path) -> None:
    text = SCENARIOS + '"evil\\n::error::\\e[2J": 1\ngate: {fail_on: "\\n::error::\\e[2J"}\n'
    found = lines_of(tmp_path, problems_of(tmp_path, text))
    assert len(found) == 2
    assert all(line.isprintable() for line in found)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: no such file"):
        load(tmp_path / "perfreg.yml", kinds=KINDS, env={})
