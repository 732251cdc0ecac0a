"""What payments tell of payouts and disputes, in wire models."""

from typing import Final

from events.charges import SubmitEvidence
from events.ids import readable_id
from events.payments import Instrument, PaymentSettled
from events.refunds import ChargebackClosed, ChargebackOpened
from events.vocabulary import ChargebackOutcome, InstrumentType, MethodType
from streams.moments import moment_of
from streams.payments import dispute_facts as df
from streams.payments.commands import Announcement, Said
from streams.payments.rules import PaymentRules
from streams.payments.session import Method
from streams.payments.states import Payment

_INSTRUMENTS: Final[dict[MethodType, InstrumentType]] = {
    "credit_card": "card",
    "debit_card": "card",
    "bank_transfer": "bank_transfer",
}
"""Whatever else a customer pays with is a wallet."""


def settled(payment_id: str, payment: Payment, fact: df.Settled, _: PaymentRules) -> Said:
    """PaymentSettled, unless the provider said so itself."""
    if not fact.our_word:
        return ()
    at = moment_of(fact.at_ms)
    told = PaymentSettled(
        settlement_id=readable_id("set", payment_id.removeprefix("pay_")),
        payment_id=payment_id,
        gross_amount_minor=fact.amount_minor,
        fee_amount_minor=fact.fee_minor,
        net_amount_minor=fact.amount_minor - fact.fee_minor,
        currency=payment.session.currency,
        settlement_type="NET_BATCH",
        batch_id=f"batch_{payment.provider}_{at:%Y%m%d}",
        instrument=_instrument(payment.session.method, payment),
        settled_at=at,
    )
    return (Announcement(told),)


def _instrument(method: Method, payment: Payment) -> Instrument:
    return Instrument(
        type=_INSTRUMENTS.get(method.type, "wallet"),
        network=method.brand,
        masked_pan=f"**** {method.last4}" if method.last4 else None,
        provider=payment.provider or None,
        provider_transaction_id=payment.charge_id or None,
    )


def disputed(payment_id: str, payment: Payment, fact: df.Disputed, _: PaymentRules) -> Said:
    """ChargebackOpened."""
    opened = ChargebackOpened(
        chargeback_id=fact.chargeback_id,
        payment_id=payment_id,
        order_id=payment.session.order_id,
        customer_id=payment.session.customer_id,
        amount_minor=fact.amount_minor,
        currency=payment.session.currency,
        reason=fact.reason,
        fee_minor=fact.fee_minor,
        evidence_due_by=moment_of(fact.evidence_due_ms),
    )
    return (Announcement(opened),)


def evidence_asked(
    payment_id: str, payment: Payment, fact: df.EvidenceAsked, _: PaymentRules
) -> Said:
    """SubmitEvidence."""
    assert payment.dispute is not None, "evidence is for a dispute"
    parcel, reference = fact.parcel, payment.dispute.chargeback_id
    command = SubmitEvidence(
        payment_id=payment_id,
        order_id=payment.session.order_id,
        charge_id=payment.charge_id,
        chargeback_id=reference,
        provider=payment.provider,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        delivered_at=moment_of(parcel.delivered_at_ms),
        proof_url=parcel.proof_url or None,
        signed_by=parcel.signed_by or None,
        idempotency_key=readable_id(reference, "evidence"),
    )
    return (Announcement(command),)


def won(payment_id: str, payment: Payment, fact: df.DisputeWon, _: PaymentRules) -> Said:
    """ChargebackClosed: the money stays."""
    assert payment.dispute is not None, "a dispute ends that was open"
    return _closed(payment_id, payment, fact.outcome, payment.dispute.amount_minor)


def lost(payment_id: str, payment: Payment, fact: df.DisputeLost, _: PaymentRules) -> Said:
    """ChargebackClosed: the money is gone."""
    return _closed(payment_id, payment, "lost", fact.amount_minor)


def _closed(
    payment_id: str, payment: Payment, outcome: ChargebackOutcome, amount_minor: int
) -> Said:
    assert payment.dispute is not None, "a dispute ends that was open"
    closed = ChargebackClosed(
        chargeback_id=payment.dispute.chargeback_id,
        payment_id=payment_id,
        order_id=payment.session.order_id,
        customer_id=payment.session.customer_id,
        outcome=outcome,
        amount_minor=amount_minor,
        currency=payment.session.currency,
    )
    return (Announcement(closed),)
