"""Facts folded into a payment."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from streams.payments import charge_facts as cf
from streams.payments import charge_folds, dispute_folds, folds, refund_folds
from streams.payments import dispute_facts as df
from streams.payments import facts as f
from streams.payments import refund_facts as rf
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
    cf.ChargeAsked: charge_folds.charge_asked,
    cf.ChargeKept: charge_folds.charge_kept,
    cf.Authorized: charge_folds.authorized,
    cf.CaptureAsked: charge_folds.capture_asked,
    cf.Captured: charge_folds.captured,
    cf.AttemptFailed: charge_folds.attempt_failed,
    cf.ChargeLost: charge_folds.charge_lost,
    cf.Hurried: charge_folds.hurried,
    cf.Retried: charge_folds.retried,
    f.Claimed: folds.claimed,
    f.Allotted: folds.allotted,
    f.LineHeld: folds.line_held,
    f.LineLost: folds.line_lost,
    f.LineCommitted: folds.line_committed,
    f.LinesCounted: folds.lines_counted,
    f.Amended: folds.amended,
    f.FurtherAsked: folds.further_asked,
    f.ReviewWaived: folds.review_waived,
    f.Completed: folds.completed,
    f.CancelNoted: folds.cancel_noted,
    f.Cancelled: folds.cancelled,
    cf.VoidAsked: folds.void_asked,
    cf.Voided: folds.voided,
    cf.StrayCharge: folds.stray_charge,
    rf.RefundNoted: refund_folds.refund_noted,
    rf.RefundRefused: refund_folds.refund_refused,
    rf.RefundAsked: refund_folds.refund_asked,
    rf.RefundUnderway: refund_folds.refund_underway,
    rf.RefundLooked: refund_folds.refund_looked,
    rf.RefundDropped: refund_folds.refund_dropped,
    rf.RefundBounced: refund_folds.refund_bounced,
    rf.Refunded: refund_folds.refunded,
    df.Settled: dispute_folds.settled,
    df.Disputed: dispute_folds.disputed,
    df.EvidenceAsked: dispute_folds.evidence_asked,
    df.EvidenceGiven: dispute_folds.evidence_given,
    df.EvidencePostponed: dispute_folds.evidence_postponed,
    df.DisputeWon: dispute_folds.dispute_won,
    df.NothingLeft: dispute_folds.nothing_left,
    df.DisputeLost: dispute_folds.dispute_lost,
    df.Puzzled: dispute_folds.puzzled,
    f.AskedAgain: folds.asked_again,
    f.Postponed: folds.postponed,
    f.GivenUp: folds.given_up,
    f.Resolved: folds.resolved,
    f.Woken: folds.woken,
}
