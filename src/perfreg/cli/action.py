"""The step of the Action that works: `python -m perfreg.cli.action`."""

from __future__ import annotations

import os
import sys

from perfreg.cli.actions.job import main

if __name__ == "__main__":
    sys.exit(main(os.environ))
