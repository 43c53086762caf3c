"""A process that pushes one record after another and says so after each: ``python git_writer.py CLONE FIRST``."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from perfreg.publish.stores.backoff import Backoff
from perfreg.publish.stores.git_branch import GitBranch
from tests.support.git_scene import ENV, add

if __name__ == "__main__":
    store = GitBranch(directory=Path(sys.argv[1]), env=ENV, backoff=Backoff(first_s=0.05))
    for number in count(int(sys.argv[2])):
        store.push(add(number), "add a run")
        print(number, flush=True)
