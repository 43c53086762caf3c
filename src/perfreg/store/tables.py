"""The tables of the working copy. Everything but ``lines`` is an index that could be built again from it."""

from __future__ import annotations

VERSION = 2

TABLES = """
CREATE TABLE lines (
    id TEXT NOT NULL,
    line TEXT NOT NULL,
    kind TEXT NOT NULL,
    pending INTEGER NOT NULL,
    PRIMARY KEY (id, line)
) WITHOUT ROWID;
CREATE INDEX pending_lines ON lines (id) WHERE pending;
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    started_at TEXT NOT NULL,
    status TEXT NOT NULL,
    trust TEXT NOT NULL,
    regressed TEXT NOT NULL,
    revision TEXT NOT NULL,
    environment TEXT NOT NULL
);
CREATE INDEX baseline_runs ON runs (id) WHERE status = 'ok' AND trust != 'none';
CREATE TABLE series (
    number INTEGER PRIMARY KEY,
    scenario TEXT NOT NULL,
    metric TEXT NOT NULL,
    unit TEXT NOT NULL,
    scenario_hash TEXT NOT NULL,
    environment TEXT NOT NULL,
    direction TEXT NOT NULL,
    UNIQUE (scenario, metric, unit, scenario_hash, environment)
);
CREATE TABLE points (
    series INTEGER NOT NULL,
    run INTEGER NOT NULL,
    value REAL NOT NULL,
    n INTEGER NOT NULL,
    std_error REAL,
    text TEXT NOT NULL,
    PRIMARY KEY (series, run)
) WITHOUT ROWID;
CREATE TABLE shards (
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (name, digest)
) WITHOUT ROWID;
"""
