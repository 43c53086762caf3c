"""httpx as its manual shows it: one client, a task for each connection. `client_httpx.py URL CONNECTIONS SECONDS`."""

from __future__ import annotations

import asyncio
import time

import httpx
from client import Book, arguments


async def main() -> None:
    """Load the server."""
    url, connections, seconds = arguments()
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=connections)) as client:
        await client.get(url)
        book = Book()
        until = time.perf_counter() + seconds

        async def user() -> None:
            while time.perf_counter() < until:
                sent = time.perf_counter_ns()
                answer = await client.get(url)
                book.times_ns.append(time.perf_counter_ns() - sent)
                book.failures += answer.status_code != 200

        await asyncio.gather(*(user() for _ in range(connections)))
        book.print()


if __name__ == "__main__":
    asyncio.run(main())
