"""aiohttp as its manual shows it: one session, a task for each connection. `client_aiohttp.py URL CONNECTIONS SECONDS`.

It is no dependency of perfreg's, so its types are not known here.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from typing import Any

from client import Book, arguments


async def main() -> None:
    """Load the server."""
    url, connections, seconds = arguments()
    aiohttp: Any = importlib.import_module("aiohttp")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        async with session.get(url) as answer:
            await answer.read()
        book = Book()
        until = time.perf_counter() + seconds

        async def user() -> None:
            while time.perf_counter() < until:
                sent = time.perf_counter_ns()
                async with session.get(url) as answer:
                    await answer.read()
                book.times_ns.append(time.perf_counter_ns() - sent)
                book.failures += answer.status != 200

        await asyncio.gather(*(user() for _ in range(connections)))
        book.print()


if __name__ == "__main__":
    asyncio.run(main())
