from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import comparisons
from tests.support.comparisons import COMPARISON
from tests.support.strategies import hostile_text

from perfreg.model.comparison import Comparison, MetricNoise, Mode, Side
from perfreg.model.result import Gate, Verdict
from perfreg.report.formats import console, markdown
from perfreg.report.repeat import command
from perfreg.report.versus import versus
from perfreg.report.view import view

REGRESSION, IMPROVEMENT, UNCHANGED, DOUBT = comparisons.VERDICTS[:4]


def labelled(mode: Mode, base: str, head: str) -> Comparison:
    sides = Side(name="base", label=base), Side(name="head", label=head)
    return replace(COMPARISON, mode=mode, base=sides[0], head=sides[1])


def test_the_headline_says_which_way_it_went() -> None:
    said = view(comparisons.only(REGRESSION, UNCHANGED))
    assert said.headline.sentence == (
        "1 regression in 2 metrics: search.response_time_p95 +7.2 % [+5.9, +8.6] slower, high"
    )
    better = view(comparisons.only(IMPROVEMENT, DOUBT))
    assert better.headline.sentence == (
        "No regression in 1 of 2 metrics, 1 improvement, 1 inconclusive metric, best: "
        "search.throughput +9.7 % [+8.1, +11.4] better"
    )


def test_nothing_is_said_about_baselines() -> None:
    for result in (comparisons.every_verdict(), comparisons.with_itself()):
        for text in (console.render(result, width=120, verbose=True), markdown.render(result)):
            assert "baseline" not in text


def test_the_sides_are_named_with_their_commits() -> None:
    said = versus(COMPARISON)
    assert said.base == "main (77aa0e7b2d3a)"
    assert said.head == ". (8c1f0e7b2d3a), with uncommitted changes"
    assert dict(said.facts)["Measured"] == "2 to 31 rounds, 47 s of 60 s, 4 restarts, seed 7"
    assert versus(labelled("urls", "http://a", "http://b")).base == "http://a"


def test_noise_is_told_in_sentences() -> None:
    first, second, *_, last = versus(COMPARISON).noise
    assert first.sentence == "changes of 1.8 % and more could be seen; base against itself: [-1.0, +0.5] %"
    assert second.differs
    assert second.sentence.endswith("[+0.2, +1.3] %, which should hold 0")
    assert last.sentence == "too few rounds to tell: 2"


def test_a_thing_compared_with_itself_tells_the_smallest_change() -> None:
    one = replace(COMPARISON, mode="self", noise=COMPARISON.noise[:1])
    said = view(comparisons.only(UNCHANGED, comparison=one))
    assert said.headline.sentence == "Changes of 1.8 % and more can be seen here"
    blind = replace(one, noise=(MetricNoise(scenario="a", metric="b", rounds=1),))
    assert view(comparisons.only(DOUBT, comparison=blind)).headline.lead.startswith("Too few rounds")
    assert view(comparisons.only(DOUBT, comparison=one)).notices == ()
    assert view(comparisons.only(DOUBT, comparison=one, gate=Gate(status="pass"))).mood == "pass"


def test_what_is_never_judged_does_not_count_in_what_could_be_seen() -> None:
    informative = replace(UNCHANGED, metric="response_size", direction="none")
    steady = MetricNoise(scenario="search", metric="response_size", rounds=22, sigma_pct=0.0, detectable_pct=0.1)
    one = replace(COMPARISON, mode="self", noise=(steady, *COMPARISON.noise[:1]))
    said = view(comparisons.only(informative, REGRESSION, comparison=one, gate=Gate(status="pass")))
    assert said.versus is not None
    assert [line.informs for line in said.versus.noise] == [True, False]
    assert dict(said.sides)["Noise"] == "changes of 1.8 % and more could be seen in search.response_time_p95"


def test_results_of_two_runs_are_marked_as_measured_apart() -> None:
    apart = replace(labelled("results", "old.json", "new.json"), elapsed_s=0.0, budget_s=0.0, noise=())
    said = view(comparisons.only(REGRESSION, comparison=apart))
    facts = dict(said.sides)
    assert "measured apart" in facts["Caution"]
    assert "Measured" not in facts
    assert command(apart) == ""


def test_what_only_head_has_has_no_base() -> None:
    new = comparisons.VERDICTS[5]
    (row,) = view(comparisons.only(new)).rows
    assert (row.status, row.verdict) == ("no_baseline", "no_base")
    two = view(comparisons.only(new, replace(new, metric="other"))).notices
    assert two[0].title == "2 metrics have no base to be compared with"


def test_other_units_are_worse_or_better() -> None:
    memory = Verdict(scenario="a", metric="max_rss", status="regression", severity="low", unit="MB", change_pct=3.0)
    assert view(comparisons.only(memory)).headline.detail == "+3.0 % worse, low"
    plain = view(replace(comparisons.only(memory), comparison=None))
    assert plain.headline.detail == "+3.0 %, low"


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (COMPARISON, "perfreg compare --base 77aa0e7b2d3a --head . --budget 60s --seed 7"),
        (labelled("revisions", "main", "a b"), "perfreg compare --base main --head 'a b' --budget 60s --seed 7"),
        (
            labelled("revisions", "$(reboot)", "x;y'z"),
            "perfreg compare --base '$(reboot)' --head 'x;y'\"'\"'z' --budget 60s --seed 7",
        ),
        (
            labelled("commands", "python a.py", "python b.py"),
            "perfreg compare --base-cmd 'python a.py' --head-cmd 'python b.py' --budget 60s --seed 7",
        ),
        (labelled("self", "", ""), "perfreg noise --budget 60s --seed 7"),
        (labelled("urls", "http://a/?token=***", "http://b/"), ""),
        (labelled("revisions", "--output=x", "y"), ""),
        (labelled("revisions", "a\nb", "y"), ""),
        (labelled("revisions", "", "y"), ""),
        (labelled("results", "a", "b"), ""),
        (replace(COMPARISON, budget_s=0.0), ""),
    ],
)
def test_the_command_that_repeats_a_comparison(comparison: Comparison, expected: str) -> None:
    assert command(comparison) == expected


@given(hostile_text, hostile_text)
def test_no_label_leaves_its_quotes(base: str, head: str) -> None:
    line = command(labelled("revisions", base, head))
    assert line == "" or shlex.split(line, comments=True)[2:6] == ["--base", base, "--head", head]
    assert line == "" or line.isprintable()


@given(st.integers(0, 10**30))
def test_a_commit_that_is_none_is_no_command(number: int) -> None:
    side = Side(name="base", label="main", commit=f"`{number}`")
    assert "`" not in command(replace(COMPARISON, base=side))
