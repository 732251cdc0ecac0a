"""What a person may take off the list of stuck payments (G-20)."""

from events.books import ResolveStuckPayment
from streams.moments import ms_of
from streams.payments.amounts import asked_capture_minor
from streams.payments.books import BOOKS, Stuck
from streams.payments.charges import take_in
from streams.payments.evolution import evolve_all
from streams.payments.facts import Cancelled, Fact, Resolved
from streams.payments.refund import REFUND_PREFIX
from streams.payments.refunds import made_after_all
from streams.payments.rules import PaymentRules
from streams.payments.states import Owed, Payment, Status
from streams.payments.steps import Facts, end, with_capture


def entries_of(listed: Stuck) -> tuple[str, ...]:
    """All that a row stands for."""
    return (*listed.on, BOOKS) if listed.why == BOOKS else listed.on


def is_refund(entry: str) -> bool:
    """Whether an entry is a refund that was asked for here."""
    return entry.startswith(REFUND_PREFIX)


def wants_word(entry: str, *, captured: bool | None, refunded: bool | None) -> bool:
    """Whether an entry stays for want of a word on how it went.

    A capture, for while it stands it is not asked for again; a refund, for what went back
    unknown could go back once more.
    """
    if entry == Owed.CAPTURE:
        return captured is None
    return is_refund(entry) and refunded is None


def resolve(listed: Stuck | None, command: ResolveStuckPayment, at_ms: int) -> tuple[Resolved, ...]:
    """Take off what the person saw.

    In order of precedence it means nothing when

    1. the payment is not on the list, as after the same word before;
    2. something came onto its row after the person looked;
    3. no entry named stands there, or only those that want a word on how it went (`wants_word`).
    """
    if listed is None or listed.since_ms != ms_of(command.listed_at):
        return ()
    standing = set(entries_of(listed))
    named = [one for one in command.entries if one in standing]
    words = {"captured": command.captured, "refunded": command.refunded}
    settled = tuple(dict.fromkeys([one for one in named if not wants_word(one, **words)]))
    if not settled:
        return ()
    return (Resolved(settled, command.resolved_by, command.note, at_ms),)


def settled(
    payment: Payment, word: Resolved, command: ResolveStuckPayment, at_ms: int, rules: PaymentRules
) -> Facts:
    """Say what a person's word means for the money, of captures and refunds whose end is unknown.

    Captured: the money is in, and goes back where the order was cancelled meanwhile. Not captured:
    it is asked for once more, under its own key, should they be wrong; or the hold is let go.
    Refunded: the refunds count as issued.
    """
    after = evolve_all(payment, (word,))
    if Owed.CAPTURE in word.entries and payment.status is Status.AUTHORIZED:
        return _capture_settled(after, command, at_ms, rules)
    facts: list[Fact] = []
    for entry in word.entries if command.refunded else ():
        so = made_after_all(after, entry, at_ms, rules)
        facts += so
        after = evolve_all(after, so)
    return tuple(facts)


def _capture_settled(
    payment: Payment, command: ResolveStuckPayment, at_ms: int, rules: PaymentRules
) -> Facts:
    if command.captured:
        return take_in(payment, asked_capture_minor(payment), payment.provider, at_ms, rules)
    if payment.cancel_reason:
        return end(payment, Cancelled(payment.cancel_reason), payment.cancel_reason, at_ms, rules)
    return with_capture(payment, (), at_ms, rules)
