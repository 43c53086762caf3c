set -eu
export PERFREG_BASELINE__PATH="$WORKSPACE/perfreg-baseline" PERFREG_TRACKING_DB="$WORKSPACE/.perf/perfreg.sqlite3"
# Agents in containers often have no name for their user, so one is given.
.perf/venv/bin/perfreg baseline reset '*' --config "$PERF_CONFIG" --who Jenkins \
  --reason "asked for by commit $(git rev-parse HEAD)"
