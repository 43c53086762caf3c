exec .perf/venv/bin/perfreg report perf-results/result.json --format console --gate
