"""The configurations whose shape is public: they have to run unchanged."""

from __future__ import annotations

from perfreg.measure.scenarios import api, command, database, system

REAL_KINDS = {kind.name: kind.spec for kind in (api.KIND, command.KIND, database.KIND, system.KIND)}

JSON_CONFIGURATION = """{
  "base_url": "http://127.0.0.1:8080", "test_duration": 30, "concurrent_users": 10,
  "regression_threshold": 15.0, "fail_on_regression": true, "baseline_storage": "baselines",
  "tracking_db": "performance.db", "min_baseline_samples": 20, "outlier_threshold": 3.0,
  "trend_window_days": 30, "baseline_update_threshold": 0.15, "enable_alerts": false,
  "test_scenarios": [
    {"name": "login", "type": "api", "endpoint": "/api/v1/login", "method": "POST", "concurrent_users": 3,
     "duration": 15, "headers": {"Authorization": "Bearer ${TOKEN}"}, "timeout": 30},
    {"name": "system_resources", "type": "system", "duration": 10,
     "metrics": ["cpu_usage", "memory_usage", "disk_io"]},
    {"name": "users", "type": "database", "query": "SELECT COUNT(*) FROM users", "iterations": 100,
     "connection_string": "postgresql://perf@127.0.0.1/app"}
  ]
}"""

YAML_CONFIGURATION = """
service:
  build: pip install -e .
  start: uvicorn app:app --port {port}
  ready: {url: "http://127.0.0.1:{port}/health", timeout: 120}
baseline: {base_branch: main}
compare: {budget: 90s, min_effect: 3%, confidence: 0.99, rounds: 40}
test_scenarios:
  - {name: search, type: api, endpoint: /search, concurrent_users: 5, duration: 20, component: shop, tags: [fast]}
  - {name: import, type: command, run: python -m app.load, test_iterations: 10, warm_up_iterations: 1,
     cooldown_seconds: 0}
metrics:
  "search.response_time_p95": {tolerance: 5%, warning: 2 s, critical: 5 s}
gate: {fail_on: high}
"""
