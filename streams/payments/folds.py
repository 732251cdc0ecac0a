"""How facts change a payment. No rule stands here, and nothing is refused."""

from msgspec.structs import replace

from streams.payments import charge_facts as cf
from streams.payments import facts as f
from streams.payments.refund import RefundState
from streams.payments.refund_folds import owing_nothing, refund_ended
from streams.payments.states import (
    RESOLUTIONS_MAX,
    Owed,
    Payment,
    Resolution,
    Status,
    loosened,
    stuck_on,
    without_token,
)


def opened(fact: f.Opened) -> Payment:
    """A fresh payment, to which fraud owes a decision."""
    return Payment(
        fact.session,
        owed=Owed.DECISION,
        owed_due_ms=fact.due_ms,
        asks=1,
        lines=fact.lines,
    )


def waited(payment: Payment, at_ms: int) -> int:
    """Waits so far, with the one that ends at at_ms."""
    if not payment.waiting_since_ms:
        return payment.waited_ms
    return payment.waited_ms + max(0, at_ms - payment.waiting_since_ms)


def rested(payment: Payment) -> Payment:
    """Owe nothing, which is also what forgets the token of a payment that ended."""
    payment = owing_nothing(payment)
    return without_token(payment) if payment.status is Status.CANCELLED else payment


# --- fraud -----------------------------------------------------------------------------------


def approved(payment: Payment, _: f.Approved) -> Payment:
    """Fraud approves, and owes nothing; a case that was open has ended thereby, for good."""
    reviewed = payment.reviewed or payment.fraud == "MANUAL_REVIEW"
    payment = replace(payment, fraud="APPROVED", reviewed=reviewed)
    return owing_nothing(payment) if payment.owed is Owed.DECISION else payment


def doubted(payment: Payment, fact: f.Doubted) -> Payment:
    """Fraud does not approve."""
    return replace(payment, fraud=fact.decision)


def held(payment: Payment, fact: f.Held) -> Payment:
    """A review is waited for, and fraud owes nothing; a charge under way still owes its answer."""
    if payment.owed is Owed.DECISION:
        payment = rested(payment)
    return replace(
        payment,
        status=Status.HELD,
        fraud="MANUAL_REVIEW",
        waiting_since_ms=fact.at_ms,
        due_ms=fact.until_ms,
    )


def resumed(payment: Payment, fact: f.Resumed) -> Payment:
    """The review approved; its wait is over."""
    return replace(
        payment,
        status=Status.INITIATED,
        fraud="APPROVED",
        reviewed=True,
        waited_ms=waited(payment, fact.at_ms),
        waiting_since_ms=0,
        due_ms=0,
    )


# --- orders paid beforehand ------------------------------------------------------------------


def claimed(payment: Payment, fact: f.Claimed) -> Payment:
    """The money belongs to an order."""
    session = replace(payment.session, order_id=fact.order_id)
    return replace(payment, session=session, claimed_minor=fact.amount_minor)


def allotted(payment: Payment, _: f.Allotted) -> Payment:
    """The order is paid; its held lines are of no use any more."""
    return replace(payment, allotted=True, held=())


# --- lines -----------------------------------------------------------------------------------


def line_held(payment: Payment, fact: f.LineHeld) -> Payment:
    """One more line is held."""
    return replace(payment, held=(*payment.held, fact.line))


def line_lost(payment: Payment, fact: f.LineLost) -> Payment:
    """The line is not held."""
    return replace(payment, held=tuple(line for line in payment.held if line != fact.line))


def line_committed(payment: Payment, fact: f.LineCommitted) -> Payment:
    """One more line is committed."""
    return replace(payment, committed=(*payment.committed, fact.line))


def lines_counted(payment: Payment, fact: f.LinesCounted) -> Payment:
    """The number of lines is known."""
    return replace(payment, lines=fact.lines)


