from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.measure.proc import text

STAT = (
    b"4242 (%s) S 17 4242 4242 0 -1 %d 900 10 0 0 250 50 1200 34 20 0 7 0 987654 120000000 2500 18446744073709551615 "
    b"1 1 0 0 0 0 0 16781312 134235906 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
)
IO = b"rchar: 9\nwchar: 9\nsyscr: 1\nsyscw: 1\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 512\n"
STATUS = b"Name:\tx\nThreads:\t3\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t7\n"
HOST = b"cpu  100 20 30 4000 50 6 7 80 5 1\ncpu0 50 10 15 2000 25 3 3 40 2 0\nintr 12\n"
PRESSURE = b"some avg10=0.00 avg60=1.20 avg300=0.10 total=123456\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=99\n"

PARSERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "stat": (text.process_stat, STAT % (b"x", 0x400000)),
    "io": (text.disk_bytes, IO),
    "status": (text.context_switches, STATUS),
    "host": (text.host_times, HOST),
    "pressure": (text.pressure_us, PRESSURE),
    "loadavg": (text.threads_of_host, b"0.50 0.40 0.30 2/345 6789\n"),
    "file-nr": (text.open_files_of_host, b"1200\t0\t9223372036854775807\n"),
}


def test_what_each_file_says() -> None:
    seen = text.process_stat(STAT % (b"web server", 0x400000))
    assert seen == text.ProcessStat(
        name=b"web server", state="S", parent=17, kernel=False, own=300, inherited=1234, threads=7,
        pages=2500,
    )  # fmt: skip
    assert not seen.is_dead
    assert text.process_stat(STAT.replace(b" S ", b" Z ") % (b"x", 0)).is_dead
    assert text.process_stat(STAT % (b"kworker/0:1", 0x04208060)).kernel
    assert text.disk_bytes(IO) == 12288
    assert text.context_switches(STATUS) == 157
    host = text.host_times(HOST)
    assert (host.work, host.interrupts, host.stolen, host.wanted) == (150, 13, 80, 243)
    assert text.pressure_us(PRESSURE) == 123456
    assert text.threads_of_host(b"0.50 0.40 0.30 2/345 6789\n") == 345
    assert text.open_files_of_host(b"1200\t0\t9223372036854775807\n") == 1200


def test_an_old_kernel_says_less_of_its_processors() -> None:
    assert text.host_times(b"cpu 1 2 3 4\n") == text.HostTimes(work=6, interrupts=0, stolen=0)


@given(st.binary(max_size=40).filter(lambda name: b"\0" not in name))
def test_a_name_may_hold_anything(name: bytes) -> None:
    seen = text.process_stat(STAT % (name, 0))
    assert (seen.name, seen.parent, seen.pages) == (name, 17, 2500)


@pytest.mark.parametrize("file", PARSERS)
@given(noise=st.binary(max_size=300))
def test_noise_is_refused_in_one_way(file: str, noise: bytes) -> None:
    parse, _ = PARSERS[file]
    try:
        parse(noise)
    except ValueError:
        return
    assert re.search(rb"\d", noise)  # what was read had a number in it


@pytest.mark.parametrize("file", PARSERS)
@given(data=st.data())
def test_a_file_that_is_damaged_is_read_or_refused(file: str, data: st.DataObject) -> None:
    parse, whole = PARSERS[file]
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    damaged = whole[:start] + data.draw(st.binary(max_size=12)) + whole[end:]
    try:
        parse(damaged)
    except ValueError:
        return


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_the_files_of_this_kernel() -> None:
    assert text.process_stat(Path("/proc/self/stat").read_bytes()).threads >= 1
    assert text.host_times(Path("/proc/stat").read_bytes()).work > 0
    assert text.threads_of_host(Path("/proc/loadavg").read_bytes()) > 1
