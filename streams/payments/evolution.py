"""Facts folded into a payment."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from streams.payments import charge_folds, dispute_folds, folds, refund_folds
from streams.payments import facts as f
from streams.payments.states import Payment


def evolve(payment: Payment | None, fact: f.Fact) -> Payment:
    """Give the payment after one fact."""
    if payment is None:
        assert isinstance(fact, f.Opened), "a payment begins with its session"
        return folds.opened(fact)
    return _FOLDS[type(fact)](payment, fact)


def evolve_all(payment: Payment, facts: Iterable[f.Fact]) -> Payment:
    """Give the payment after several facts."""
    for fact in facts:
        payment = _FOLDS[type(fact)](payment, fact)
    return payment


_FOLDS: Final[Mapping[type, Callable[[Payment, Any], Payment]]] = {
    f.Approved: folds.approved,
    f.Doubted: folds.doubted,
    f.Held: folds.held,
    f.Resumed: folds.resumed,
    f.ChargeAsked: charge_folds.charge_asked,
    f.ChargeKept: charge_folds.charge_kept,
    f.Authorized: charge_folds.authorized,
    f.CaptureAsked: charge_folds.capture_asked,
    f.Captured: charge_folds.captured,
    f.AttemptFailed: charge_folds.attempt_failed,
    f.ChargeLost: charge_folds.charge_lost,
    f.Hurried: charge_folds.hurried,
    f.Retried: charge_folds.retried,
    f.Claimed: folds.claimed,
    f.Allotted: folds.allotted,
    f.LineHeld: folds.line_held,
    f.LineLost: folds.line_lost,
    f.LineCommitted: folds.line_committed,
    f.LinesCounted: folds.lines_counted,
    f.Amended: folds.amended,
    f.FurtherAsked: folds.further_asked,
    f.Completed: folds.completed,
    f.CancelNoted: folds.cancel_noted,
    f.Cancelled: folds.cancelled,
    f.VoidAsked: folds.void_asked,
    f.Voided: folds.voided,
    f.StrayCharge: folds.stray_charge,
    f.RefundNoted: refund_folds.refund_noted,
    f.RefundRefused: refund_folds.refund_refused,
    f.RefundAsked: refund_folds.refund_asked,
    f.RefundUnderway: refund_folds.refund_underway,
    f.RefundLooked: refund_folds.refund_looked,
    f.RefundDropped: refund_folds.refund_dropped,
    f.RefundBounced: refund_folds.refund_bounced,
    f.Refunded: refund_folds.refunded,
    f.Settled: dispute_folds.settled,
    f.Disputed: dispute_folds.disputed,
    f.EvidenceAsked: dispute_folds.evidence_asked,
    f.EvidenceGiven: dispute_folds.evidence_given,
    f.EvidencePostponed: dispute_folds.evidence_postponed,
    f.DisputeWon: dispute_folds.dispute_won,
    f.DisputeLost: dispute_folds.dispute_lost,
    f.Puzzled: dispute_folds.puzzled,
    f.AskedAgain: folds.asked_again,
    f.Postponed: folds.postponed,
    f.GivenUp: folds.given_up,
    f.Woken: folds.woken,
}
