"""What payments ask the gateway and Fraud, in wire models.

Ids that providers see derive from the payment: `<paymentId>:<attempt>` for a charge, with
`:capture` or `:void` behind it for what follows, and the refund's own id for a refund. A
renewal has one attempt, and its charge the paymentId without `pay_`. So the provider knows a
repeat, however often a question is put.
"""

from typing import Any, Final, NamedTuple

from events.base import Message
from events.charges import CapturePayment, RefundCharge, VoidPayment
from events.fraud import CheckFraud, OverrideFraudDecision
from events.ids import derived_id, readable_id
from events.payment_ids import further_payment_of
from events.payments import PaymentInitiated, ProcessPayment
from events.types import PaymentMethod
from events.vocabulary import SYSTEM
from streams.payments import charge_facts as cf
from streams.payments import facts as f
from streams.payments import refund_facts as rf
from streams.payments.amounts import asked_capture_minor
from streams.payments.refund import find
from streams.payments.rules import PaymentRules
from streams.payments.session import Method
from streams.payments.states import NOT_NEEDED, Owed, Payment

LOOK_FIRST: Final = "look_first"
"""Value of the metadata `ask`: the charge may exist, so the gateway looks before it charges."""
LOOK_ONLY: Final = "look_only"
"""The same, but the gateway must not charge, or refund, even if the provider knows nothing."""


class Announcement(NamedTuple):
    """A message, and the metadata of its envelope."""

    message: Message
    metadata: dict[str, Any] | None = None


Said = tuple[Announcement, ...]


def wire_method(method: Method, *, with_token: bool) -> PaymentMethod:
    """Give the way to pay as the wire has it."""
    return PaymentMethod(
        type=method.type,
        token=method.token if with_token else None,
        brand=method.brand,
        last4=method.last4,
        expiry_month=method.expiry_month,
        expiry_year=method.expiry_year,
        wallet_type=method.wallet_type,
        paypal_email=method.paypal_email,
        paypal_payer_id=method.paypal_payer_id,
    )


def _process(payment_id: str, payment: Payment) -> ProcessPayment:
    session = payment.session
    return ProcessPayment(
        payment_id=payment_id,
        amount_minor=payment.asked_minor or session.amount_minor,
        currency=session.currency,
        payment_method=wire_method(session.method, with_token=True),
        subscription_id=session.subscription_id,
        invoice_id=session.invoice_id,
        customer_id=session.customer_id,
        order_id=session.order_id,
        idempotency_key=_charge_key(payment_id, payment),
        capture_immediately=session.recurring,
        attempt_number=payment.attempt,
    )


def _charge_key(payment_id: str, payment: Payment) -> str:
    if payment.session.recurring:
        return payment_id.removeprefix("pay_")
    return readable_id(payment_id, str(payment.key_attempt))


def charge_asked(payment_id: str, payment: Payment, fact: cf.ChargeAsked, _: PaymentRules) -> Said:
    """ProcessPayment, which tells when the charge may exist already."""
    uncertain = fact.key_attempt < fact.attempt
    metadata = {"ask": LOOK_FIRST} if uncertain else None
    return (Announcement(_process(payment_id, payment), metadata),)


def _capture(payment_id: str, payment: Payment) -> CapturePayment:
    session = payment.session
    return CapturePayment(
        payment_id=payment_id,
        order_id=session.order_id,
        charge_id=payment.charge_id,
        amount_minor=asked_capture_minor(payment),
        currency=session.currency,
        provider=payment.provider,
        idempotency_key=readable_id(payment_id, str(payment.key_attempt), "capture"),
    )


def further_asked(_: str, payment: Payment, fact: f.FurtherAsked, __: PaymentRules) -> Said:
    """PaymentInitiated of the difference: its goods are held already, so it is charged at once."""
    session = payment.session
    order_id = session.order_id or ""  # Only an order is amended.
    opened = PaymentInitiated(
        payment_id=further_payment_of(order_id, str(fact.number)),
        order_id=order_id,
        customer_id=session.customer_id,
        amount_minor=fact.amount_minor,
        currency=session.currency,
        payment_method=wire_method(session.method, with_token=True),
        checkout_type="recurring",
    )
    return (Announcement(opened),)


