set -eu
# One push for all legs, afterwards.
export PERFREG_BASELINE__PUSH=false
export PERFREG_BASELINE__PATH="$WORKSPACE/perfreg-baseline" PERFREG_TRACKING_DB="$WORKSPACE/.perf/perfreg.sqlite3"
set -- --config "$PERF_CONFIG" --scenario "$PERF_SCENARIO" --output-directory ".perf/legs/$PERF_LEG"
if [ -n "${CHANGE_TARGET:-}" ]; then
  exec .perf/venv/bin/perfreg compare --base "origin/$CHANGE_TARGET" "$@"
fi
exec .perf/venv/bin/perfreg run "$@"
