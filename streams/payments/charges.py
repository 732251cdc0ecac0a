"""What the provider's answers mean for a payment."""

from typing import Final

from msgspec.structs import replace

from events.charges import (
    ChargeCaptured,
    ChargeOperationFailed,
    ChargeVoided,
    StripeChargeFailed,
    StripeChargeSucceeded,
)
from streams.payments import charge_facts as cf
from streams.payments import dispute_facts as df
from streams.payments import facts as f
from streams.payments.amendments import balanced, complete
from streams.payments.amounts import asked_capture_minor
from streams.payments.declines import (
    ALREADY_CAPTURED,
    AUTHORIZATION_GONE,
    GONE,
    failure_of,
    unknown_outcome,
)
from streams.payments.disputes import evidence_failed
from streams.payments.evolution import evolve_all
from streams.payments.refunds import failed_afterwards
from streams.payments.rules import PaymentRules
from streams.payments.states import TERMINAL, Failure, Owed, Payment, Status
from streams.payments.steps import (
    Facts,
    authorize,
    captured,
    differing,
    end,
    fail,
    give_up,
    is_held_after_its_end,
    let_go,
    refund_rest,
)

_OWED: Final = {
    "authorize": Owed.CHARGE,
    "capture": Owed.CAPTURE,
    "void": Owed.VOID,
    "refund": Owed.REFUND,
}


def charge_succeeded(
    payment: Payment, event: StripeChargeSucceeded, at_ms: int, rules: PaymentRules
) -> Facts:
    """Say what a charge that went through means, in order of precedence.

    1. The charge is this payment's own already: nothing, it was said before.
    2. An attempt that was given up, or a second charge: let go; a renewal's is for a person,
       because its money is taken and no void brings it back.
    3. Another amount or currency than was asked for: the payment fails and lets it go.
    4. The attempt was waited for: AUTHORIZED, or CAPTURED when it is recurring.
    5. HELD or FAILED: kept until the review or the retry. CANCELLED: kept, and given back.
    """
    charge, provider = event.charge_id, event.provider or rules.provider_default
    if charge == payment.charge_id:
        return ()
    if payment.charge_id or _is_of_an_older_attempt(payment, event):
        stray = cf.StrayCharge(charge, provider, "duplicate_charge")
        return (stray, df.Puzzled()) if payment.session.recurring else (stray,)
    recurring = payment.session.recurring
    foreign = event.currency != payment.session.currency
    kept = cf.ChargeKept(charge, provider, event.amount_minor, captured=recurring, foreign=foreign)
    if payment.status is not Status.INITIATED:
        return _keep(payment, kept, at_ms, rules)
    amount = payment.asked_minor or payment.session.amount_minor
    asked_for = (amount, payment.session.currency)
    if (event.amount_minor, event.currency) != asked_for:
        return differing(payment, charge, provider, event.amount_minor, at_ms, rules)
    if recurring:
        return (captured(charge, provider, event.amount_minor, at_ms, rules),)
    return authorize(payment, charge, provider, event.amount_minor, at_ms, rules)


def _keep(payment: Payment, kept: cf.ChargeKept, at_ms: int, rules: PaymentRules) -> Facts:
    """Keep a charge that comes in a state which cannot take it; an ended one gives it back."""
    if payment.status is Status.FAILED:
        return kept, cf.Hurried(at_ms)
    if payment.status is Status.CANCELLED:
        after = evolve_all(payment, (kept,))
        return kept, *let_go(after, payment.cancel_reason or "payment_cancelled", at_ms, rules)
    return (kept,)


def _is_of_an_older_attempt(
    payment: Payment, event: StripeChargeSucceeded | StripeChargeFailed
) -> bool:
    """Whether an answer belongs to an attempt whose failure was certain, as far as it says."""
    number = event.attempt_number
    return number is not None and number < payment.key_attempt


def charge_failed(
    payment: Payment, event: StripeChargeFailed, at_ms: int, rules: PaymentRules
) -> Facts:
    """Say what a refused charge means.

    Only the attempt that is waited for can fail, or an authorisation that the provider takes
    back. A refusal that was told before, and one of an older attempt, change nothing.
    """
    provider = event.provider or rules.provider_default
    failure = failure_of(event.failure_code, event.failure_message, event.charge_id, provider)
    if payment.status is Status.AUTHORIZED and event.charge_id == payment.charge_id:
        return _authorization_gone(payment, failure, at_ms, rules)
    before = payment.failure
    if event.charge_id in payment.refused or _is_of_an_older_attempt(payment, event):
        return ()
    if payment.owed is Owed.CHARGE and payment.status is Status.INITIATED:
        return (fail(payment, failure, at_ms, rules),)
    unknown = payment.status is Status.FAILED and before is not None and before.unknown
    is_awaited = unknown or Owed.CHARGE in (payment.owed, *payment.stuck_on)
    return (cf.ChargeLost(failure),) if is_awaited else ()


def _authorization_gone(
    payment: Payment, failure: Failure, at_ms: int, rules: PaymentRules
) -> Facts:
    """Fail the attempt, or end the payment when its order is cancelled: nothing is to be let go."""
    if payment.cancel_reason:
        return f.Cancelled(payment.cancel_reason), cf.Voided()
    return (fail(payment, failure, at_ms, rules),)


