"""What fraud's findings mean for a payment."""

from events.fraud import FraudCheckCompleted, FraudDetected
from streams.payments import charge_facts as cf
from streams.payments import facts as f
from streams.payments.declines import fraud_failure
from streams.payments.evolution import evolve_all
from streams.payments.rules import PaymentRules
from streams.payments.states import TAKEN, TERMINAL, Failure, Owed, Payment, Status
from streams.payments.steps import Facts, ask_next, charge_or_go_on, end, with_capture


def fraud_checked(
    payment: Payment, event: FraudCheckCompleted, at_ms: int, rules: PaymentRules
) -> Facts:
    """Say what fraud's decision means."""
    failure = fraud_failure(too_many=event.is_too_many)
    return decide_fraud(payment, event.decision, failure, at_ms, rules)


def decide_fraud(
    payment: Payment, decision: str, failure: Failure, at_ms: int, rules: PaymentRules
) -> Facts:
    """Say what a decision means in the payment's state; a refusal ends it for that failure.

    Once a review has approved, nothing but a refusal counts. While a capture is under way its
    outcome comes first, and the order cancels if it must. Once money is in, an open review only
    keeps refunds from being made, and its end lets those go out that waited (G-25).
    """
    status = payment.status
    if status is Status.HELD:
        return _end_review(payment, decision, failure, at_ms, rules)
    if payment.reviewed and decision != "DECLINED":
        return ()
    if status is Status.INITIATED:
        return _on_initiated(payment, decision, failure, at_ms, rules)
    if payment.fraud == decision:
        return ()
    if status is Status.FAILED:
        return _on_failed(decision, at_ms)
    return _on_authorized(payment, decision, at_ms, rules)


def _on_initiated(
    payment: Payment, decision: str, failure: Failure, at_ms: int, rules: PaymentRules
) -> Facts:
    if decision == "APPROVED":
        if payment.fraud == "APPROVED":
            return ()
        approved = f.Approved()
        after = evolve_all(payment, (approved,))
        return (approved, *charge_or_go_on(after, at_ms, rules))
    if decision == "DECLINED":
        return _decline(payment, failure, at_ms, rules)
    return (_hold(at_ms, rules),)


def _end_review(
    payment: Payment, decision: str, failure: Failure, at_ms: int, rules: PaymentRules
) -> Facts:
    if decision == "APPROVED":
        resumed = f.Resumed(at_ms)
        after = evolve_all(payment, (resumed,))
        return (resumed, *charge_or_go_on(after, at_ms, rules))
    if decision == "DECLINED":
        return _decline(payment, failure, at_ms, rules)
    return ()


def _on_failed(decision: str, at_ms: int) -> Facts:
    """Remember it for the retry; a refusal is acted upon at the next tick."""
    if decision == "APPROVED":
        return (f.Approved(),)
    if decision == "DECLINED":
        return f.Doubted(decision), cf.Hurried(at_ms)
    return (f.Doubted(decision),)


def _on_authorized(payment: Payment, decision: str, at_ms: int, rules: PaymentRules) -> Facts:
    """Open or shut the gate; of money that is in, note whether it may go back.

    Of a payment that has ended unpaid nobody need look at it.
    """
    if payment.status is Status.CANCELLED and decision == "MANUAL_REVIEW":
        return f.Doubted(decision), f.ReviewWaived()
    if payment.status in TAKEN:
        noted: Facts = (f.Approved() if decision == "APPROVED" else f.Doubted(decision),)
        return *noted, *ask_next(evolve_all(payment, noted), at_ms, rules)
    if payment.status is not Status.AUTHORIZED or payment.owed is Owed.CAPTURE:
        return ()
    if decision == "APPROVED":
        return with_capture(payment, (f.Approved(),), at_ms, rules)
    return (f.Doubted(decision),)


def _decline(payment: Payment, failure: Failure, at_ms: int, rules: PaymentRules) -> Facts:
    cancelled = f.Cancelled(failure=failure)
    return f.Doubted("DECLINED"), *end(payment, cancelled, "fraud_declined", at_ms, rules)


def _hold(at_ms: int, rules: PaymentRules) -> f.Held:
    return f.Held(at_ms, at_ms + rules.review_ms + rules.review_grace_ms)


def fraud_detected(
    payment: Payment, event: FraudDetected, at_ms: int, rules: PaymentRules
) -> Facts:
    """Hold a fresh payment at severity high; shut the gate of one that is further on.

    At critical a DECLINED decision follows, so the payment only stops meanwhile.
    """
    if event.severity not in ("high", "critical") or payment.reviewed:
        return ()
    status = payment.status
    if status is Status.INITIATED and event.severity == "high":
        return (_hold(at_ms, rules),)
    if status in (Status.HELD, Status.CANCELLED) or status in TERMINAL:
        return ()
    if payment.owed is not Owed.CAPTURE and payment.fraud == "APPROVED":
        return (f.Doubted("MANUAL_REVIEW"),)
    return ()
