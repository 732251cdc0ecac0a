"""Each fact as the messages that follow from it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from streams.payments import commands, dispute_news, news, refund_news
from streams.payments import facts as f
from streams.payments.commands import Said
from streams.payments.rules import PaymentRules
from streams.payments.states import Payment


def said(payment_id: str, payment: Payment, fact: f.Fact, rules: PaymentRules) -> Said:
    """Give the messages that follow from a fact. `payment` is the row after it."""
    speak = _SPEAK.get(type(fact))
    return () if speak is None else speak(payment_id, payment, fact, rules)


_SPEAK: Final[Mapping[type, Callable[[str, Payment, Any, PaymentRules], Said]]] = {
    f.ChargeAsked: commands.charge_asked,
    f.CaptureAsked: commands.capture_asked,
    f.FurtherAsked: commands.further_asked,
    f.VoidAsked: commands.void_asked,
    f.StrayCharge: commands.stray_charge,
    f.RefundAsked: commands.refund_asked,
    f.AskedAgain: commands.asked_again,
    f.Captured: news.captured,
    f.Allotted: news.allotted,
    f.Completed: news.completed,
    f.AttemptFailed: news.attempt_failed,
    f.Cancelled: news.cancelled,
    f.Refunded: refund_news.refunded,
    f.RefundLooked: commands.refund_looked,
    f.RefundDropped: refund_news.failed,
    f.RefundBounced: refund_news.failed,
    f.RefundRefused: refund_news.refused,
    f.GivenUp: refund_news.given_up,
    f.Settled: dispute_news.settled,
    f.Disputed: dispute_news.disputed,
    f.EvidenceAsked: dispute_news.evidence_asked,
    f.DisputeWon: dispute_news.won,
    f.DisputeLost: dispute_news.lost,
}
