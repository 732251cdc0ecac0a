"""A circuit breaker (G-6): pure, told the time."""

from collections import deque
from enum import StrEnum

from settings.gateway import GatewayRules


class State(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Opens when at least half of 20 or more calls in 10 s fail; probes after 30 s."""

    def __init__(self, rules: GatewayRules) -> None:
        self._rules = rules
        self._calls: deque[tuple[int, bool]] = deque()
        self._failed = 0
        self._opened_at_ms: int | None = None
        self._probes = 0
        self._passed = 0

    def state(self, now_ms: int) -> State:
        """Where it stands."""
        if self._opened_at_ms is None:
            return State.CLOSED
        waited = now_ms - self._opened_at_ms >= self._rules.breaker_open_ms
        return State.HALF_OPEN if waited else State.OPEN

    def allows(self, now_ms: int) -> bool:
        """Whether one more call may go; half open, it counts as one of the probes."""
        state = self.state(now_ms)
        if state is State.HALF_OPEN and self._probes < self._rules.breaker_probes:
            self._probes += 1
            return True
        return state is State.CLOSED

    def retry_after_s(self, now_ms: int) -> int:
        """Seconds until a probe may go, at least one."""
        if self._opened_at_ms is None:
            return 1
        left = self._opened_at_ms + self._rules.breaker_open_ms - now_ms
        return max(1, -(-left // 1000))

    def ended(self, now_ms: int, *, well: bool) -> None:
        """Take note of how a call that was allowed ended."""
        if self._opened_at_ms is not None:
            self._probe_ended(now_ms, well=well)
            return
        self._calls.append((now_ms, well))
        self._failed += not well
        self._forget(now_ms)
        rules, count = self._rules, len(self._calls)
        if count >= rules.breaker_calls_min and self._failed >= count * rules.breaker_failures:
            self._open(now_ms)

    def _probe_ended(self, now_ms: int, *, well: bool) -> None:
        if self.state(now_ms) is State.OPEN:
            return  # It was under way when the breaker opened.
        if not well:
            self._open(now_ms)
            return
        self._passed += 1
        if self._passed >= self._rules.breaker_probes:
            self._opened_at_ms = None

    def _open(self, now_ms: int) -> None:
        self._opened_at_ms, self._probes, self._passed = now_ms, 0, 0
        self._calls.clear()
        self._failed = 0

    def _forget(self, now_ms: int) -> None:
        oldest = now_ms - self._rules.breaker_window_ms
        while self._calls and self._calls[0][0] < oldest:
            self._failed -= not self._calls.popleft()[1]
