"""Which flags of `perfreg compare` go together."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.command_line import called


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "perfreg: --base: there is nothing to compare with (name a revision, as in --base main)"),
        (
            ("--base", "main", "--head-url", "http://127.0.0.1:1"),
            "perfreg: --head-url: does not go together with --base (compare one kind of thing at a time)",
        ),
        (
            ("--head", "x", "--base-cmd", "true", "--head-cmd", "true"),
            "perfreg: --base-cmd: does not go together with --head (compare one kind of thing at a time)",
        ),
        (
            ("--base-result", "a", "b", "--head-python", "c"),
            "perfreg: --base-result: does not go together with --head-python",
        ),
        (("--base-url", "http://127.0.0.1:1"), "perfreg: --base-url: needs --head-url beside it"),
        (("--head-cmd", "true"), "perfreg: --head-cmd: needs --base-cmd beside it"),
        (("--head", "main"), "perfreg: --head: needs --base beside it"),
        (("--base-result", "a"), "perfreg: --base-result: needs --head-result beside it"),
    ],
)
def test_one_kind_of_thing_is_compared_at_a_time(arguments: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    done = called("compare", *arguments, cwd=tmp_path)
    assert done.code == 2
    (complaint,) = done.complaints
    assert complaint.startswith(expected)
    assert not list(tmp_path.iterdir())


def test_environments_need_a_configuration(tmp_path: Path) -> None:
    done = called("compare", "--base-python", "a", "--head-python", "b", cwd=tmp_path)
    assert done.code == 2
    assert "there is no perfreg.yml" in done.err
