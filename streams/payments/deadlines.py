"""What payments do when time is up. Each function belongs to one kind of timer.

`session` watches over machines: fraud's decision and the provider's answers. People (a
review) and shelves (a backorder) have deadlines of their own, so nothing is asked while those
are waited for.
"""

from streams.payments import charge_facts as cf
from streams.payments import facts as f
from streams.payments.declines import (
    AMOUNT_DIFFERS,
    AUTHORIZATION_EXPIRED,
    REVIEW_EXPIRED,
    SESSION_EXPIRED,
    fraud_failure,
    unknown_outcome,
)
from streams.payments.evolution import evolve_all
from streams.payments.rules import PaymentRules
from streams.payments.states import Owed, Payment, Status
from streams.payments.steps import Facts, charge_or_go_on, end, fail, give_up, is_differing


def retry_due(payment: Payment, due_ms: int, now_ms: int, rules: PaymentRules) -> Facts:
    """Begin the next attempt of a FAILED payment, or end it when none may follow."""
    if payment.status is not Status.FAILED or payment.due_ms != due_ms:
        return ()
    failure = payment.failure
    assert failure is not None, "only a failure leads to FAILED"
    if payment.fraud == "DECLINED":
        failure = fraud_failure()
    elif is_differing(payment):
        failure = AMOUNT_DIFFERS
    told = payment.final or bool(payment.cancel_reason)
    if failure.retryable and not told:
        return _retry(payment, now_ms, rules)
    cancelled = f.Cancelled(failure=None if told else failure)
    return end(payment, cancelled, "payment_failed", now_ms, rules)


def _retry(payment: Payment, now_ms: int, rules: PaymentRules) -> Facts:
    retried = cf.Retried(now_ms)
    if payment.fraud != "APPROVED":
        until_ms = now_ms + rules.review_ms + rules.review_grace_ms
        return retried, f.Held(now_ms, until_ms)
    after = evolve_all(payment, (retried,))
    return (retried, *charge_or_go_on(after, now_ms, rules))


def review_due(payment: Payment, due_ms: int, now_ms: int, rules: PaymentRules) -> Facts:
    """End a HELD payment that nobody reviewed in time (G-24)."""
    if payment.status is not Status.HELD or payment.due_ms != due_ms:
        return ()
    return end(payment, f.Cancelled(failure=REVIEW_EXPIRED), "review_expired", now_ms, rules)


def authorization_due(payment: Payment, due_ms: int, now_ms: int, rules: PaymentRules) -> Facts:
    """Let an authorisation go that was never captured (G-20)."""
    if payment.status is not Status.AUTHORIZED or payment.due_ms != due_ms:
        return ()
    cancelled = f.Cancelled(failure=AUTHORIZATION_EXPIRED)
    return end(payment, cancelled, "authorization_expired", now_ms, rules)


def session_due(payment: Payment, due_ms: int, now_ms: int, rules: PaymentRules) -> Facts:
    """Ask again for what a machine owes, up to a bound; then its silence is a failure.

    The timer is set once and not moved by each step, so it may come before patience has ended;
    then it is only set anew.
    """
    if payment.watch_ms != due_ms:
        return ()
    woken = f.Woken()
    if payment.owed is Owed.NOTHING or payment.owed_due_ms > now_ms:
        return (woken,)
    if payment.asks < _asks_max(payment, rules):
        # Outside INITIATED no charge may begin, but one under way must be known.
        look_only = payment.status is not Status.INITIATED
        return woken, f.AskedAgain(payment.owed, now_ms + rules.session_ms, look_only=look_only)
    return woken, *_silent(payment, now_ms, rules)


def _asks_max(payment: Payment, rules: PaymentRules) -> int:
    if payment.owed is Owed.DECISION or payment.owed is Owed.CHARGE:
        if payment.status is not Status.CANCELLED:
            return rules.session_asks_max
        return rules.session_asks_max + 1 + len(rules.operation_retry_ms)
    return 1 + len(rules.operation_retry_ms)


def _silent(payment: Payment, now_ms: int, rules: PaymentRules) -> Facts:
    if payment.owed is Owed.DECISION:
        return (fail(payment, SESSION_EXPIRED, now_ms, rules),)
    if payment.owed is not Owed.CHARGE or payment.status is Status.CANCELLED:
        return give_up(payment, now_ms, rules)
    failure = unknown_outcome("no_answer")
    if payment.status is Status.INITIATED:
        return (fail(payment, failure, now_ms, rules),)
    return (cf.ChargeLost(failure),)
