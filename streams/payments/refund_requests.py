"""What a request for a refund means: refused, waiting for approval, or accepted (G-17)."""

from typing import Final

from msgspec.structs import replace

from events.refunds import RefundPayment
from events.vocabulary import SYSTEM, RefundRefusal
from streams.payments import refund_facts as rf
from streams.payments.amounts import available_minor, unaccepted_minor
from streams.payments.refund import REFUNDS_MAX, Refund, RefundState, find, refund_id_of
from streams.payments.rules import PaymentRules
from streams.payments.states import Payment, Status, is_for_a_person
from streams.payments.steps import Facts, accept

_UNMADE: Final = frozenset({RefundState.PENDING, RefundState.CANCELLED, RefundState.FAILED})


def request_refund(
    payment: Payment,
    command: RefundPayment,
    at_ms: int,
    rules: PaymentRules,
    *,
    is_return: bool,
) -> Facts:
    """Say what a request means; is_return: it names a return that Shipping has agreed to.

    The same idempotency key is the same refund, and so is a refund's own id in its place: a repeat
    changes nothing, but that it may bring the approval which the first request lacked. A request
    that was refused left no trace, so it may be made again once its reason is gone.
    """
    refund_id = refund_id_of(command.payment_id, command.idempotency_key)
    known = find(payment.refunds, refund_id) or find(payment.refunds, command.idempotency_key)
    if known is not None:
        return _approve(payment, known, command, at_ms, rules)
    amount = command.amount_minor
    refund = Refund(
        refund_id,
        max(0, available_minor(payment)) if amount is None else amount,
        RefundState.PENDING,
        at_ms,
        reason=command.reason,
        return_id=command.return_id or "",
        requested_by=command.requested_by,
        approved_by=command.approved_by or "",
    )
    currency = command.currency or payment.session.currency
    is_late = not is_return and at_ms > payment.captured_at_ms + rules.refund_window_ms
    reason = _refusal(payment, refund, currency, is_late=is_late)
    if reason is not None:
        return (rf.RefundRefused(refund_id, refund.amount_minor, currency, reason),)
    return begin(payment, refund, at_ms, rules)


def giveable_minor(payment: Payment) -> int:
    """What may go back for goods: what a person asks for and nobody approved yet comes behind.

    Nobody would owe the goods' price again if that request came to nothing.
    """
    asked = [
        refund.amount_minor
        for refund in payment.refunds
        if refund.state is RefundState.PENDING and refund.requested_by != SYSTEM
    ]
    return available_minor(payment) + sum(asked)


def begin(
    payment: Payment, refund: Refund, at_ms: int, rules: PaymentRules, *, whole_minor: int = 0
) -> Facts:
    """Accept a refund that nothing speaks against, or have it wait for somebody's approval.

    whole_minor: what goes back for its cause in all, where other payments give a part of it.
    """
    worth_minor = max(refund.amount_minor, whole_minor)
    is_dear = rules.needs_approval(worth_minor, payment.session.currency)
    needs = is_dear and not _is_our_error(payment, refund)
    if needs and not _is_approved(refund.requested_by, refund.approved_by):
        return (rf.RefundNoted(replace(refund, approved_by="", due_ms=at_ms + rules.approval_ms)),)
    pending = rf.RefundNoted(refund)
    return pending, *accept(payment, _accepted(refund, refund.approved_by), at_ms, rules)


def _is_our_error(payment: Payment, refund: Refund) -> bool:
    """Whether the shop gives back what a renewal took and nothing was sold for.

    No goods left for it, so nobody need approve, as with a cancelled order (G-9); and a refund
    that nobody approves is cancelled (G-17), by which the shop would keep it.
    """
    session = payment.session
    return refund.requested_by == SYSTEM and session.recurring and session.order_id is None


def _refusal(
    payment: Payment, refund: Refund, currency: str, *, is_late: bool
) -> RefundRefusal | None:
    """Why a refund is refused, in order of precedence (flow PaymentRefund, step 3)."""
    if not payment.captured_minor:
        return "not_captured"
    if is_late:
        return "outside_window"
    if payment.status is Status.CHARGED_BACK or unaccepted_minor(payment) <= 0:
        return "already_refunded"
    if currency != payment.session.currency or len(payment.refunds) >= REFUNDS_MAX:
        return "amount_exceeds_payment"
    if not 0 < refund.amount_minor <= available_minor(payment):
        return "amount_exceeds_payment"
    return "fraud_hold" if _is_held(payment, refund) else None


