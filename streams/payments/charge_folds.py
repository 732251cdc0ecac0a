"""How facts about charges change a payment."""

from msgspec.structs import replace

from streams.payments import charge_facts as cf
from streams.payments.amounts import capture_minor
from streams.payments.folds import rested, waited
from streams.payments.states import REFUSED_MAX, Owed, Payment, Status, loosened, without_token


def charge_asked(payment: Payment, fact: cf.ChargeAsked) -> Payment:
    """The provider owes the answer to an attempt; under an earlier key it asks for that sum."""
    same_key = fact.key_attempt < fact.attempt
    return replace(
        payment,
        asked_minor=payment.asked_minor if same_key else payment.session.amount_minor,
        attempt=fact.attempt,
        key_attempt=fact.key_attempt,
        first_attempt_at_ms=payment.first_attempt_at_ms or fact.at_ms,
        owed=Owed.CHARGE,
        owed_due_ms=fact.due_ms,
        asks=1,
    )


def charge_kept(payment: Payment, fact: cf.ChargeKept) -> Payment:
    """The charge is known, and what it holds or took."""
    payment = loosened(payment, Owed.CHARGE, Owed.CAPTURE, Owed.VOID)
    return replace(
        rested(payment),
        charge_id=fact.charge_id,
        provider=fact.provider,
        authorized_minor=0 if fact.captured else fact.amount_minor,
        captured_minor=fact.amount_minor if fact.captured else 0,
        foreign=fact.foreign,
    )


def authorized(payment: Payment, fact: cf.Authorized) -> Payment:
    """The provider holds the money; stock is waited for until the capture is asked for."""
    return replace(
        payment,
        status=Status.AUTHORIZED,
        charge_id=fact.charge_id,
        provider=fact.provider,
        authorized_minor=fact.amount_minor,
        owed=Owed.NOTHING,
        owed_due_ms=0,
        asks=0,
        waiting_since_ms=fact.at_ms,
        due_ms=fact.until_ms,
    )


def capture_asked(payment: Payment, fact: cf.CaptureAsked) -> Payment:
    """The provider owes the capture of what the order costs now; the wait for stock is over."""
    return replace(
        payment,
        capture_minor=capture_minor(payment),
        owed=Owed.CAPTURE,
        owed_due_ms=fact.due_ms,
        asks=1,
        waited_ms=waited(payment, fact.at_ms),
        waiting_since_ms=0,
        due_ms=0,
    )


def captured(payment: Payment, fact: cf.Captured) -> Payment:
    """The money is in; held lines are of no use any more.

    The token is, where an amendment may make the order dearer; it is forgotten with the payout.
    """
    amendable = payment.session.order_id is not None and not payment.session.recurring
    payment = loosened(payment, Owed.CAPTURE)
    return replace(
        payment if amendable else without_token(payment),
        status=Status.CAPTURED,
        charge_id=fact.charge_id,
        provider=fact.provider,
        authorized_minor=0,
        captured_minor=fact.amount_minor,
        captured_at_ms=fact.at_ms,
        owed=Owed.NOTHING,
        owed_due_ms=0,
        asks=0,
        held=(),
        waited_ms=waited(payment, fact.at_ms),
        waiting_since_ms=0,
        due_ms=fact.settles_ms,
    )


def attempt_failed(payment: Payment, fact: cf.AttemptFailed) -> Payment:
    """Nothing is held at the provider; the retry is waited for."""
    return replace(
        loosened(payment, Owed.CAPTURE),
        status=Status.FAILED,
        failure=fact.failure,
        refused=_refused(payment, fact.failure.charge_id),
        final=fact.final,
        charge_id="",
        foreign=False,
        authorized_minor=0,
        owed=Owed.NOTHING,
        owed_due_ms=0,
        asks=0,
        waiting_since_ms=fact.at_ms,
        due_ms=fact.due_ms,
    )


def charge_lost(payment: Payment, fact: cf.ChargeLost) -> Payment:
    """The charge is over, and its failure is known."""
    failure = fact.failure
    refused = _refused(payment, failure.charge_id)
    payment = loosened(payment, Owed.CHARGE)
    return replace(rested(payment), failure=failure, refused=refused)


def _refused(payment: Payment, charge_id: str) -> tuple[str, ...]:
    if not charge_id or charge_id in payment.refused:
        return payment.refused
    return (*payment.refused, charge_id)[-REFUSED_MAX:]


def hurried(payment: Payment, fact: cf.Hurried) -> Payment:
    """The timer of the state is due at another time."""
    return replace(payment, due_ms=fact.due_ms)


def retried(payment: Payment, fact: cf.Retried) -> Payment:
    """The wait for the retry is over."""
    return replace(
        payment,
        status=Status.INITIATED,
        waited_ms=waited(payment, fact.at_ms),
        waiting_since_ms=0,
        due_ms=0,
    )
