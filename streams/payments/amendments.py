"""What an amendment of the order means for its money (G-8).

An order whose total changed before its money was asked for is charged the new total; one whose
money is held has no more captured than it costs. Once money is in, a difference above the waived
amount is a further payment, or goes back without approval: the goods never left. It goes back from
the latest payment that has it, so that the first stays one that amendments can be told to. What a
further payment was asked for and the order does not cost any more is not charged.
Of lines that the shop could not send it goes back to the last minor unit (G-11).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from events.orders import OrderAmended
from streams.payments import dispute_facts as df
from streams.payments import facts as f
from streams.payments.amounts import unaccepted_minor
from streams.payments.early_news import EarlyAmendment
from streams.payments.evolution import evolve_all
from streams.payments.lines import lines_committed
from streams.payments.refund import OPEN, Refund, RefundState, next_cause, refund_id_of
from streams.payments.rules import PaymentRules
from streams.payments.states import NOT_NEEDED, PAID, TAKEN, TERMINAL, Payment, Status
from streams.payments.steps import Facts, accept, with_capture

AMENDMENT: Final = "AMENDMENT"
"""The reason of a refund that an amendment is the cause of."""
_KEPT: Final = OPEN | {RefundState.COMPLETED}


def amend(
    payment: Payment,
    further: tuple[Payment, ...],
    event: OrderAmended | EarlyAmendment,
    at_ms: int,
    rules: PaymentRules,
) -> Facts:
    """Say what an amendment means for the order's first payment; a repeat changes nothing."""
    session = payment.session
    if payment.status in TERMINAL or event.currency != session.currency or session.recurring:
        return ()  # An order that a renewal pays costs what the renewal took.
    by_shop = event.cancellation_reason is not None
    dropped, added = _lines_changed(payment, event)
    amended = f.Amended(event.new_order_total_minor, dropped, added, by_shop)
    same = amended.total_minor == session.amount_minor
    if same and (dropped, added) == (payment.dropped, payment.added):
        return ()
    after = evolve_all(payment, (amended,))
    if payment.status in TAKEN:
        completed = complete(after, at_ms, rules)
        return amended, *completed, *balanced(after, at_ms, rules, further)
    return with_capture(payment, (amended,), at_ms, rules)


