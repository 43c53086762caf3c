set -eu
export PERFREG_BASELINE__PATH="$WORKSPACE/perfreg-baseline" PERFREG_TRACKING_DB="$WORKSPACE/.perf/perfreg.sqlite3"
.perf/venv/bin/perfreg baseline reset '*' --config "$PERF_CONFIG" --reason "asked for by commit $(git rev-parse HEAD)"
