"""One verb that folds a decision: the row after it, what is said, and which timers change."""

from collections.abc import Sequence
from typing import NamedTuple

from streams.payments.alarms import Alarm, alarms
from streams.payments.commands import Announcement
from streams.payments.evolution import evolve
from streams.payments.facts import Fact
from streams.payments.messages import said
from streams.payments.rules import PaymentRules
from streams.payments.states import MOVES, Payment


class Step(NamedTuple):
    """What follows from facts."""

    payment: Payment
    announcements: list[Announcement]
    alarms: list[Alarm]


def fold(
    payment_id: str, payment: Payment | None, facts: Sequence[Fact], rules: PaymentRules
) -> Step:
    """Fold facts into the row; each is said as the row stands right after it.

    Raises:
        AssertionError: a change of state that the contract does not have.
    """
    assert facts, "nothing to fold"
    announcements: list[Announcement] = []
    after = payment
    for fact in facts:
        before, after = after, evolve(after, fact)
        if before is not None and before.status is not after.status:
            move = (before.status, after.status)
            assert move in MOVES, f"{move[0]} to {move[1]} by {type(fact).__name__}"
        announcements.extend(said(payment_id, after, fact, rules))
    assert after is not None, "the first fact opens the payment"
    known, changes = alarms(payment, after)
    return Step(known, announcements, changes)