def review_waived(payment_id: str, payment: Payment, _: f.ReviewWaived, __: PaymentRules) -> Said:
    """OverrideFraudDecision: an order that goes on is held up no longer.

    Of one that was cancelled the decision is what it would be in the end, so nothing is let go.
    """
    goes_on = payment.cancel_reason in ("", NOT_NEEDED)
    command = OverrideFraudDecision(
        payment_id=payment_id,
        decision="APPROVED" if goes_on else "DECLINED",
        reviewer=SYSTEM,
        rationale="not needed any more" if goes_on else "its order was cancelled",
    )
    return (Announcement(command),)


def capture_asked(payment_id: str, payment: Payment, _: cf.CaptureAsked, __: PaymentRules) -> Said:
    """CapturePayment."""
    return (Announcement(_capture(payment_id, payment)),)


def _void(payment_id: str, payment: Payment, reason: str) -> VoidPayment:
    return VoidPayment(
        payment_id=payment_id,
        order_id=payment.session.order_id,
        charge_id=payment.charge_id,
        provider=payment.provider,
        reason=reason,
        idempotency_key=readable_id(payment_id, str(payment.key_attempt), "void"),
    )


def void_asked(payment_id: str, payment: Payment, fact: cf.VoidAsked, _: PaymentRules) -> Said:
    """VoidPayment."""
    return (Announcement(_void(payment_id, payment, fact.reason)),)


def stray_charge(payment_id: str, payment: Payment, fact: cf.StrayCharge, _: PaymentRules) -> Said:
    """VoidPayment, for a charge that is not the payment's own."""
    command = VoidPayment(
        payment_id=payment_id,
        order_id=payment.session.order_id,
        charge_id=fact.charge_id,
        provider=fact.provider,
        reason=fact.reason,
        idempotency_key=derived_id(payment_id, fact.charge_id, "void"),
    )
    return (Announcement(command),)


def _refund(payment_id: str, payment: Payment, refund_id: str, amount_minor: int) -> RefundCharge:
    return RefundCharge(
        payment_id=payment_id,
        order_id=payment.session.order_id,
        charge_id=payment.charge_id,
        refund_id=refund_id,
        amount_minor=amount_minor,
        currency=payment.session.currency,
        provider=payment.provider,
        idempotency_key=derived_id(payment_id, refund_id, "refund"),
    )


def _owed_refund(payment_id: str, payment: Payment) -> RefundCharge:
    return _refund(payment_id, payment, payment.refund_id, payment.refund_minor)


def refund_looked(
    payment_id: str, payment: Payment, fact: rf.RefundLooked, _: PaymentRules
) -> Said:
    """RefundCharge, which asks how the refund went and makes none."""
    refund = find(payment.refunds, fact.refund_id)
    assert refund is not None, "a refund that a provider has is kept"
    if not fact.look_ms:
        return ()
    command = _refund(payment_id, payment, refund.refund_id, refund.amount_minor)
    return (Announcement(command, {"ask": LOOK_ONLY}),)


def refund_asked(payment_id: str, payment: Payment, _: rf.RefundAsked, __: PaymentRules) -> Said:
    """RefundCharge."""
    return (Announcement(_owed_refund(payment_id, payment)),)


def asked_again(payment_id: str, payment: Payment, fact: f.AskedAgain, _: PaymentRules) -> Said:
    """The command once more, under the same idempotency key."""
    if fact.owed is Owed.DECISION:
        return (Announcement(_check(payment_id, payment)),)
    if fact.owed is Owed.CHARGE:
        ask = LOOK_ONLY if fact.look_only else LOOK_FIRST
        return (Announcement(_process(payment_id, payment), {"ask": ask}),)
    if fact.owed is Owed.CAPTURE:
        return (Announcement(_capture(payment_id, payment)),)
    if fact.owed is Owed.VOID:
        return (Announcement(_void(payment_id, payment, "asked_again")),)
    return (Announcement(_owed_refund(payment_id, payment)),)


def _check(payment_id: str, payment: Payment) -> CheckFraud:
    session = payment.session
    return CheckFraud(
        payment_id=payment_id,
        amount_minor=session.amount_minor,
        currency=session.currency,
        customer_id=session.customer_id,
    )
