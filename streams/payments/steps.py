"""Steps that several decisions share: charge, capture, fail, let go."""

from typing import Final

from streams.payments import charge_facts as cf
from streams.payments import facts as f
from streams.payments import refund_facts as rf
from streams.payments.amounts import unaccepted_minor
from streams.payments.calendar import settles_ms
from streams.payments.declines import AMOUNT_DIFFERS
from streams.payments.evolution import evolve_all
from streams.payments.lines import gate_is_open
from streams.payments.refund import (
    Refund,
    RefundState,
    find,
    next_cause,
    refund_id_of,
    refund_id_of_order,
)
from streams.payments.rules import PaymentRules
from streams.payments.states import PAID, Failure, Owed, Payment, Status

Facts = tuple[f.Fact, ...]

_DISPUTED: Final = frozenset({Status.DISPUTED, Status.CHARGED_BACK})


def charge_or_go_on(payment: Payment, at_ms: int, rules: PaymentRules) -> Facts:
    """Say what an INITIATED payment that fraud approves does next.

    A charge that went through meanwhile is taken; one under way is waited for; else the next
    attempt begins, if there is one.
    """
    if payment.charge_id:
        return _take_kept(payment, at_ms, rules)
    if payment.owed is Owed.CHARGE:
        return ()
    failure = payment.failure
    if failure is not None and (not failure.retryable or is_last_attempt(payment, rules)):
        return (fail(payment, failure, at_ms, rules),)
    attempt = payment.attempt + 1
    # Only the key of a charge whose outcome is unknown may be used again; see G-19.
    unknown = failure is not None and failure.unknown
    key = payment.key_attempt if unknown else attempt
    return (cf.ChargeAsked(attempt, key, at_ms, at_ms + rules.session_ms),)


def is_last_attempt(payment: Payment, rules: PaymentRules) -> bool:
    """Whether no attempt may follow the newest one."""
    return payment.attempt >= attempts_max(payment, rules)


def attempts_max(payment: Payment, rules: PaymentRules) -> int:
    """Charges tried for a payment. Billing opens a new one for each retry of a renewal (G-42)."""
    return 1 if payment.session.recurring else rules.attempts_max


def _take_kept(payment: Payment, at_ms: int, rules: PaymentRules) -> Facts:
    charge, provider = payment.charge_id, payment.provider
    if is_differing(payment):
        amount = payment.captured_minor or payment.authorized_minor
        return differing(payment, charge, provider, amount, at_ms, rules)
    if payment.captured_minor:
        return (captured(charge, provider, payment.captured_minor, at_ms, rules),)
    return authorize(payment, charge, provider, payment.authorized_minor, at_ms, rules)


def is_differing(payment: Payment) -> bool:
    """Whether a charge is kept that is of another amount or currency than was asked for."""
    amount = payment.captured_minor or payment.authorized_minor
    return payment.foreign or amount not in (0, payment.asked_minor or payment.session.amount_minor)


def differing(
    payment: Payment,
    charge_id: str,
    provider: str,
    amount_minor: int,
    at_ms: int,
    rules: PaymentRules,
) -> Facts:
    """Fail a payment whose charge is of another amount than was asked for; it is let go then."""
    is_taken = payment.session.recurring
    kept = cf.ChargeKept(charge_id, provider, amount_minor, captured=is_taken)
    return fail(payment, AMOUNT_DIFFERS, at_ms, rules), kept


def captured(
    charge_id: str, provider: str, amount_minor: int, at_ms: int, rules: PaymentRules
) -> cf.Captured:
    """Take money in, which the provider pays out some business days later (G-20)."""
    return cf.Captured(charge_id, provider, amount_minor, at_ms, settles_ms(at_ms, rules))


def authorize(
    payment: Payment,
    charge_id: str,
    provider: str,
    amount_minor: int,
    at_ms: int,
    rules: PaymentRules,
) -> Facts:
    """Take an authorisation, and capture at once when the gate is open."""
    until_ms = at_ms + rules.authorization_ms
    authorized = cf.Authorized(charge_id, provider, amount_minor, at_ms, until_ms)
    if gate_is_open(payment):
        return authorized, cf.CaptureAsked(at_ms, at_ms + rules.session_ms)
    return (authorized,)


def with_capture(payment: Payment, facts: Facts, at_ms: int, rules: PaymentRules) -> Facts:
    """Add the capture to facts that open the gate of an authorised payment."""
    after = evolve_all(payment, facts)
    waiting = after.status is Status.AUTHORIZED and after.owed is Owed.NOTHING
    if waiting and Owed.CAPTURE not in after.stuck_on and gate_is_open(after):
        return (*facts, cf.CaptureAsked(at_ms, at_ms + rules.session_ms))
    return facts


