from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from tests.support import comparisons, golden, results

from perfreg.report.registry import REPORT_FORMATS

GOLDEN = Path(__file__).parent / "golden"

SHORT = sorted(REPORT_FORMATS.keys() - {"jtl"})
"""Formats whose files can be looked at; that of the other one has a line for each request."""

TELLING = sorted(REPORT_FORMATS.keys() - {"gitlab-annotations", "gitlab-load-performance", "jtl", "performance-report"})
"""Formats that have room for verdicts, wherever they are made."""


@pytest.mark.parametrize("name", SHORT)
def test_a_report_is_exactly_as_last_seen(name: str) -> None:
    files = REPORT_FORMATS[name].render(results.every_verdict())
    golden.check(GOLDEN / files[0].name, files[0].content)


@pytest.mark.parametrize("name", SHORT)
def test_a_comparison_is_exactly_as_last_seen(name: str) -> None:
    files = REPORT_FORMATS[name].render(comparisons.every_verdict())
    golden.check(GOLDEN / "comparison" / files[0].name, files[0].content)


@pytest.mark.parametrize("name", sorted(REPORT_FORMATS))
def test_a_format_keeps_its_contract(name: str) -> None:
    each = REPORT_FORMATS[name]
    assert each.name == name
    assert each.summary
    assert "\n" not in each.summary
    plain = (results.every_verdict(), results.first_run(), results.nothing(), results.regressed())
    for result in (
        *plain,
        comparisons.every_verdict(),
        comparisons.with_itself(),
        comparisons.with_itself(differs=True),
    ):
        files = each.render(result)
        assert files[0].name == each.file_name
        assert len({file.name for file in files}) == len(files)
        for file in files:
            assert not PurePosixPath(file.name).is_absolute()
            assert ".." not in PurePosixPath(file.name).parts
            assert file.content.decode("utf-8").endswith("\n")


@pytest.mark.parametrize("name", TELLING)
def test_no_baseline_is_visible_in_every_report(name: str) -> None:
    (content, *_) = REPORT_FORMATS[name].render(results.first_run())
    assert b"no_baseline" in content.content
    assert b"response_time_p95" in content.content


def test_listing_the_formats_loads_nothing_heavy() -> None:
    code = "import sys, perfreg.report.registry; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "perfreg.report.registry" in loaded
    assert not {"numpy", "scipy", "httpx", "sqlalchemy", "jinja2", "rich", "pydantic"} & set(loaded)
