from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from perfreg.measure.engines.k6.output import NOBODY, Rows, Sorter, Trail

HEADER = ["metric_name", "timestamp", "metric_value", "error", "error_code", "expected_response", "name", "status",
          "extra_tags", "metadata"]  # fmt: skip
AT = 1_700_000_000_000_000_000


class Ledger:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.trails: list[Trail] = []
        self.answers: list[tuple[tuple[int, int], float]] = []
        self.drops: list[int] = []
        self.checks: list[tuple[int, int]] = []

    def begin(self, at: int) -> None:
        self.begun.append(at)

    def request(self, trail: Trail) -> None:
        self.trails.append(trail)

    def answer(self, visit: tuple[int, int], value: float) -> None:
        self.answers.append((visit, value))

    def drop(self, at: int) -> None:
        self.drops.append(at)

    def unlikely(self, visit: tuple[int, int], at: int) -> None:
        assert at >= 0
        self.checks.append(visit)


def sample(metric: str, value: object, *, metadata: str = "perfreg=1.0", at: object = AT, **tags: str) -> list[str]:
    columns = {"metric_name": metric, "timestamp": str(at), "metric_value": str(value), "metadata": metadata, **tags}
    return [columns.get(name, "") for name in HEADER]


def request(**tags: str) -> list[list[str]]:
    times = {"duration": 3.5, "blocked": 2.0, "connecting": 0.5, "tls_handshaking": 1.0, "sending": 0.25,
             "waiting": 3.0, "receiving": 0.25}  # fmt: skip
    parts = [sample(f"http_req_{name}", f"{value:f}", **tags) for name, value in times.items()]
    return [sample("http_reqs", "1.000000", **tags), *parts]


def sort(rows: Sequence[list[str]]) -> tuple[Ledger, Sorter]:
    ledger = Ledger()
    sorter = Sorter(ledger)
    sorter.take([HEADER, *rows])
    sorter.end()
    return ledger, sorter


def test_samples_of_a_request_are_put_together() -> None:
    rows = [sample("perfreg_begun", "1700000000000.000000"), *request(status="200", name="1", expected_response="true"),
            sample("vus", "5.000000"), *request(status="0", error_code="1212", error="dial: connection refused"),
            sample("perfreg_answered", "5.000000", metadata="a=b&perfreg=7.12"), sample("dropped_iterations", "1"),
            sample("checks", "0"), sample("checks", "1"), *request(metadata="", status="204")]  # fmt: skip
    ledger, sorter = sort(rows)
    good, bad, nobodys = ledger.trails
    assert sorter.malformed == 0
    assert ledger.begun == [AT]
    assert (good.visit, good.name, good.status, good.error_code, good.expected) == ((1, 0), "1", 200, 0, "true")
    assert (good.begun, good.sent, good.first_byte) == (AT - 5_000_000, AT - 3_500_000, AT - 250_000)
    assert good.times[2:4] == [500_000, 1_000_000]
    assert (bad.status, bad.error_code, bad.error) == (0, 1212, "dial: connection refused")
    assert nobodys.visit == NOBODY
    assert ledger.answers == [((7, 12), 5.0)]
    assert ledger.drops == [AT]
    assert ledger.checks == [(1, 0)]


def test_what_is_no_sample_is_left_out_and_counted() -> None:
    strange = [
        sample("http_reqs", "1", at="yesterday"),
        sample("http_reqs", "1", at=-1),
        sample("http_reqs", "1", status="teapot"),
        sample("perfreg_answered", "nan"),
        sample("perfreg_begun", "inf"),
        ["hello"],
        ["http_reqs", "1"],
        [],
    ]
    ledger, sorter = sort([*strange, *request(status="200")])
    assert sorter.malformed == len(strange)
    assert len(ledger.trails) == 1


def test_a_time_that_is_none_is_counted_once_and_spoils_nothing_else() -> None:
    rows = request(status="200")
    rows[2][2] = "-1.0"
    ledger, sorter = sort(rows)
    assert sorter.malformed == 1
    assert ledger.trails[0].times[0] == 3_500_000


def test_samples_before_the_line_of_names_are_none() -> None:
    sorter = Sorter(Ledger())
    sorter.take(request())
    assert sorter.malformed == 8


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=12)


@given(rows=st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=8), size=st.integers(1, 40))
@example(rows=[["a", 'say "x"\n, y'], ["b", ""]], size=1)
def test_rows_come_whole_however_they_are_cut(rows: list[list[str]], size: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    content = text.getvalue().encode()
    reader = Rows()
    found = [row for at in range(0, len(content), size) for row in reader.feed(content[at : at + size])]
    reader.end()
    assert found == rows
    assert reader.malformed == 0


@given(st.lists(st.binary(max_size=80) | st.sampled_from([b"\n", b'"', b",", b"http_reqs,1,1\n"]), max_size=30))
def test_no_bytes_make_the_reader_fail(chunks: list[bytes]) -> None:
    reader, ledger = Rows(), Ledger()
    sorter = Sorter(ledger)
    sorter.take([HEADER])
    for chunk in chunks:
        sorter.take(reader.feed(chunk))
    reader.end()
    sorter.end()


@given(st.lists(st.lists(st.sampled_from(["http_reqs", "checks", "perfreg_answered", "perfreg_begun", "metric_name",
       "http_req_duration", "dropped_iterations", "0", "1e308", "-1", "nan", "9" * 40, "", "perfreg=1.2"]),
       min_size=8, max_size=12)))  # fmt: skip
def test_no_rows_make_the_sorter_fail(rows: list[list[str]]) -> None:
    ledger, _ = sort(rows)
    assert all(trail.begun <= trail.sent <= trail.ended for trail in ledger.trails)


def test_a_line_without_end_costs_no_memory() -> None:
    reader = Rows()
    for _ in range(64):
        assert not reader.feed(b"x" * 100_000)
    assert reader.malformed >= 5
    reader = Rows()
    for _ in range(64):
        assert not reader.feed(b'"' + b"x" * 49_998 + b"\n" + b"x" * 50_000)
    assert reader.malformed >= 1
