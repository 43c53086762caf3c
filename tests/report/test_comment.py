"""The comment: what has to be in it, in which room."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import comparisons, harmless, results
from tests.support.markdown import parser
from tests.support.strategies import examples
from tests.support.strategies import results as any_result

from perfreg.analysis.legs import Leg as Joined
from perfreg.analysis.legs import together
from perfreg.model.result import BaselineInfo, Gate, Result, Verdict
from perfreg.report.fitting import Block, fit
from perfreg.report.formats.comment import LIMIT, Leg, render

REST = "Everything is in [this run](https://github.example/octo/shop/actions/runs/1)."


def comment(*found: Result, limit: int = LIMIT) -> str:
    return render([Leg(name=f"leg {index}", result=each) for index, each in enumerate(found)], limit=limit, rest=REST)


@given(any_result())
@examples
def test_foreign_text_adds_no_link_tag_or_command(result: Result) -> None:
    harmless.check(comment(result).replace(REST, ""))


def test_the_first_line_is_the_verdict() -> None:
    assert comment(results.regressed()).partition("\n")[0] == (
        "❌ **Performance gate failed**: 1 regression in 3 metrics: "
        "`search.response_time_p95` +31.0 % [+27.2, +35.1], high"
    )


def test_the_first_line_tells_comments_of_several_uses_apart() -> None:
    text = render([Leg(name="", result=results.regressed())], name="a`|b")
    assert text.startswith("❌ **Performance gate failed** (``a`|b``): 1 regression")
    assert render([], problems=("gone",), name="api").startswith("❌ **No verdict** (`api`): 1 result")


def test_the_numbers_are_all_there() -> None:
    header, _, numbers = comment(results.every_verdict()).split("\n")[2:5]
    found = dict(zip(cells(header), cells(numbers), strict=True))
    assert found.pop("scenarios").startswith("`search`, `orders`, `import`, ")
    assert found == {
        "status": "broken",
        "duration": "31 s",
        "total": "4",
        "successful": "3",
        "regressions": "2 (1 accepted)",
        "critical": "0",
        "improvements": "1",
        "baseline health": "0.83 of 1",
    }


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_what_moved_is_in_the_open_and_the_rest_is_folded() -> None:
    text = comment(results.every_verdict())
    table = text.partition("| metric |")[2].partition("\n\n")[0]
    assert " base | head | change | interval | verdict | severity |" in table
    assert [cells(line)[0] for line in table.split("\n")[2:]] == [
        "`search.response_time_p95`",
        "`search.cpu_time_per_request`",
        "`search.error_rate`",
        "`orders.plan_shape`",
        "`search.throughput`",
    ]
    opened, _, folded = text.partition("<details><summary>All 10 metrics</summary>")
    assert "`search.response_time_p50`" not in opened
    assert "`search.response_time_p50`" in folded


@pytest.mark.parametrize(
    "part",
    [
        "xychart-beta horizontal",
        "bar [131, 138.1, 121.2]",
        "What the runner's noise allowed to be seen",
        "- Half of the intervals reach no further than ±4.28 % around the change, the widest ±5.2 %: smaller changes",
        "- Code: 8c1f0e7b2d3a on feature/faster-search (pull request 42)\n- Baseline: 12 runs, the newest 3 days old",
        "- ⚠️ `search`: warm-up was short",
        "key 5f1c09ab",
        "**Recommended**",
        "- Measure it again: `perfreg run --scenario search --scenario orders`",
        "side by side with the newest baseline: `perfreg compare --base 77aa0e7b2d3a --head 8c1f0e7b2d3a --scenario",
        "`/perfreg accept search.response_time_p95 REASON`",
        "`perf-accepted`",
        "`Perf-Accept: search.response_time_p95 REASON`",
        REST,
    ],
)
def test_what_else_has_to_be_in_it(part: str) -> None:
    assert part in comment(results.every_verdict())


def test_a_comparison_tells_its_noise_and_how_to_repeat_it() -> None:
    text = comment(comparisons.every_verdict())
    assert "- Noise: changes of 0.64 % and more could be seen in search.response_time_p50" in text
    assert "base against itself: [-1.0, +0.5] %" in text
    assert "- Measure it again: `perfreg compare --base 77aa0e7b2d3a --head . --budget 60s --seed 7`" in text
    assert "| not needed: side by side |" in text


def test_nothing_is_to_be_accepted_where_nothing_regressed() -> None:
    assert "/perfreg accept" not in comment(results.first_run())
    accepted = replace(results.verdict_of("response_time_p95"), accepted="worth it")
    assert "/perfreg accept" not in comment(results.only(accepted))


def test_where_there_is_no_pull_request_it_is_accepted_by_a_command() -> None:
    pushed = replace(results.RUN.source, pull_request="")
    text = comment(replace(results.regressed(), run=replace(results.regressed().run, source=pushed)))
    assert "`perfreg baseline accept search.response_time_p95 --reason REASON`" in text
    assert "`Perf-Accept: search.response_time_p95 REASON`" in text
    assert "/perfreg accept" not in text
    compared = comparisons.every_verdict()
    text = comment(replace(compared, run=replace(compared.run, source=pushed)))
    assert "meant to be: the line `Perf-Accept: search.response_time_p95 REASON`" in text


@pytest.mark.parametrize(("parents", "fetched"), [(("b" * 40,), False), (("b" * 40, "c" * 40), True)])
def test_a_merge_that_only_the_code_host_has_made_is_fetched_first(parents: tuple[str, ...], fetched: bool) -> None:
    found = comparisons.every_verdict()
    commit = found.run.source.commit
    text = comment(replace(found, run=replace(found.run, source=replace(found.run.source, parents=parents))))
    fetch = f"git fetch origin {commit} && " if fetched else ""
    assert f"- Measure it again: `{fetch}perfreg compare --base 77aa0e7b2d3a" in text


def test_a_first_run_tells_how_comparisons_begin() -> None:
    found = results.first_run()
    assert (
        "- Comparisons begin with the first clean run of `main` on such a machine, which becomes the baseline."
        in comment(found)
    )
    kept = replace(found, run=replace(found.run, trust="automatic"))
    assert "- This run was kept as a baseline, so later ones have something to be compared with" in comment(kept)


def test_what_disturbed_the_machine_is_in_the_open() -> None:
    note = "disturbed: other processes used 87 % of the machine's processors"
    text = comment(replace(comparisons.every_verdict(), notes=("measured 4 rounds", note)))
    assert f"- ⚠️ {note}\n" in text.partition("| metric |")[0]
    assert "- Note: measured 4 rounds" in text
    assert text.count(note) == 1


def test_metrics_of_which_the_same_is_to_be_said_share_a_line() -> None:
    few = tuple(
        replace(each, rounds=4, sigma_pct=None, detectable_pct=None, self_low_pct=None, self_high_pct=None)
        for each in comparisons.COMPARISON.noise
    )
    text = comment(comparisons.only(*comparisons.VERDICTS, comparison=replace(comparisons.COMPARISON, noise=few)))
    names = ", ".join(f"`{each.scenario}.{each.metric}`" for each in few)
    assert f"- {names}: too few rounds to tell: 4\n" in text


def test_a_gate_without_reasons_is_not_worth_a_paragraph() -> None:
    assert "Gate:" not in comment(results.only(gate=Gate(status="pass")))


def test_a_name_that_is_a_pattern_is_not_offered_for_acceptance() -> None:
    odd = replace(results.verdict_of("response_time_p95"), scenario="a*[b]")
    assert "`/perfreg accept GLOB REASON`" in comment(results.only(odd))


def test_an_ailing_baseline_is_told() -> None:
    ill = replace(results.regressed(), baseline=BaselineInfo(runs=3, health=0.4, concerns=("only 3 runs",)))
    assert "The baseline's health is 0.40 of 1 (only 3 runs)" in comment(ill)


def test_several_results_share_one_comment_and_the_worst_speaks() -> None:
    text = comment(results.first_run(), results.regressed(), comparisons.only(comparisons.VERDICTS[2]))
    first = text.partition("\n")[0]
    assert first.startswith("❌ **Performance gate failed**: 1 regression in 3 metrics")
    assert first.endswith("(the worst of 3 results, `leg 1`)")
    assert text.count("| `leg 0` |") == 3  # its numbers, and both metrics that were compared with nothing
    assert "| `leg 1` | `search.response_time_p95` | 41.23 ms |" in text


def test_what_several_results_agree_in_stands_there_once() -> None:
    text = comment(results.first_run(), results.regressed())
    assert text.count("- Environment: ci, Linux 6.8") == 1
    assert "- Code: 8c1f0e7b2d3a on feature/faster-search (pull request 42)\n- `leg 0`: Baseline: none\n" in text
    assert "- `leg 1`: Baseline: 12 runs" in text


def test_legs_that_are_missing_are_in_the_first_line() -> None:
    found = together([Joined(name="api", result=results.regressed())], expected=3)
    assert comment(found).startswith(
        "❌ **Broken run**: 2 of 3 legs gave no result, 1 regression in 3 metrics: `search."
    )


def test_charts_show_what_may_be_chance_only_where_nothing_is_certain() -> None:
    worse, _, doubtful = (comparisons.VERDICTS[index] for index in (0, 1, 3))
    assert doubtful.status == "inconclusive"
    assert 'x-axis ["1. search.response_time_p95"]' in comment(comparisons.only(worse, doubtful))
    assert 'x-axis ["1. orders.query_time_p95"]' in comment(comparisons.only(doubtful))


def test_charts_have_plain_numbers_only() -> None:
    wild = [
        Verdict(
            scenario="s", metric=f"m{index}", status="regression", severity="low", base=1, head=2, change_pct=change
        )
        for index, change in enumerate((1.25e17, -100.0, -5000.0, 1e-9, 12.3456))
    ]
    text = comment(results.only(*wild))
    harmless.check(text.replace(REST, ""))
    assert "bar [1000, 0, 0, 112.3, 100]" in text


def big(metrics: int, length: int = 60) -> Result:
    verdicts = tuple(
        Verdict(
            scenario=f"scenario {index} {'é|`' * (length // 3)}",
            metric="response_time_p95",
            status=("regression", "improvement", "unchanged", "no_baseline")[index % 4],
            severity=("low", "high", "critical")[index % 3] if index % 4 == 0 else None,
            base=100.0,
            head=100.0 + index,
            unit="ms",
            change_pct=float(index),
            reason="more than the tolerance " * 8,
        )
        for index in range(metrics)
    )
    return results.only(*verdicts, gate=Gate(status="fail", reasons=tuple(f"reason {n} " * 20 for n in range(metrics))))


@pytest.mark.parametrize("metrics", [1, 40, 400, 4000])
def test_it_is_never_too_long_and_loses_the_least_important(metrics: int) -> None:
    text = comment(big(metrics))
    assert len(text.encode()) <= LIMIT
    assert text.endswith(f"{REST}\n")
    harmless.check(text.replace(REST, ""))
    worst = max((index for index in range(metrics) if index % 12 == 8), default=0)
    assert f"| `` scenario {worst} " in text or f"| ``scenario {worst} " in text
    assert ("Not all of it has room here" in text) is (metrics >= 400)


def test_characters_of_two_halves_have_their_room() -> None:
    verdicts = [replace(each, scenario="🐢" * 60 + each.scenario[:12]) for each in big(2000).verdicts]
    text = comment(results.only(*verdicts))
    assert text.count("🐢") > 5000
    assert len(text.encode("utf-16-le")) // 2 <= 65_536


@pytest.mark.parametrize("limit", [200, 1000, 3000, 10_000, 30_000])
def test_it_fits_into_any_room(limit: int) -> None:
    text = comment(big(400, 200), results.every_verdict(), comparisons.every_verdict(), limit=limit)
    assert len(text.encode()) <= limit
    assert text.startswith("❌ ") or limit < 1000


@given(
    st.lists(st.tuples(st.integers(0, 8), st.lists(st.text(max_size=40), max_size=20), st.booleans())),
    st.integers(0, 3000),
)
@examples
def test_blocks_never_need_more_than_their_room(parts: list[tuple[int, list[str], bool]], limit: int) -> None:
    blocks = [
        Block(title="x", rank=rank, body=tuple(line.replace("\n", " ") for line in lines), is_list=cut)
        for rank, lines, cut in parts
    ]
    assert len(fit(blocks, limit, "the rest").encode("utf-8", "replace")) <= limit


def test_every_folded_part_is_closed() -> None:
    for text in (comment(results.every_verdict()), comment(big(400)), comment(big(4000))):
        assert text.count("<details>") == text.count("</details>")
        assert text.count("```") % 2 == 0
        assert list(parser().parse(text))
