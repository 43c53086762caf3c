"""Locust's FastHttpUser in one process, without its web server. `client_locust.py URL CONNECTIONS SECONDS`."""

from __future__ import annotations

import gevent.monkey

gevent.monkey.patch_all()

import gevent  # noqa: E402 - the sockets of everything below are to be gevent's
from client import Book, arguments  # noqa: E402
from locust import FastHttpUser, constant, events, task  # noqa: E402
from locust.env import Environment  # noqa: E402

URL, CONNECTIONS, SECONDS = arguments()


class Repeater(FastHttpUser):
    """Sends one request after the other."""

    host = URL.rstrip("/")
    wait_time = constant(0)

    @task
    def get(self) -> None:
        """Send one."""
        self.client.get("/")


def main() -> None:
    """Load the server."""
    environment = Environment(user_classes=[Repeater], events=events)
    runner = environment.create_local_runner()
    # At once: users who come one by one would make the first second a slow one.
    runner.start(CONNECTIONS, spawn_rate=CONNECTIONS, wait=True)
    runner.stats.clear_all()
    book = Book()
    gevent.sleep(SECONDS)
    total = runner.stats.total
    book.failures = total.num_failures
    for milliseconds, many in total.response_times.items():
        book.times_ns.extend([round(1e6 * milliseconds)] * many)
    book.print()
    runner.quit()


if __name__ == "__main__":
    main()
