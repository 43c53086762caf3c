"""The texts of /proc, parsed. Each function raises ``ValueError`` for a text that is not what it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_PRESSURE = re.compile(rb"^some .*?\btotal=(\d{1,20})\s*$", re.MULTILINE)
_DISK = re.compile(rb"^(?:read|write)_bytes:\s*(\d{1,20})\s*$", re.MULTILINE)
_SWITCHES = re.compile(rb"^(?:non)?voluntary_ctxt_switches:\s*(\d{1,20})\s*$", re.MULTILINE)
_KERNEL_THREAD = 0x00200000
"""``PF_KTHREAD`` of linux/sched.h."""


class ProcessStat(NamedTuple):
    """``/proc/PID/stat``. Times are in clock ticks; ``inherited`` is what ended children had used.

    A tuple, as one is made for every process at every look, and these are the quickest to make.
    """

    name: bytes
    state: str
    parent: int
    kernel: bool
    own: int
    inherited: int
    threads: int
    pages: int

    @property
    def is_dead(self) -> bool:
        """Whether it has ended, and only waits for its parent to notice."""
        return self.state in "ZXx"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTimes:
    """The line ``cpu`` of ``/proc/stat`` in clock ticks: what all processors did, and what was ``stolen`` of them."""

    work: int
    interrupts: int
    stolen: int

    @property
    def wanted(self) -> int:
        """Ticks in which there was something to do."""
        return self.work + self.interrupts + self.stolen


def process_stat(text: bytes) -> ProcessStat:
    """Read ``/proc/PID/stat``; the name may hold anything, spaces and brackets included."""
    start, end = text.find(b"("), text.rfind(b")")
    fields = text[end + 2 :].split()
    if not 0 <= start < end or len(fields) < 22 or len(fields[0]) != 1:
        raise ValueError("not a process's stat")
    own, inherited = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return ProcessStat(
        name=text[start + 1 : end],
        state=chr(fields[0][0]),
        parent=int(fields[1]),
        kernel=bool(int(fields[6]) & _KERNEL_THREAD),
        own=own,
        inherited=inherited,
        threads=int(fields[17]),
        pages=int(fields[21]),
    )


def disk_bytes(text: bytes) -> int:
    """Bytes that reached the storage layer, of ``/proc/PID/io``."""
    return _both(_DISK, text)


def context_switches(text: bytes) -> int:
    """Voluntary and involuntary context switches, of a thread's ``status``."""
    return _both(_SWITCHES, text)


def host_times(text: bytes) -> HostTimes:
    """Read ``/proc/stat``. Guests are part of user and nice already; waiting for a disk is no work."""
    first, *fields = text.partition(b"\n")[0].split()
    if first != b"cpu" or len(fields) < 4:
        raise ValueError("no line of all processors")
    user, nice, system, _, *others = map(int, fields)
    _, irq, softirq, stolen, *_ = (*others, 0, 0, 0, 0)
    return HostTimes(work=user + nice + system, interrupts=irq + softirq, stolen=stolen)


def pressure_us(text: bytes) -> int:
    """Microseconds in which something waited for a resource: ``some`` of a pressure file."""
    found = _PRESSURE.search(text)
    if found is None:
        raise ValueError("no pressure")
    return int(found[1])


def threads_of_host(text: bytes) -> int:
    """How many threads the machine has, of ``/proc/loadavg``."""
    fields = text.split()
    if len(fields) < 4 or fields[3].count(b"/") != 1:
        raise ValueError("no count of threads")
    return int(fields[3].partition(b"/")[2])


def open_files_of_host(text: bytes) -> int:
    """How many open files the machine has, of ``/proc/sys/fs/file-nr``."""
    fields = text.split()
    if len(fields) != 3:
        raise ValueError("no count of open files")
    return int(fields[0])


def _both(pattern: re.Pattern[bytes], text: bytes) -> int:
    """The sum of the two lines that ``pattern`` finds."""
    found = pattern.findall(text)
    if len(found) != 2:
        raise ValueError("no two counts")
    return int(found[0]) + int(found[1])
