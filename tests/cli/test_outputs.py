"""Where reports are written to."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from tests.support.runs import make_run

from perfreg.cli import outputs
from perfreg.model.result import Gate, Result


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in its file system")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "report"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    result = Result(run=make_run({}), verdicts=(), gate=Gate(status="pass"))
    outputs.write(result, outputs.plan(["json"], pipe, tmp_path))
    reader.join(timeout=20)
    assert read
    assert read[0].startswith(b"{")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]
