"""What a worker counts: plain integers, read by the metrics endpoint and by tests."""

from collections import Counter
from dataclasses import dataclass, field

_BUCKETS_RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


Unplaced = tuple[str, str, str]
"""A topic, a type and a field."""


class Histogram:
    """Counts in fixed buckets; cheap enough for once a batch."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        for index, bound in enumerate(self.bounds):
            if value <= bound:
                self.counts[index] += 1
                break
        else:
            self.counts[-1] += 1
        self.total += value

    def cumulative(self) -> list[tuple[str, float]]:
        """Prometheus buckets: (upper bound, values at or below it)."""
        found, running = [], 0
        for bound, count in zip(self.bounds, self.counts, strict=False):
            running += count
            found.append((str(bound), float(running)))
        found.append(("+Inf", float(running + self.counts[-1])))
        return found


@dataclass
class Stats:
    """One worker's counters; every lane adds to the same."""

    skipped: int = 0
    """Records at or below a marker, read again after a restart."""
    ignored: int = 0
    """Records of a type that no agent reads."""
    rekeyed: int = 0
    """Records forwarded to another partition."""
    unplaced: Counter[Unplaced] = field(default_factory=Counter)
    """Records without the field by which an agent reads them, which never sees them. Many need
    none: an order of no cart has no cart's id."""
    lost: Counter[str] = field(default_factory=Counter)
    """Positions by topic that the broker had deleted before they were read."""
    commits: int = 0
    outputs: int = 0
    rows: int = 0
    rebalances: int = 0
    dropped_chunks: int = 0
    """Chunks of an older generation; their records are read again."""
    records: Counter[str] = field(default_factory=Counter)
    dead: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Dead letters by topic, agent and error: the lane's, and those that agents write."""
    dead_told: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """The same as the log counts them: one of them may come by twice (`Processor._redo`)."""
    timers: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed_timers: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Timers whose handler raised, by agent and kind, each attempt; they are tried again.
    Of kind `tick`: the agent's tick."""
    chunk_records: Histogram = field(default_factory=lambda: Histogram(_BUCKETS_RECORDS))
    transaction_s: Histogram = field(default_factory=lambda: Histogram(_BUCKETS_S))
    busy_since: float = 0.0
    """On the monotonic clock: when a lane began what it is doing; 0: none does anything."""
    busy_agent: str = ""
    """Whose handler was found to take long, while it does."""
    unanswered_since: float = 0.0
    """On the monotonic clock: when the broker was asked whether it is there, until it answers; 0:
    it has."""
    slow: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Chunks, by topic, and ticks that took longer than `Policy.slow_s`, with the agent."""
    recovered_records: int = 0
    recovery_s: float = 0.0

    def count_records(self, topic: str, records: int) -> None:
        """Records of one chunk were applied."""
        self.records[topic] += records
        self.chunk_records.observe(records)

    def count_slow(self, what: str) -> None:
        """Something that a lane did took long."""
        self.slow[what, self.busy_agent] += 1
        self.busy_agent = ""

    def count_failed_timer(self, agent: str, kind: str) -> None:
        """A timer's handler raised."""
        self.failed_timers[agent, kind] += 1

    def count_timer(self, agent: str, kind: str) -> None:
        """A timer fired."""
        self.timers[agent, kind] += 1
