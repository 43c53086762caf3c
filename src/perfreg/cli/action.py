"""The step of the Action that works: `python -m perfreg.cli.action`."""

from __future__ import annotations

import os
import sys

from perfreg.cli.actions.job import main
from perfreg.cli.actions.trust import trusting

if __name__ == "__main__":
    os.environ.update(trusting(os.environ))
    sys.exit(main(os.environ))
