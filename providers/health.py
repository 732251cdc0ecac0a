"""Whether a provider counts as down (G-19): a circuit breaker with an injected clock.

Down after so many errors in a row, or when more than a share of a window's calls failed. Then
one call at a time is let through after a pause, to see whether it is back. A refusal (a
declined card) is an answer, not an error. The log has a line when it goes down, with the error
that did it, and one when it is back.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

LOG = logging.getLogger(__name__)

Clock = Callable[[], int]
"""Milliseconds: such as only grow, or since 1970."""


def ticks_ms() -> int:
    """The clock of this process, which only grows."""
    return time.monotonic_ns() // 1_000_000


def now_ms() -> int:
    """The time of day, since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class HealthRules:
    """When a provider counts as down. Times are milliseconds."""

    errors_max: int = 5
    share_max: float = 0.5
    window_ms: int = 60_000
    calls_min: int = 20
    down_ms: int = 30_000


class Health:
    """One provider's health, as this process sees it."""

    def __init__(self, who: str, rules: HealthRules) -> None:
        """`who` is how the log calls it."""
        self._who = who
        self._rules = rules
        self._in_a_row = 0
        self._calls = 0
        self._errors = 0
        self._window_end_ms = 0
        self._down_until_ms = 0
        """0: up. Else the time of the next probe."""
        self._is_probing = False

    @property
    def is_up(self) -> bool:
        """Whether calls are made freely."""
        return not self._down_until_ms

    def takes_calls(self, now_ms: int) -> bool:
        """Whether `allows` would say yes, without taking the probe."""
        return now_ms >= self._down_until_ms

    def allows(self, now_ms: int) -> bool:
        """Whether a call may be made now; while down, one in every pause."""
        if self.is_up:
            return True
        if now_ms < self._down_until_ms:
            return False
        self._down_until_ms = now_ms + self._rules.down_ms
        self._is_probing = True
        return True

    def answered(self, now_ms: int) -> None:
        """Count a call that was answered; while down, only a probe tells that it is back."""
        self._count(now_ms, 0)
        self._in_a_row = 0
        if self._is_probing:
            self._is_probing = False
            self._down_until_ms = self._calls = self._errors = 0
            LOG.warning("%s answers again", self._who)

    def failed(self, now_ms: int, why: object) -> None:
        """Count a call that failed."""
        self._count(now_ms, 1)
        self._in_a_row += 1
        rules = self._rules
        failing = self._calls >= rules.calls_min and self._errors > rules.share_max * self._calls
        self._is_probing = False
        if self.is_up and (failing or self._in_a_row >= rules.errors_max):
            self._down_until_ms = now_ms + rules.down_ms
            every_s = rules.down_ms / 1000
            LOG.warning("%s counts as down, tried every %g s: %s", self._who, every_s, why)

    def _count(self, now_ms: int, errors: int) -> None:
        if now_ms >= self._window_end_ms:
            self._window_end_ms = now_ms + self._rules.window_ms
            self._calls = self._errors = 0
        self._calls += 1
        self._errors += errors