def with_allotment(payment: Payment, facts: Facts, at_ms: int) -> Facts:
    """Add that the order is paid to facts that give it its stock, or claim money that awaits it."""
    after = evolve_all(payment, facts)
    has_stock = after.session.order_id is not None and after.lines <= len(after.held)
    return (*facts, f.Allotted(at_ms)) if has_stock else facts


def fail(payment: Payment, failure: Failure, at_ms: int, rules: PaymentRules) -> cf.AttemptFailed:
    """Fail the attempt: the next is due at its place in the schedule (G-16), or there is none."""
    final = not failure.retryable or is_last_attempt(payment, rules)
    if final:
        return cf.AttemptFailed(failure, at_ms, at_ms, final=True)
    scheduled = payment.first_attempt_at_ms + rules.retry_interval_ms * payment.attempt
    return cf.AttemptFailed(failure, at_ms, max(at_ms, scheduled), final=False)


def end(
    payment: Payment, cancelled: f.Cancelled, reason: str, at_ms: int, rules: PaymentRules
) -> Facts:
    """End a payment unpaid: what it holds is let go, what it may hold is looked for."""
    if payment.charge_id:
        return cancelled, *let_go(payment, reason, at_ms, rules)
    failure = payment.failure
    if failure is not None and failure.unknown and payment.owed is not Owed.CHARGE:
        look = f.AskedAgain(Owed.CHARGE, at_ms + rules.session_ms, look_only=True)
        return look, cancelled  # In this order, because ending forgets the token.
    return (cancelled,)


def let_go(payment: Payment, reason: str, at_ms: int, rules: PaymentRules) -> Facts:
    """Give back what a payment that ends unpaid holds: refund money taken, void money held."""
    if payment.captured_minor:
        return refund_rest(payment, at_ms, rules)
    if payment.authorized_minor:
        return (cf.VoidAsked(reason, at_ms + rules.session_ms),)
    return ()


def is_held_after_its_end(payment: Payment) -> bool:
    """Whether the void that was asked for is not answered, whoever waits for it still."""
    return payment.status is Status.CANCELLED and payment.authorized_minor > 0


def refund_rest(payment: Payment, at_ms: int, rules: PaymentRules) -> Facts:
    """Refund all that remains, under the id that the order's cancellation announces.

    It needs no approval, whatever the amount: the goods never left (G-9).
    """
    amount = unaccepted_minor(payment)
    if amount <= 0:
        return ()
    refund_id, reason = _refund_id(payment, at_ms), payment.cancel_reason
    refund = Refund(refund_id, amount, RefundState.PROCESSING, at_ms, reason)
    return accept(payment, refund, at_ms, rules)


def accept(payment: Payment, refund: Refund, at_ms: int, rules: PaymentRules) -> Facts:
    """Take a refund on; the provider is asked at once unless it still owes something else."""
    noted = rf.RefundNoted(refund)
    return noted, *ask_next(evolve_all(payment, (noted,)), at_ms, rules)


def ask_next(payment: Payment, at_ms: int, rules: PaymentRules) -> Facts:
    """Ask for the oldest refund that was accepted, one at a time.

    None during a dispute (G-18); none of money that was earned during a fraud case (G-25): an
    order that was cancelled, or a payment that ended, gives back what it must.
    """
    in_review = payment.fraud == "MANUAL_REVIEW" and payment.status in PAID
    waits = payment.status in _DISPUTED or (in_review and not payment.cancel_reason)
    if waits or payment.owed is not Owed.NOTHING:
        return ()
    for refund in payment.refunds:
        if refund.state is RefundState.PROCESSING and not refund.underway:
            due_ms = at_ms + rules.session_ms
            return (rf.RefundAsked(refund.refund_id, refund.amount_minor, due_ms),)
    return ()


def give_up(payment: Payment, at_ms: int, rules: PaymentRules) -> Facts:
    """Leave what is owed to a person, and go on with the refunds behind it."""
    is_capture = payment.owed is Owed.CAPTURE
    given_up = f.GivenUp(payment.owed, at_ms + rules.authorization_ms if is_capture else 0)
    return given_up, *ask_next(evolve_all(payment, (given_up,)), at_ms, rules)


def _refund_id(payment: Payment, at_ms: int) -> str:
    """Name the refund of the rest after the order, as Orders does; else after the charge.

    The payments that amendments brought name theirs after the charge: an id is one refund's.
    """
    session = payment.session
    is_further = session.recurring and not payment.allotted
    if session.order_id and not is_further:
        of_order = refund_id_of_order(session.order_id)
        if find(payment.refunds, of_order) is None:
            return of_order
    return refund_id_of(payment.charge_id, next_cause(payment.refunds, at_ms))
