"""How payouts and disputes change a payment."""

from msgspec.structs import replace

from streams.payments import dispute_facts as df
from streams.payments.dispute import DISPUTES_MAX, Dispute, Evidence
from streams.payments.states import Payment, Status, loosened, stuck_on, without_token


def settled(payment: Payment, fact: df.Settled) -> Payment:
    """The provider paid out; money of which a part went back is settled without a new state."""
    captured = payment.status is Status.CAPTURED
    return replace(
        without_token(payment),
        status=Status.SETTLED if captured else payment.status,
        settled_at_ms=fact.at_ms,
        due_ms=0,
    )


def disputed(payment: Payment, fact: df.Disputed) -> Payment:
    """The money is disputed; evidence is waited for."""
    dispute = Dispute(
        fact.chargeback_id,
        fact.amount_minor,
        fact.reason,
        fact.fee_minor,
        fact.evidence_due_ms,
    )
    over = payment.disputes_over
    if payment.dispute is not None:
        over = (*over, payment.dispute.chargeback_id)[-DISPUTES_MAX:]
    return replace(
        payment,
        status=Status.DISPUTED,
        dispute=dispute,
        disputes_over=over,
        due_ms=fact.evidence_due_ms,
    )


def _with(payment: Payment, evidence: Evidence, due_ms: int) -> Payment:
    assert payment.dispute is not None, "evidence is for a dispute"
    return replace(payment, dispute=replace(payment.dispute, evidence=evidence), due_ms=due_ms)


def evidence_asked(payment: Payment, _: df.EvidenceAsked) -> Payment:
    """The provider is offered the evidence; its deadline stands."""
    assert payment.dispute is not None, "evidence is for a dispute"
    return _with(payment, Evidence.ASKED, payment.dispute.evidence_due_ms)


def evidence_given(payment: Payment, fact: df.EvidenceGiven) -> Payment:
    """The bank decides, and takes its time."""
    return _with(payment, Evidence.GIVEN, fact.due_ms)


def evidence_postponed(payment: Payment, fact: df.EvidencePostponed) -> Payment:
    """The evidence is to be offered again."""
    return _with(payment, Evidence.NONE, fact.due_ms)


def dispute_won(payment: Payment, fact: df.DisputeWon) -> Payment:
    """The money stays."""
    assert payment.dispute is not None, "a dispute ends that was open"
    dispute = replace(payment.dispute, outcome=fact.outcome)
    payment = loosened(payment, dispute.chargeback_id)
    return replace(payment, status=Status.SETTLED, dispute=dispute, due_ms=0)


def nothing_left(payment: Payment, _: df.NothingLeft) -> Payment:
    """Nothing stays, for all of it went back."""
    return replace(without_token(payment), status=Status.REFUNDED, committed=())


def dispute_lost(payment: Payment, fact: df.DisputeLost) -> Payment:
    """The disputed money is gone, and nothing else goes back."""
    assert payment.dispute is not None, "a dispute ends that was open"
    dispute = replace(payment.dispute, outcome="lost")
    return replace(
        without_token(loosened(payment, dispute.chargeback_id)),
        status=Status.CHARGED_BACK,
        charged_back_minor=fact.amount_minor,
        dispute=dispute,
        committed=(),
        due_ms=0,
    )


def puzzled(payment: Payment, fact: df.Puzzled) -> Payment:
    """A person must look."""
    return stuck_on(payment, fact.about)
