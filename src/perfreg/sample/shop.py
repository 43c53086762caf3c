"""A web shop over a SQLite file, standard library only: `python shop.py --port 8080 --database shop.sqlite3`.

`GET /health`, `GET /search?category=N` (products with their mean rating) and `GET /product?id=N`.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

CATEGORIES = 20
PRODUCTS = 2_000
REVIEWS_PER_PRODUCT = 6

SCHEMA = """
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, category INTEGER NOT NULL, cents INTEGER NOT NULL);
CREATE TABLE reviews (id INTEGER PRIMARY KEY, product INTEGER NOT NULL, stars INTEGER NOT NULL);
CREATE INDEX products_by_category ON products (category);
CREATE INDEX reviews_by_product ON reviews (product);
"""

Row = tuple[object, ...]


def create_database(path: Path) -> None:
    """Fill a new database with the same products every time; an existing file is left alone."""
    if path.exists():
        return
    rng = random.Random(7)  # noqa: S311 - the same products every time are the point
    with sqlite3.connect(path) as database:
        database.executescript(SCHEMA)
        products = [(i, f"product {i}", i % CATEGORIES, rng.randrange(100, 99_900)) for i in range(PRODUCTS)]
        database.executemany("INSERT INTO products VALUES (?, ?, ?, ?)", products)
        reviews = [(i % PRODUCTS, rng.randrange(1, 6)) for i in range(PRODUCTS * REVIEWS_PER_PRODUCT)]
        database.executemany("INSERT INTO reviews (product, stars) VALUES (?, ?)", reviews)
    database.close()


def search(database: sqlite3.Connection, category: int) -> list[Row]:
    """The products of a category with their mean rating, best first, in one query."""
    return database.execute(
        "SELECT p.id, p.name, p.cents, AVG(r.stars) AS stars FROM products p JOIN reviews r ON r.product = p.id"
        " WHERE p.category = ? GROUP BY p.id ORDER BY stars DESC, p.id",
        (category,),
    ).fetchall()


def product(database: sqlite3.Connection, identifier: int) -> list[Row]:
    """One product."""
    return database.execute("SELECT id, name, cents FROM products WHERE id = ?", (identifier,)).fetchall()


class Handler(BaseHTTPRequestHandler):
    """Answers requests with JSON; each connection's thread has a database connection of its own."""

    protocol_version = "HTTP/1.1"
    database_path = ""
    local = threading.local()

    def do_GET(self) -> None:
        """Route a request."""
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        text = (query.get("category") or query.get("id") or ["1"])[0]
        number = int(text) if text.isdecimal() else 0
        if url.path == "/health":
            self.answer(200, {"status": "ok"})
        elif url.path == "/search":
            self.answer(200, search(self.database(), number % CATEGORIES))
        elif url.path == "/product":
            self.answer(200, product(self.database(), number))
        else:
            self.answer(404, {"error": "not found"})

    def database(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self.local, "database", None)
        if connection is None:
            connection = self.local.database = sqlite3.connect(self.database_path)
        return connection

    def answer(self, status: int, document: object) -> None:
        """Send a JSON document."""
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet: one line for each request would be part of what is measured."""


def main() -> None:
    """Serve on loopback until stopped."""
    parser = argparse.ArgumentParser(description="A small web shop to measure.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", type=Path, required=True)
    arguments = parser.parse_args()
    create_database(arguments.database)
    Handler.database_path = str(arguments.database)
    # Answers go out in two writes; without this the kernel would hold the second one back for 40 ms.
    ThreadingHTTPServer.daemon_threads = True
    Handler.wbufsize = -1
    with ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler) as server:
        sys.stdout.write(f"listening on {server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