def _is_held(payment: Payment, refund: Refund) -> bool:
    """Whether a dispute or a fraud case is open, so that nothing may go back (G-18, G-25).

    The shop does not ask twice: what it asks for is taken on, and waits for their end.
    """
    is_open = payment.status is Status.DISPUTED or payment.fraud == "MANUAL_REVIEW"
    return is_open and refund.requested_by != SYSTEM


def _is_approved(requested_by: str, approved_by: str | None) -> bool:
    """Whether somebody else than who asked for it approves (G-17)."""
    return bool(approved_by) and approved_by != requested_by


def _approve(
    payment: Payment, refund: Refund, command: RefundPayment, at_ms: int, rules: PaymentRules
) -> Facts:
    approver = command.approved_by
    pending = refund.state is RefundState.PENDING
    if not pending or not approver or not _is_approved(refund.requested_by, approver):
        return ()
    reason = _refusal_of_pending(payment, refund)
    if reason is None:
        # What goods are owed goes back as far as there is money for it.
        amount = min(_owed_minor(payment, refund), unaccepted_minor(payment))
        granted = replace(_accepted(refund, approver), amount_minor=amount)
        return accept(payment, granted, at_ms, rules)
    return (_not_made(payment, refund, reason),)


def _refusal_of_pending(payment: Payment, refund: Refund) -> RefundRefusal | None:
    """Why a refund that was fine when it was asked for can be made no longer."""
    left = unaccepted_minor(payment)
    if payment.status is Status.CHARGED_BACK or min(left, _owed_minor(payment, refund)) <= 0:
        return "already_refunded"
    if refund.amount_minor > left and refund.requested_by != SYSTEM:
        return "amount_exceeds_payment"
    return "fraud_hold" if _is_held(payment, refund) else None


def _owed_minor(payment: Payment, refund: Refund) -> int:
    """What of a refund was not made by another for the same goods, before it or behind it."""
    made = [one for one in payment.refunds if not is_unmade(payment, one)]
    before = sum([one.amount_minor for one in made if one.refund_id in refund.instead_of])
    behind = [one for one in made if refund.refund_id in one.instead_of]
    again = sum([min(one.again_minor, one.amount_minor) for one in behind])
    return refund.amount_minor - min(refund.again_minor, before) - again


def is_unmade(payment: Payment, refund: Refund) -> bool:
    """Whether nobody approved it, or it was refused or failed, and no person makes it."""
    return refund.state in _UNMADE and not is_for_a_person(payment, refund.refund_id)


def _accepted(refund: Refund, approver: str) -> Refund:
    return replace(refund, state=RefundState.PROCESSING, approved_by=approver, due_ms=0)


def approval_due(payment: Payment, due_ms: int, _now_ms: int, _rules: PaymentRules) -> Facts:
    """Cancel what nobody approved in time."""
    return tuple(
        [
            _lapsed(payment, refund)
            for refund in payment.refunds
            if refund.state is RefundState.PENDING and refund.due_ms <= due_ms
        ]
    )


def _lapsed(payment: Payment, refund: Refund) -> rf.RefundNoted | rf.RefundRefused:
    """Tell it, unless all of the money went back for another cause: then nothing was refused."""
    if payment.status is Status.REFUNDED:
        return rf.RefundNoted(replace(refund, state=RefundState.CANCELLED, due_ms=0))
    return _not_made(payment, refund, "approval_required", lapsed=True)


def _not_made(
    payment: Payment, refund: Refund, reason: RefundRefusal, *, lapsed: bool = False
) -> rf.RefundRefused:
    """End a refund; of what another gave back for the same goods nothing is refused."""
    owed = max(0, _owed_minor(payment, refund))
    why: RefundRefusal = reason if owed else "already_refunded"
    return rf.RefundRefused(refund.refund_id, owed, payment.session.currency, why, lapsed=lapsed)
