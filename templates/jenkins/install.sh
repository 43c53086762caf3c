set -eu
rm -rf .perf/legs perf-results
python3 -m venv .perf/venv
.perf/venv/bin/python -m pip install --disable-pip-version-check --quiet "$PERF_PACKAGE"
