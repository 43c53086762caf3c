"""What a load engine is told to do and what it gives back: the contract of all engines."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from perfreg.measure.engines.call import Call
from perfreg.measure.engines.profile import Profile
from perfreg.measure.engines.rows import Row
from perfreg.measure.targets import TargetPolicy
from perfreg.stats.distribution import Distribution, Moments
from perfreg.stats.histogram import Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Workers on other hosts: so many of them come to ``host`` and ``port`` within ``wait_s``."""

    workers: int
    host: str
    port: int
    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """Calls made over and over for ``duration_s`` seconds after ``warm_up_s``.

    Without a ``rate`` the loop is closed: ``users`` clients, or as many as ``stages`` says at the time, send and wait
    for their answers. With a ``rate`` (requests a second over time) it is open: they are sent when they are due, evenly
    or as a Poisson process (``poisson``, from the ``seed``), on up to ``max_connections``. ``share`` (i, n) makes this
    the i-th of n ``workers`` (processes), who has every n-th user and request.

    Every time a user goes through the calls it takes one of the ``rows`` for their placeholders, in an order that the
    ``seed`` repeats; with ``cookies`` it keeps and sends those of the server.

    ``alive`` is called about every half second and raises when going on makes no sense (the service died).
    ``progress`` gets the share that is done. ``verify`` says whether certificates must be good, or names the file with
    those that are trusted. ``keep_samples`` asks for every sample beside the histograms.

    With a ``script``, the path of a file in the engine's own language, that file says what is sent instead of
    ``calls``, starting at ``base_url``; ``targets`` are the hosts that it may load. With ``remote`` the load is made on
    other hosts.
    """

    calls: tuple[Call, ...]
    timeout_s: float
    users: int
    warm_up_s: float
    duration_s: float
    alive: Callable[[], None]
    progress: Callable[[float], None]
    script: str = ""
    base_url: str = ""
    targets: TargetPolicy = field(default_factory=TargetPolicy)
    rows: tuple[Row, ...] = ()
    cookies: bool = False
    stages: Profile = ()
    rate: Profile = ()
    poisson: bool = False
    max_connections: int = 1000
    seed: int = 0
    workers: int = 1
    remote: Remote | None = None
    share: tuple[int, int] = (0, 1)
    verify: bool | str = True
    keep_samples: bool = False

    @property
    def connections(self) -> int:
        """The most there may be at a time."""
        return self.max_connections if self.rate else self.users


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """What the load cost its generator: CPU time of ``workers`` processes and how late its timers were.

    ``lag`` is in ms: in an open loop the time from an arrival's moment to its being sent or queued, otherwise that by
    which regular timers were late. ``cpu_s`` was used in ``wall_s`` seconds.
    """

    cpu_s: float = 0.0
    wall_s: float = 0.0
    workers: int = 1
    lag: Distribution | None = None

    @property
    def busy(self) -> float:
        """The share of a core that each worker used."""
        return self.cpu_s / (self.wall_s * self.workers) if self.wall_s > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """One second of the time line: answers, failures, and the response times of the answers in ms.

    ``buckets`` has every 20th boundary of a usual histogram (2 % wide), to be small.
    """

    answers: int = 0
    failures: int = 0
    total_ms: float = 0.0
    longest_ms: float = 0.0
    buckets: Histogram


@dataclass(slots=True, kw_only=True)
class RawSamples:
    """Every answer, on request: columns in ns since the start of the measurement, and its bytes."""

    intended: array[int] = field(default_factory=lambda: array("q"))
    sent: array[int] = field(default_factory=lambda: array("q"))
    first_byte: array[int] = field(default_factory=lambda: array("q"))
    finished: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What happened after the warm-up.

    ``response`` has the times (ms) from the moment a request was meant to be made to the last byte of its answer,
    ``service`` those from its being sent, both by slice of the measured time (`perfreg.stats.describe.BLOCKS` slices
    and one for what was answered later). In a closed loop a request is meant to be made when the user is ready for it,
    in an open loop when the schedule says so; ``steps`` has the response times of each call by itself, where there are
    several, and ``names`` their names where only a script knows them.

    ``errors`` counts failures by class, and none of them has a time. ``requests`` counts everything that was sent, the
    warm-up included: what the service has worked for. ``repeated`` is how many were sent again, as the server had
    closed a connection that it was to keep. ``throughput`` is in answers a second, a slice lasts ``slice_s``, and
    ``steady`` tells that the load was to be the same all the time. ``faults`` are reasons not to trust any of this,
    such as a generator that did not keep its schedule.
    """

    response: tuple[Distribution, ...]
    service: tuple[Distribution, ...]
    open_loop: bool = False
    steady: bool = True
    connect: Distribution
    tls: Distribution
    first_byte: Distribution
    steps: tuple[tuple[Distribution, ...], ...] = ()
    names: tuple[str, ...] = ()
    size: Moments
    errors: Counter[str]
    requests: int
    repeated: int = 0
    elapsed_s: float
    throughput: float
    slice_s: float
    seconds: tuple[Second, ...]
    generator: Generator
    faults: tuple[str, ...] = ()
    samples: RawSamples | None = None

    @property
    def answers(self) -> int:
        """Requests that were answered well."""
        return sum(each.n for each in self.response)

    @property
    def attempts(self) -> int:
        """Requests that were answered or failed."""
        return self.answers + sum(self.errors.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadEngine:
    """A way to make HTTP load.

    ``drive`` raises `MeasureError` when the very first request cannot reach the server: nothing can be measured then.
    ``features`` are the keys of the configuration that it knows beyond a request and a number of users.
    """

    name: str
    summary: str
    drive: Callable[[LoadPlan], LoadResult]
    features: frozenset[str] = frozenset()
