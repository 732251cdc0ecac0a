"""Each fact as the messages that follow from it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from streams.payments import charge_facts as cf
from streams.payments import commands, dispute_news, news, refund_news
from streams.payments import dispute_facts as df
from streams.payments import facts as f
from streams.payments import refund_facts as rf
from streams.payments.commands import Said
from streams.payments.rules import PaymentRules
from streams.payments.states import Payment


def said(payment_id: str, payment: Payment, fact: f.Fact, rules: PaymentRules) -> Said:
    """Give the messages that follow from a fact. `payment` is the row after it."""
    speak = _SPEAK.get(type(fact))
    return () if speak is None else speak(payment_id, payment, fact, rules)


_SPEAK: Final[Mapping[type, Callable[[str, Payment, Any, PaymentRules], Said]]] = {
    cf.ChargeAsked: commands.charge_asked,
    cf.CaptureAsked: commands.capture_asked,
    f.FurtherAsked: commands.further_asked,
    f.ReviewWaived: commands.review_waived,
    cf.VoidAsked: commands.void_asked,
    cf.StrayCharge: commands.stray_charge,
    rf.RefundAsked: commands.refund_asked,
    f.AskedAgain: commands.asked_again,
    cf.Captured: news.captured,
    f.Allotted: news.allotted,
    f.Completed: news.completed,
    cf.AttemptFailed: news.attempt_failed,
    f.Cancelled: news.cancelled,
    rf.Refunded: refund_news.refunded,
    rf.RefundLooked: commands.refund_looked,
    rf.RefundDropped: refund_news.failed,
    rf.RefundBounced: refund_news.failed,
    rf.RefundRefused: refund_news.refused,
    f.GivenUp: refund_news.given_up,
    df.Settled: dispute_news.settled,
    df.Disputed: dispute_news.disputed,
    df.EvidenceAsked: dispute_news.evidence_asked,
    df.DisputeWon: dispute_news.won,
    df.DisputeLost: dispute_news.lost,
}
