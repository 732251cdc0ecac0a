"""Disputes: opened, answered with evidence, ended (G-18).

Evidence is the proof of delivery. It is handed in once, as soon as there is any; a dispute to
which nothing was handed in by its deadline is lost.
"""

from events.charges import ChargeOperationFailed, EvidenceSubmitted
from events.refunds import CloseChargeback, RecordChargeback
from streams.payments import dispute_facts as df
from streams.payments import refund_facts as rf
from streams.payments.amounts import remaining_minor
from streams.payments.dispute import Dispute, Evidence
from streams.payments.evolution import evolve_all
from streams.payments.refund import RefundState, underway_minor
from streams.payments.rules import PaymentRules
from streams.payments.sales import Sale, delivered
from streams.payments.settlement import settled_now
from streams.payments.states import PAID, Owed, Payment, Status, is_for_a_person
from streams.payments.steps import Facts, ask_next, refund_rest


def record_chargeback(
    payment: Payment, sale: Sale, command: RecordChargeback, at_ms: int, rules: PaymentRules
) -> Facts:
    """Open a dispute over money that is in, one at a time; a repeat changes nothing.

    A claim of money that went back already, or that nobody here knows to be in, is for a
    person, once: the machine has no state for it.
    """
    reference = command.chargeback_reference
    if _is_known(payment, reference):
        return ()
    if payment.status in PAID:
        opened = _opened(payment, reference, command.amount_minor, command.reason, at_ms, rules)
        return opened, *offer_evidence(evolve_all(payment, (opened,)), sale)
    is_new = payment.attempt and not is_for_a_person(payment, reference)
    return (df.Puzzled(reference),) if is_new else ()


def _opened(
    payment: Payment, reference: str, amount: int, reason: str, at_ms: int, rules: PaymentRules
) -> df.Disputed:
    return df.Disputed(
        chargeback_id=reference,
        amount_minor=min(amount, remaining_minor(payment)),
        reason=reason,
        fee_minor=rules.chargeback_fee_minor,
        evidence_due_ms=at_ms + rules.evidence_ms,
    )


def offer_evidence(payment: Payment, sale: Sale) -> Facts:
    """Offer the newest proof of delivery, unless there is none or it was offered."""
    dispute = payment.dispute
    if payment.status is not Status.DISPUTED or dispute is None or dispute.evidence:
        return ()
    parcels = list(delivered(sale))
    return (df.EvidenceAsked(parcels[-1]),) if parcels else ()


def evidence_submitted(
    payment: Payment, event: EvidenceSubmitted, at_ms: int, rules: PaymentRules
) -> Facts:
    """Note that the bank has the evidence."""
    dispute = _open_dispute(payment, event.chargeback_id)
    if dispute is None or dispute.evidence is Evidence.GIVEN:
        return ()
    return (df.EvidenceGiven(at_ms + rules.verdict_ms),)


def evidence_failed(
    payment: Payment, event: ChargeOperationFailed, at_ms: int, rules: PaymentRules
) -> Facts:
    """Offer evidence that the provider failed to take once more, up to the deadline."""
    dispute = payment.dispute
    if payment.status is not Status.DISPUTED or dispute is None:
        return ()
    if dispute.evidence is not Evidence.ASKED:
        return ()
    if not event.retryable:
        return (df.Puzzled(dispute.chargeback_id),)
    due_ms = min(at_ms + rules.evidence_retry_ms, dispute.evidence_due_ms)
    return (df.EvidencePostponed(due_ms),)


def evidence_due(
    payment: Payment, sale: Sale, due_ms: int, now_ms: int, rules: PaymentRules
) -> Facts:
    """Offer the evidence again, or lose the dispute for want of it.

    One that the bank has is not lost by its silence: a person asks.
    """
    dispute = payment.dispute
    if payment.status is not Status.DISPUTED or payment.due_ms != due_ms or dispute is None:
        return ()
    if dispute.evidence is Evidence.GIVEN:
        return (df.Puzzled(dispute.chargeback_id),)
    if now_ms < dispute.evidence_due_ms:
        return offer_evidence(payment, sale)
    return _lost(payment, dispute, now_ms, rules)


def close_chargeback(
    payment: Payment, command: CloseChargeback, at_ms: int, rules: PaymentRules
) -> Facts:
    """End a dispute by the bank's word. One that comes before its dispute opens and ends it.

    Money of a dispute that was lost here for want of evidence may come back all the same: that
    is for a person, once, for a payment that was charged back stays so.
    """
    reference = command.chargeback_reference
    dispute = _open_dispute(payment, reference)
    if dispute is not None:
        return _ended(payment, dispute, command, at_ms, rules)
    if payment.status is Status.CHARGED_BACK:
        is_back = command.outcome != "lost" and _is_newest(payment, reference)
        is_new = is_back and not is_for_a_person(payment, reference)
        return (df.Puzzled(reference),) if is_new else ()
    if payment.status not in PAID or _is_known(payment, reference):
        return ()
    told = command.amount_minor
    amount = remaining_minor(payment) if told is None else told
    opened = _opened(payment, reference, amount, "unknown", at_ms, rules)
    after = evolve_all(payment, (opened,))
    assert after.dispute is not None, "it was just opened"
    return opened, *_ended(after, after.dispute, command, at_ms, rules)


def _is_known(payment: Payment, reference: str) -> bool:
    """Whether that dispute was opened, now or ever: one that is over is over for good."""
    return _is_newest(payment, reference) or reference in payment.disputes_over


def _is_newest(payment: Payment, reference: str) -> bool:
    return payment.dispute is not None and payment.dispute.chargeback_id == reference


def _open_dispute(payment: Payment, reference: str) -> Dispute | None:
    dispute = payment.dispute
    if payment.status is not Status.DISPUTED or dispute is None:
        return None
    return dispute if dispute.chargeback_id == reference else None


def _ended(
    payment: Payment,
    dispute: Dispute,
    command: CloseChargeback,
    at_ms: int,
    rules: PaymentRules,
) -> Facts:
    if command.outcome == "lost":
        return _lost(payment, dispute, at_ms, rules)
    won = df.DisputeWon(command.outcome)
    after = evolve_all(payment, (won,))
    if not remaining_minor(after):
        return won, df.NothingLeft()
    paid_out = settled_now(after, at_ms, rules)
    rest = refund_rest(after, at_ms, rules) if payment.cancel_reason else ()
    return won, *paid_out, *(rest or ask_next(after, at_ms, rules))


def _lost(payment: Payment, dispute: Dispute, at_ms: int, rules: PaymentRules) -> Facts:
    """The disputed money is gone and the rest is paid out; no further refund is made (G-18).

    Whose order was cancelled meanwhile was told of a refund: what is left of it a person must pay.
    """
    left = remaining_minor(payment) - underway_minor(payment.refunds)
    lost = df.DisputeLost(min(dispute.amount_minor, left))
    after = evolve_all(payment, (lost,))
    left_minor = remaining_minor(after)
    paid_out = settled_now(after, at_ms, rules) if left_minor else ()
    promised = (df.Puzzled(),) if left_minor and payment.cancel_reason else ()
    return lost, *paid_out, *_blocked(payment), *promised


def _blocked(payment: Payment) -> Facts:
    owed = payment.refund_id if payment.owed is Owed.REFUND else ""
    currency = payment.session.currency
    return tuple(
        [
            rf.RefundRefused(r.refund_id, r.amount_minor, currency, "already_refunded")
            for r in payment.refunds
            if r.state is RefundState.PROCESSING and not r.underway and r.refund_id != owed
        ]
    )
