set -eu
export PERFREG_BASELINE__PATH="$WORKSPACE/perfreg-baseline" PERFREG_TRACKING_DB="$WORKSPACE/.perf/perfreg.sqlite3"
exec .perf/venv/bin/perfreg baseline push --config "$PERF_CONFIG"
