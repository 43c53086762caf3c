set -eu
PATH="$WORKSPACE/.perf/venv/bin:$PATH"
perfreg report .perf/legs --legs "$PERF_LEGS" --format json --output perf-results/result.json
perfreg report perf-results/result.json --format html --output perf-results/index.html
perfreg report perf-results/result.json --format markdown --output perf-results/report.md
perfreg report perf-results/result.json --format junit --output perf-results/junit.xml
perfreg report perf-results/result.json --format jtl --output perf-results/perfreg.jtl
perfreg report perf-results/result.json --format csv --output perf-results/perfreg.csv
