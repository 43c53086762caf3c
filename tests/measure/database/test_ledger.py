"""The clients' figures in histograms: exact where it matters, whoever writes and however much."""

from __future__ import annotations

import threading

import pytest

from perfreg.measure.database.ledger import Ledger, Page
from perfreg.stats.describe import BLOCKS
from perfreg.stats.distribution import merge

MS = 1_000_000


def test_times_of_all_clients_come_together_by_slice_and_statement() -> None:
    ledger = Ledger(("debit", "commit"))
    pages = [Page(ledger) for _ in range(3)]

    def work(page: Page) -> None:
        for number in range(3000):
            times = (4 * MS, 3 * MS, 2 * MS, MS, number)
            page.write((number % (BLOCKS + 1), *times, 5 * MS, 6 * MS), rows=number % 2)
        page.flush()

    threads = [threading.Thread(target=work, args=(page,)) for page in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    response = ledger.times("response")
    assert len(response) == BLOCKS + 1
    assert merge(response).n == merge(ledger.times("fetch")).n == ledger.part("commit").n == ledger.lag.n == 9000
    means = [merge(ledger.times(name)).moments.mean for name in ("response", "service", "query", "fetch")]
    assert means == pytest.approx([4, 3, 2, 1])
    assert ledger.part("debit").quantile(0.5) == pytest.approx(5)
    assert ledger.lag.moments.high == pytest.approx(2999e-6)
    assert pages[0].rows == {0: 1500, 1: 1500}
    assert pages[0].attempts == 3000


def test_failures_have_no_time_and_row_counts_no_end() -> None:
    ledger = Ledger()
    page = Page(ledger)
    for number in range(2000):
        page.write((0, 1, 1, 1, 1, 1), rows=number)
    page.fail("deadlock", "first")
    page.fail("deadlock", "second")
    page.flush()

    assert (page.attempts, page.errors, page.said) == (2002, {"deadlock": 2}, "first")
    assert merge(ledger.times("response")).n == 2000
    assert len(page.rows) == 1000
