"""How facts about refunds change a payment."""

from msgspec.structs import replace

from streams.payments import refund_facts as rf
from streams.payments.refund import Refund, RefundState, find, with_refund
from streams.payments.states import (
    PAID,
    Owed,
    Payment,
    Status,
    loosened,
    stuck_on,
    without_token,
)


def refund_noted(payment: Payment, fact: rf.RefundNoted) -> Payment:
    """The refund is among the payment's, in the state it says."""
    return replace(payment, refunds=with_refund(payment.refunds, fact.refund))


def refund_asked(payment: Payment, fact: rf.RefundAsked) -> Payment:
    """The provider owes the refund."""
    return replace(
        payment,
        refund_id=fact.refund_id,
        refund_minor=fact.amount_minor,
        owed=Owed.REFUND,
        owed_due_ms=fact.due_ms,
        asks=1,
    )


def refund_refused(payment: Payment, fact: rf.RefundRefused) -> Payment:
    """A refund that was noted has ended; one refused at once leaves no trace."""
    state = RefundState.CANCELLED if fact.lapsed else RefundState.FAILED
    return refund_ended(payment, fact.refund_id, state)


def refund_ended(payment: Payment, refund_id: str, state: RefundState) -> Payment:
    """The refund of that id is in its last state."""
    refund = find(payment.refunds, refund_id)
    if refund is None:
        return payment
    return replace(payment, refunds=with_refund(payment.refunds, replace(refund, state=state)))


def refund_underway(payment: Payment, fact: rf.RefundUnderway) -> Payment:
    """The provider owes no answer now; the refunds behind this one may go on."""
    answered = payment.owed is Owed.REFUND and fact.refund_id == payment.refund_id
    payment = owing_nothing(payment) if answered else payment
    return _with(payment, fact.refund_id, underway=True, look_ms=fact.look_ms)


def refund_looked(payment: Payment, fact: rf.RefundLooked) -> Payment:
    """The provider is asked again later, or no more."""
    return _with(payment, fact.refund_id, look_ms=fact.look_ms)


def refund_dropped(payment: Payment, fact: rf.RefundDropped) -> Payment:
    """The refund has failed, and a person must look."""
    payment = refund_ended(payment, fact.refund_id, RefundState.FAILED)
    return stuck_on(payment, fact.refund_id)


def refund_bounced(payment: Payment, fact: rf.RefundBounced) -> Payment:
    """The shop has the money again; a refund that was made stays one, as does the payment."""
    payment = _with(payment, fact.refund_id, bounced=True)
    left = payment.refunded_minor - fact.amount_minor
    return stuck_on(replace(payment, refunded_minor=left), fact.refund_id)


def _with(payment: Payment, refund_id: str, **changes: object) -> Payment:
    refund = find(payment.refunds, refund_id)
    assert refund is not None, "a refund that a provider has is kept"
    return replace(payment, refunds=with_refund(payment.refunds, replace(refund, **changes)))


def refunded(payment: Payment, fact: rf.Refunded) -> Payment:
    """More went back; once all of it did, the payment is REFUNDED."""
    total = payment.refunded_minor + fact.amount_minor
    whole = total + payment.charged_back_minor >= payment.captured_minor
    status = payment.status
    if status in PAID:
        status = Status.REFUNDED if whole else Status.PARTIALLY_REFUNDED
    payment = without_token(payment) if whole else payment
    # Once nothing is left to give, no refund that failed is missing any more.
    payment = loosened(payment, fact.refund_id, *[r.refund_id for r in payment.refunds if whole])
    answered = payment.owed is Owed.REFUND and fact.refund_id == payment.refund_id
    return replace(
        owing_nothing(payment) if answered else payment,
        status=status,
        refunded_minor=total,
        refunds=with_refund(payment.refunds, _completed(payment, fact)),
        committed=() if whole else payment.committed,
        due_ms=0 if status is Status.REFUNDED else payment.due_ms,
    )


def owing_nothing(payment: Payment) -> Payment:
    """Nobody owes the payment an answer."""
    return replace(payment, owed=Owed.NOTHING, owed_due_ms=0, asks=0)


def _completed(payment: Payment, fact: rf.Refunded) -> Refund:
    """The refund as it ended: with the amount that went back, whatever was asked for."""
    done, known = RefundState.COMPLETED, find(payment.refunds, fact.refund_id)
    if known is None:
        return Refund(fact.refund_id, fact.amount_minor, done, fact.at_ms)
    return replace(known, amount_minor=fact.amount_minor, state=done, look_ms=0)
