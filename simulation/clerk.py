"""The clerk: takes payments off the list of those that a person must look at."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from engine.records import Record
from events.books import ResolveStuckPayment
from simulation.lane import Change, Lane
from simulation.outside import Outside
from simulation.people import Post
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS, moment_of
from streams.payments.books import BOOKS

_TABLE: Final = "stuck_payments"
_LATER_MS: Final = (MINUTE_MS, 3 * HOUR_MS, DAY_MS, 6 * DAY_MS)


@dataclass(slots=True)
class Clerk:
    """A witness of the list. What they say of a capture is what the provider's books have."""

    post: Post
    outside: Outside

    def committed(self, _lane: Lane, changes: list[Change], _records: list[Record]) -> None:
        """See what is on the list; they mend some of it, a while after they looked."""
        for change in changes:
            is_listed = change.table == _TABLE and change.row is not None
            if is_listed and self.post.may(self.post.habits.settles):
                after_ms = self.post.chance.choice(_LATER_MS)
                act = partial(self._settle, change.key, change.row)
                self.post.world.later(after_ms, act)

    def sent(self, record: Record) -> None:
        """It is not on the list."""

    def quiet(self) -> None:
        """Nothing to look at."""

    def _settle(self, payment_id: str, listed: Any) -> None:
        """All that they saw, or one thing of it; now and then without a word on the capture."""
        standing = (*listed.on, BOOKS) if listed.why == BOOKS else listed.on
        chosen = standing if self.post.may(0.7) else (self.post.chance.choice(standing),)
        word = ResolveStuckPayment(
            payment_id=payment_id,
            entries=chosen,
            listed_at=moment_of(listed.since_ms),
            resolved_by="ann",
            note="looked at it",
            captured=self._is_taken(listed.charge_id) if self.post.may(0.9) else None,
        )
        self.post.put(word)

    def _is_taken(self, charge_id: str) -> bool:
        return any(one.charge_id == charge_id and one.captures for one in self.outside.books())
