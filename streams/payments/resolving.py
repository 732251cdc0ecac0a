"""What a person may take off the list of stuck payments (G-20)."""

from events.books import ResolveStuckPayment
from streams.moments import ms_of
from streams.payments.amounts import asked_capture_minor
from streams.payments.books import BOOKS, Stuck
from streams.payments.charges import take_in
from streams.payments.evolution import evolve_all
from streams.payments.facts import Cancelled, Resolved
from streams.payments.rules import PaymentRules
from streams.payments.states import Owed, Payment, Status
from streams.payments.steps import Facts, end, with_capture


def entries_of(listed: Stuck) -> tuple[str, ...]:
    """All that a row stands for."""
    return (*listed.on, BOOKS) if listed.why == BOOKS else listed.on


def resolve(listed: Stuck | None, command: ResolveStuckPayment, at_ms: int) -> tuple[Resolved, ...]:
    """Take off what the person saw.

    In order of precedence it means nothing when

    1. the payment is not on the list, as after the same word before;
    2. something came onto its row after the person looked;
    3. no entry named stands there, or only `capture` without a word on how it went: while it
       stands it keeps the capture from being asked for again.
    """
    if listed is None or listed.since_ms != ms_of(command.listed_at):
        return ()
    standing = set(entries_of(listed)) - ({Owed.CAPTURE} if command.captured is None else set())
    settled = tuple(dict.fromkeys([one for one in command.entries if one in standing]))
    if not settled:
        return ()
    return (Resolved(settled, command.resolved_by, command.note, at_ms),)


def capture_settled(
    payment: Payment, word: Resolved, command: ResolveStuckPayment, at_ms: int, rules: PaymentRules
) -> Facts:
    """Say what a person's word on a capture means whose outcome nobody knew; money moves by it.

    Taken: the money is in, and goes back where the order was cancelled meanwhile. Not taken: it
    is asked for once more, under its own key, should they be wrong; or the hold is let go.
    """
    if Owed.CAPTURE not in word.entries or payment.status is not Status.AUTHORIZED:
        return ()
    after = evolve_all(payment, (word,))
    if command.captured:
        return take_in(after, asked_capture_minor(after), after.provider, at_ms, rules)
    if payment.cancel_reason:
        return end(after, Cancelled(payment.cancel_reason), payment.cancel_reason, at_ms, rules)
    return with_capture(after, (), at_ms, rules)
