"""Who asks too much: token buckets, and a bound on what is under way (G-3)."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket's shape: `per_min` tokens flow in a minute, `burst` fit in."""

    per_min: int
    burst: int

    @classmethod
    def of(cls, per_min: int, burst_ms: int, burst_min: int) -> "Rate":
        """A bucket that holds what flows in `burst_ms`, and `burst_min` at least."""
        return cls(per_min, max(burst_min, per_min * burst_ms // 60_000))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bucket said, with what its headers tell."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    """Seconds until the bucket is full again."""
    retry_after_s: int
    """Seconds until one token is there; 0 when this request got one."""


class Buckets:
    """Token buckets by name; the longest unused is forgotten first, which refills it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, rate: Rate, now_s: float) -> Verdict:
        """Take one token from the bucket of that name, if it has one; time never goes back."""
        tokens, at_s = self._kept.pop(name, (float(rate.burst), now_s))
        per_s = rate.per_min / 60
        tokens = min(rate.burst, tokens + (now_s - at_s) * per_s)
        allowed = tokens >= 1
        tokens -= allowed
        self._kept[name] = (tokens, now_s)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return Verdict(
            allowed,
            rate.burst,
            int(tokens),
            _ceil((rate.burst - tokens) / per_s),
            0 if allowed else _ceil((1 - tokens) / per_s),
        )


class UnderWay:
    """How many requests of each principal are being answered."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count: dict[str, int] = {}

    @contextmanager
    def one(self, name: str) -> Iterator[bool]:
        """Count one more while the block runs; False: there are too many already."""
        if self._count.get(name, 0) >= self._most:
            yield False
            return
        self._count[name] = self._count.get(name, 0) + 1
        try:
            yield True
        finally:
            self._count[name] -= 1
            if not self._count[name]:
                del self._count[name]


def _ceil(seconds: float) -> int:
    return -int(-seconds // 1)
