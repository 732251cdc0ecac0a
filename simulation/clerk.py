"""The clerk: takes payments off the list of those that a person must look at."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from engine.records import Record
from events.books import ResolveStuckPayment
from providers.ledger import LedgerEntry
from providers.payments import Done
from simulation.lane import Change, Lane
from simulation.outside import Outside
from simulation.people import Post, name_of, told_by
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS, moment_of
from streams.payments.books import BOOKS

_TABLE: Final = "stuck_payments"
_REFUND: Final = "RefundCharge"
_LATER_MS: Final = (MINUTE_MS, 3 * HOUR_MS, DAY_MS, 6 * DAY_MS)


@dataclass(slots=True)
class Clerk:
    """A witness of the list. What they say of money is what the provider's books have."""

    post: Post
    outside: Outside
    keys: dict[str, str] = field(default_factory=dict)
    """Under which idempotency key a refund was asked for."""

    def committed(self, _lane: Lane, changes: list[Change], records: list[Record]) -> None:
        """See what is on the list; they mend some of it, a while after they looked."""
        for record in records:
            if name_of(record) == _REFUND:
                asked = told_by(record)["data"]
                self.keys[asked["refundId"]] = asked["idempotencyKey"]
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
        """All that they saw, or one thing of it; now and then without a word on the money."""
        standing = (*listed.on, BOOKS) if listed.why == BOOKS else listed.on
        chosen = standing if self.post.may(0.7) else (self.post.chance.choice(standing),)
        book = next((b for b in self.outside.books() if b.charge_id == listed.charge_id), None)
        made = {one for one in chosen if self._is_made(book, one)}
        if made:  # What is said of one refund is said of all that are named.
            chosen = tuple([one for one in chosen if one in made or one not in self.keys])
        word = ResolveStuckPayment(
            payment_id=payment_id,
            entries=chosen,
            listed_at=moment_of(listed.since_ms),
            resolved_by="ann",
            note="looked at it",
            captured=bool(book and book.captures) if self.post.may(0.9) else None,
            refunded=bool(made) if self.post.may(0.9) else None,
        )
        self.post.put(word)

    def _is_made(self, book: LedgerEntry | None, refund_id: str) -> bool:
        """Whether the provider's books have a refund."""
        key = self.keys.get(refund_id)
        return book is not None and key is not None and isinstance(book.answers.get(key), Done)