def amended(payment: Payment, fact: f.Amended) -> Payment:
    """The order's total and lines are what the amendment made of them."""
    gone = {*fact.dropped, *payment.added} - {*fact.added}
    new = tuple([line for line in fact.added if line not in payment.added])
    unpaid = not payment.captured_minor
    return replace(
        payment,
        session=replace(payment.session, amount_minor=fact.total_minor),
        lines=payment.lines
        + (len(payment.dropped) - len(fact.dropped))
        + (len(fact.added) - len(payment.added)),
        held=tuple([line for line in payment.held if line not in gone]) + (new if unpaid else ()),
        committed=tuple([line for line in payment.committed if line not in gone]),
        dropped=fact.dropped,
        added=fact.added,
        exact=payment.exact or fact.exact,
    )


def further_asked(payment: Payment, _: f.FurtherAsked) -> Payment:
    """The payment stays as it is: the difference has a row of its own."""
    return payment


def review_waived(payment: Payment, _: f.ReviewWaived) -> Payment:
    """The payment stays as it is: it has ended."""
    return payment


def completed(payment: Payment, _: f.Completed) -> Payment:
    """The payment is complete; its lines are of no use any more."""
    return replace(payment, complete=True, committed=())


# --- ends ------------------------------------------------------------------------------------


def cancel_noted(payment: Payment, fact: f.CancelNoted) -> Payment:
    """It is known why the order was cancelled."""
    return replace(payment, cancel_reason=fact.reason)


def cancelled(payment: Payment, fact: f.Cancelled) -> Payment:
    """The payment ended; only a charge under way still owes its answer."""
    ended = replace(
        loosened(payment, Owed.CAPTURE),
        status=Status.CANCELLED,
        cancel_reason=fact.reason or payment.cancel_reason,
        failure=fact.failure or payment.failure,
        held=(),
        committed=(),
        waiting_since_ms=0,
        due_ms=0,
    )
    # A charge under way must still be answered, and is asked about with its token.
    return ended if ended.owed is Owed.CHARGE else rested(ended)


def void_asked(payment: Payment, fact: cf.VoidAsked) -> Payment:
    """The provider owes the void."""
    return replace(payment, owed=Owed.VOID, owed_due_ms=fact.due_ms, asks=1)


def voided(payment: Payment, _: cf.Voided) -> Payment:
    """The provider holds nothing."""
    return replace(loosened(rested(payment), Owed.CAPTURE, Owed.VOID), authorized_minor=0)


def stray_charge(payment: Payment, _: cf.StrayCharge) -> Payment:
    """The payment stays as it is."""
    return payment


# --- asking ----------------------------------------------------------------------------------


def asked_again(payment: Payment, fact: f.AskedAgain) -> Payment:
    """The question was put once more."""
    return replace(payment, owed=fact.owed, owed_due_ms=fact.due_ms, asks=payment.asks + 1)


def postponed(payment: Payment, fact: f.Postponed) -> Payment:
    """The question is to be put again later."""
    return replace(payment, owed_due_ms=fact.due_ms)


def given_up(payment: Payment, fact: f.GivenUp) -> Payment:
    """Nothing is owed any more, and a person must look; a hold ends all the same."""
    if fact.owed is Owed.REFUND:
        payment = refund_ended(payment, payment.refund_id, RefundState.FAILED)
        return stuck_on(rested(payment), payment.refund_id)
    payment = replace(rested(payment), due_ms=fact.until_ms)
    return stuck_on(payment, fact.owed)


def resolved(payment: Payment, fact: f.Resolved) -> Payment:
    """Nobody looks at these entries any more; who settled them, when and why is kept."""
    word = Resolution(fact.at_ms, fact.by, fact.note, fact.entries)
    kept = (*payment.resolved, word)[-RESOLUTIONS_MAX:]
    return replace(loosened(payment, *fact.entries), resolved=kept)


def woken(payment: Payment, _: f.Woken) -> Payment:
    """No `session` timer is set."""
    return replace(payment, watch_ms=0)