def charge_captured(
    payment: Payment, event: ChargeCaptured, at_ms: int, rules: PaymentRules
) -> Facts:
    """Take the money in, once. It goes straight back if the order was cancelled meanwhile."""
    if payment.captured_minor or payment.charge_id != event.charge_id:
        return ()
    if payment.status is Status.AUTHORIZED:
        return take_in(payment, event.amount_minor, event.provider, at_ms, rules)
    if payment.status in TERMINAL:
        return _take_back(payment, event.amount_minor, event.provider, at_ms, rules)
    return ()


def take_in(
    payment: Payment, amount_minor: int, provider: str, at_ms: int, rules: PaymentRules
) -> Facts:
    """Take captured money in; it goes straight back if the order was cancelled meanwhile."""
    taken = captured(payment.charge_id, provider, amount_minor, at_ms, rules)
    after = evolve_all(payment, (taken,))
    if not payment.cancel_reason:
        return taken, *complete(after, at_ms, rules), *balanced(after, at_ms, rules)
    return taken, *refund_rest(after, at_ms, rules)


def _take_back(
    payment: Payment, amount_minor: int, provider: str, at_ms: int, rules: PaymentRules
) -> Facts:
    """Note money that was captured although the payment had ended, and refund it."""
    kept = cf.ChargeKept(payment.charge_id, provider, amount_minor, captured=True)
    return kept, *refund_rest(evolve_all(payment, (kept,)), at_ms, rules)


def charge_voided(payment: Payment, event: ChargeVoided, at_ms: int, rules: PaymentRules) -> Facts:
    """Note that an authorisation is gone; one that nobody asked to let go fails the attempt."""
    if event.charge_id != payment.charge_id:
        return ()
    if payment.status is Status.AUTHORIZED:
        gone = replace(AUTHORIZATION_GONE, charge_id=payment.charge_id, provider=event.provider)
        return _authorization_gone(payment, gone, at_ms, rules)
    return (cf.Voided(),) if is_held_after_its_end(payment) else ()


def operation_failed(
    payment: Payment, event: ChargeOperationFailed, at_ms: int, rules: PaymentRules
) -> Facts:
    """Say what a failed operation means; one that nobody waits for changes nothing.

    A failed `authorize` is one whose outcome is unknown: a refusal is a StripeChargeFailed.
    """
    if event.operation == "evidence":
        return evidence_failed(payment, event, at_ms, rules)
    if not _is_owed(payment, event):
        return _told_late(payment, event, at_ms, rules)
    if payment.owed is Owed.CHARGE and payment.status is not Status.CANCELLED:
        failure = unknown_outcome(event.failure_code, event.failure_message, event.provider)
        initiated = payment.status is Status.INITIATED
        return (fail(payment, failure, at_ms, rules) if initiated else cf.ChargeLost(failure),)
    if event.retryable and payment.asks <= len(rules.operation_retry_ms):
        return (f.Postponed(at_ms + rules.operation_retry_ms[payment.asks - 1]),)
    if event.retryable:
        return give_up(payment, at_ms, rules)
    return _refused(payment, event, at_ms, rules) or give_up(payment, at_ms, rules)


def _told_late(
    payment: Payment, event: ChargeOperationFailed, at_ms: int, rules: PaymentRules
) -> Facts:
    """Take a certain refusal of what was given up like one in time; a refund may fail late."""
    if event.operation == "refund":
        return failed_afterwards(payment, event)
    owed = _OWED[event.operation]
    awaited = is_held_after_its_end(payment) if owed is Owed.VOID else owed in payment.stuck_on
    return _refused(payment, event, at_ms, rules) if awaited and not event.retryable else ()


def _is_owed(payment: Payment, event: ChargeOperationFailed) -> bool:
    other_refund = event.refund_id is not None and event.refund_id != payment.refund_id
    return payment.owed is _OWED[event.operation] and not (
        payment.owed is Owed.REFUND and other_refund
    )


def _refused(
    payment: Payment, event: ChargeOperationFailed, at_ms: int, rules: PaymentRules
) -> Facts:
    """Say what a certain refusal means: sometimes that it had happened already."""
    code, owed = event.failure_code, _OWED[event.operation]
    if owed is Owed.CAPTURE:
        if code == ALREADY_CAPTURED:
            return take_in(payment, asked_capture_minor(payment), event.provider, at_ms, rules)
        return _capture_refused(payment, event, at_ms, rules)
    if owed is Owed.VOID and code in GONE:
        return (cf.Voided(),)
    if owed is Owed.VOID and code == ALREADY_CAPTURED:
        return _take_back(payment, asked_capture_minor(payment), event.provider, at_ms, rules)
    return ()


def _capture_refused(
    payment: Payment, event: ChargeOperationFailed, at_ms: int, rules: PaymentRules
) -> Facts:
    """The authorisation is of no use: another attempt needs a new one, and the old is let go."""
    if payment.cancel_reason:
        reason = payment.cancel_reason
        return end(payment, f.Cancelled(reason), reason, at_ms, rules)
    charge, provider = payment.charge_id, payment.provider
    failure = failure_of(event.failure_code, event.failure_message, charge, provider)
    stray = cf.StrayCharge(charge, provider, "capture_refused")
    return fail(payment, failure, at_ms, rules), stray