def _lines_changed(
    payment: Payment, event: OrderAmended | EarlyAmendment
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines of the session that are no part of the order any more, and those that it had not."""
    known = payment.lines - len(payment.added) + len(payment.dropped)
    if not event.lines or not known:
        return payment.dropped, payment.added
    first = [line for line in event.lines if line.number <= known]
    later = [line for line in event.lines if line.number > known]
    return (
        tuple([str(line.number) for line in first if not line.quantity]),
        tuple([str(line.number) for line in later if line.quantity]),
    )


def complete(payment: Payment, at_ms: int, rules: PaymentRules) -> Facts:
    """Complete a payment whose last line that was not committed is gone."""
    ready = 0 < payment.lines <= lines_committed(payment)
    if payment.complete or not ready or payment.cancel_reason or payment.status not in TAKEN:
        return ()
    return (f.Completed(rules.fee_minor(payment.captured_minor), at_ms),)


def balanced(
    payment: Payment, at_ms: int, rules: PaymentRules, further: tuple[Payment, ...] = ()
) -> Facts:
    """Charge or give back what the order's total differs by from what was paid for it."""
    if payment.session.order_id is None:
        return ()
    difference = payment.session.amount_minor - _covered(payment) - sum(map(_covered, further))
    if difference > rules.amendment_waived_minor:
        return (f.FurtherAsked(len(further) + 2, difference),)
    return overpaid(payment, at_ms, rules, further)


def overpaid(
    payment: Payment, at_ms: int, rules: PaymentRules, further: tuple[Payment, ...] = ()
) -> Facts:
    """Give back from the first payment what was taken above the total and is in no other."""
    rest = _above_minor(payment, further, rules) - sum(map(_room_minor, further))
    return _give_back(payment, rest, at_ms, rules) if rest > 0 else ()


def overpaid_further(
    payment: Payment, further: Mapping[str, Payment], at_ms: int, rules: PaymentRules
) -> Iterator[tuple[str, Facts]]:
    """Give back what was taken above the total from further payments, by their names."""
    above = _above_minor(payment, further.values(), rules)
    for payment_id, one in reversed(list(further.items())):
        amount = min(above, _room_minor(one))
        if amount > 0:
            yield payment_id, accept(one, _refund(one, amount, at_ms), at_ms, rules)
            above -= amount


def _above_minor(payment: Payment, further: Iterable[Payment], rules: PaymentRules) -> int:
    """What was taken above the order's total, or nothing where it is waived.

    What is only asked for may yet fail, and does not count.
    """
    if payment.cancel_reason or payment.status not in TAKEN:
        return 0
    taken = [payment, *(one for one in further if one.captured_minor)]
    above = sum(map(_covered, taken)) - payment.session.amount_minor
    return above if above > (0 if payment.exact else rules.amendment_waived_minor) else 0


def needless(
    first: Payment, further: Mapping[str, Payment], rules: PaymentRules
) -> Iterator[tuple[str, Facts]]:
    """End further payments that the order does not cost any more, the newest first.

    Only while nobody charges them: money that is in goes back, which its order is told.
    """
    short = first.session.amount_minor - _covered(first) - sum(map(_covered, further.values()))
    for payment_id, one in reversed(list(further.items())):
        spared = short + one.session.amount_minor
        if _is_uncharged(one) and spared <= rules.amendment_waived_minor:
            short = spared
            waived: Facts = (f.ReviewWaived(),) if one.fraud == "MANUAL_REVIEW" else ()
            yield payment_id, (f.Cancelled(NOT_NEEDED), *waived)


def _is_uncharged(payment: Payment) -> bool:
    return payment.status in {Status.INITIATED, Status.HELD} and not payment.attempt


def unpaid_minor(payment: Payment, further: Iterable[Payment] = ()) -> int:
    """What the order costs beyond what its payments took, less what amendments gave back.

    Of an order that a renewal pays all is paid.
    """
    if payment.session.recurring:
        return 0
    kept = [one.captured_minor - sum(_amended_back(one.refunds)) for one in (payment, *further)]
    return max(0, payment.session.amount_minor - sum(kept))


def under_way(further: Mapping[str, Payment]) -> dict[str, int]:
    """What further payments are asked for whose money is not in and may come yet, by their names.

    In minor units.
    """
    return {
        name: one.session.amount_minor
        for name, one in further.items()
        if not (one.captured_minor or one.final or one.status in TERMINAL)
    }


def _room_minor(further: Payment) -> int:
    """What a further payment has to give back."""
    has_money = further.status in PAID and not further.cancel_reason
    return max(0, unaccepted_minor(further)) if has_money else 0


def _covered(payment: Payment) -> int:
    """What a payment pays of the order: what it took, or will, less what amendments gave back."""
    if payment.status is Status.CANCELLED or payment.final:
        return 0
    is_taken = payment.captured_minor or payment.captured_at_ms
    paid = payment.captured_minor if is_taken else payment.session.amount_minor
    return paid - sum(_amended_back(payment.refunds))


def _amended_back(refunds: Iterable[Refund]) -> list[int]:
    return [r.amount_minor for r in refunds if r.reason == AMENDMENT and r.state in _KEPT]


def _give_back(payment: Payment, amount_minor: int, at_ms: int, rules: PaymentRules) -> Facts:
    """Give back from a payment; what it has not left is for a person."""
    amount = min(amount_minor, unaccepted_minor(payment))
    short: Facts = (df.Puzzled(),) if amount < amount_minor else ()
    if amount <= 0:
        return short
    return *accept(payment, _refund(payment, amount, at_ms), at_ms, rules), *short


def _refund(payment: Payment, amount_minor: int, at_ms: int) -> Refund:
    cause = f"amendment {next_cause(payment.refunds, at_ms)}"
    refund_id = refund_id_of(payment.charge_id, cause)
    return Refund(refund_id, amount_minor, RefundState.PROCESSING, at_ms, AMENDMENT)
