"""What the clients of the rivals share: the command line, and the line of JSON at the end."""

from __future__ import annotations

import json
import sys
import time
from array import array
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Book:
    """The times of answers, and CPU time from the moment at which the load begins."""

    failures: int = 0
    times_ns: array[int] = field(default_factory=lambda: array("q"))
    began: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.process_time)

    def print(self) -> None:
        """The line that is read by the benchmark."""
        seconds, cpu_s = time.perf_counter() - self.began, time.process_time() - self.cpu
        times = sorted(self.times_ns)
        many = len(times)
        print(
            json.dumps(
                {
                    "requests": many + self.failures,
                    "rate": many / seconds,
                    "p50_us": times[many // 2] / 1e3 if times else 0.0,
                    "p99_us": times[many * 99 // 100] / 1e3 if times else 0.0,
                    "failures": self.failures,
                    "cpu_s": cpu_s,
                }
            )
        )


def arguments() -> tuple[str, int, float]:
    """URL, connections, seconds."""
    return sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
