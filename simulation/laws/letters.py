"""A letter says what happened and nothing else, wakes nobody up, and is one of ten an hour.

Words are held against the event that they tell of, as it stands on the wire. Everybody in the
simulation lives in New York.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from simulation.laws.broken import insist
from simulation.laws.units import Data

SAYS: Final = "a letter says what its event says"
QUIET: Final = "no SMS wakes anybody up"
FEW: Final = "no more than ten letters an hour, but for what is urgent"
_ZONE: Final = ZoneInfo("America/New_York")
_QUIET_FROM, _QUIET_TO = 21, 8
_LATE_H: Final = 2
"""How long a letter that was asked for before quiet hours may be on its way."""
_HOUR_MS: Final = 60 * 60_000
_HOURLY: Final = 10
_SAME: Final = ("orderId", "paymentId", "currency", "amount")
"""Words that are called like the event's own field."""
_OWN: Final = frozenset(
    {"nothing is left to give back", "lost", "back", "address", "In-app"}  # and nothing else
)
"""What letters say in words of their own."""


@dataclass(slots=True)
class LettersLaw:
    """Everything that is told, and the letters that tell of it."""

    clock: Callable[[], int]
    events: dict[str, Data] = field(default_factory=dict)
    """What was told, by event id."""
    left: Counter[tuple[str, int]] = field(default_factory=Counter)
    """NORMAL letters that left the house, by recipient and hour."""

    def told(self, envelope: Data) -> None:
        """Something happened that a letter may tell of."""
        self.events[envelope["eventId"]] = envelope["data"]

    def notified(self, _key: str, before: Any, row: Any) -> None:
        """A letter is new, or goes on."""
        if row is None:
            return
        if before is None:
            told = self.events.get(row.notification_id.partition(":")[0])
            if told is not None:
                _says(row, told)
        begins = row.attempts > (0 if before is None else before.attempts)
        if begins and row.channel != "IN_APP":
            self._leaves(row)

    def _leaves(self, row: Any) -> None:
        """A try began."""
        if row.channel == "SMS" and row.priority != "HIGH":
            hour = datetime.fromtimestamp(self.clock() / 1000, UTC).astimezone(_ZONE).hour
            quiet = hour >= _QUIET_FROM + _LATE_H or hour < _QUIET_TO
            insist(not quiet, QUIET, row.notification_id, f"it leaves at {hour} h")
        if row.priority == "NORMAL" and row.attempts == 1 and not row.members:
            window = row.user_id, row.wanted_ms // _HOUR_MS
            self.left[window] += 1
            few = self.left[window] <= _HOURLY
            insist(few, FEW, row.notification_id, f"{self.left[window]} to {row.user_id}")


def _says(row: Any, told: Data) -> None:
    """Hold every word of a letter against its event."""
    words, known = row.template_data, set(_known(told))
    for name in _SAME:
        if words.get(name) and told.get(name):
            wanted = told[name] if name != "amount" else f"{told[name]:.2f}"
            insist(words[name] == wanted, SAYS, row.notification_id, f"{name}: {words}, {told}")
    for word in _leaves(words):
        fine = word in known or word in _OWN
        insist(fine, SAYS, row.notification_id, f"«{word}» of {row.template_id}: {told}")


def _leaves(words: Any) -> Iterator[str]:
    """Every word that says something."""
    if isinstance(words, dict | list):
        for part in words.values() if isinstance(words, dict) else words:
            yield from _leaves(part)
    elif words and not isinstance(words, bool):
        yield str(words)


def _known(told: Any) -> Iterator[str]:
    """Every way in which an event's values may be written."""
    if isinstance(told, dict | list):
        for part in told.values() if isinstance(told, dict) else told:
            yield from _known(part)
    elif isinstance(told, str):
        yield from (told, told.replace("_", " ").lower(), told[:10])
        yield f"{told[:10]} {told[11:16]} UTC"
    elif told is not None and not isinstance(told, bool):
        yield from (str(told), f"{told:.2f}")
