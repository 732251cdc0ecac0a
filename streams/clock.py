"""The shop's calendar: which moment it shows, and when it will show another one.

Billing dates and daily reports follow days of the calendar, which no time scale divides. To show
months in minutes the calendar itself runs faster, and whoever follows it need not know.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """A calendar that runs `rate` times as fast as time from `start_ms` on, and true before.

    All that share state must have the same one, and keep it: changing it is a leap in time.
    """

    start_ms: int = 0
    rate: int = 1

    def calendar_ms(self, at_ms: int) -> int:
        """What the calendar shows at a moment."""
        return at_ms + (self.rate - 1) * max(0, at_ms - self.start_ms)

    def real_ms(self, calendar_ms: int) -> int:
        """The first moment at which the calendar shows at least that."""
        ahead = calendar_ms - self.start_ms
        return calendar_ms if ahead <= 0 else self.start_ms - (-ahead // self.rate)


TRUE = Clock()
"""The calendar on the wall."""
