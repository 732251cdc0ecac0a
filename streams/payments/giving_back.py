"""Money that goes back for goods: once a cause, from as many of an order's payments as it takes."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from events.vocabulary import RefundRefusal
from streams.payments import refund_facts as rf
from streams.payments.refund import Refund, RefundState, find, refund_id_of
from streams.payments.refund_requests import SYSTEM, begin, giveable_minor
from streams.payments.rules import PaymentRules
from streams.payments.states import TERMINAL, Payment, Status, is_for_a_person
from streams.payments.steps import Facts

_NOT_MADE: Final = frozenset({RefundState.CANCELLED, RefundState.FAILED})


class Back(NamedTuple):
    """Money that goes back for goods: once a cause, from as many payments as it takes."""

    cause: str
    amount_minor: int
    reason: str
    return_id: str = ""
    first: str = ""
    """The payment that gives first, where it is not the order's own."""
    instead_of: tuple[str, ...] = ()
    """Causes for which it was off the sale before: no more goes back than was not made for them."""
    why_nothing: RefundRefusal | None = None
    """Why nothing goes back for goods that were taken back: somebody waits to hear of it."""


def asked_first(payments: Mapping[str, Payment], back: Back) -> dict[str, Payment]:
    """An order's payments, that which took the money first."""
    return dict(sorted(payments.items(), key=lambda one: one[0] != back.first))


def give_back(
    payments: Mapping[str, Payment], back: Back, at_ms: int, rules: PaymentRules
) -> Iterator[tuple[str, Facts]]:
    """Say what each payment of the order gives back, the first as much as it can.

    Where nothing is left, the last that has not ended says so.
    """
    left = back.amount_minor
    if back.instead_of:
        left = min(left, _unmade_minor(payments, back.instead_of))
    whole = min(left, sum(_share_minor(payments, back.cause)))
    answers = [own_id for own_id, one in payments.items() if one.status not in TERMINAL][-1:]
    if left <= 0 and not any(_refunds(payments, (back.cause,))):
        yield from [(own_id, _nothing(payments[own_id], own_id, back)) for own_id in answers]
    for payment_id, payment in payments.items():
        refund_id = refund_id_of(payment_id, back.cause)
        known = find(payment.refunds, refund_id)
        if known is not None:
            left -= known.amount_minor
            continue
        if left <= 0:
            return
        refund = Refund(
            refund_id,
            min(left, _giveable_minor(payment)),
            RefundState.PENDING,
            at_ms,
            reason=back.reason,
            return_id=back.return_id,
            requested_by=SYSTEM,
        )
        if refund.amount_minor > 0 or payment_id in answers:
            yield payment_id, _given_back(payment, refund, (whole, left), at_ms, rules)
        left -= max(0, refund.amount_minor)


def _share_minor(payments: Mapping[str, Payment], cause: str) -> Iterator[int]:
    """What each payment gives back for a cause, or may at most."""
    for payment_id, payment in payments.items():
        known = find(payment.refunds, refund_id_of(payment_id, cause))
        yield max(0, _giveable_minor(payment)) if known is None else known.amount_minor


def _nothing(payment: Payment, payment_id: str, back: Back) -> Facts:
    """Say why nothing goes back for goods, where somebody waits to hear of it."""
    if back.why_nothing is None:
        return ()
    refund_id = refund_id_of(payment_id, back.cause)
    return (rf.RefundRefused(refund_id, 0, payment.session.currency, back.why_nothing),)


def _unmade_minor(payments: Mapping[str, Payment], causes: tuple[str, ...]) -> int:
    """What of the newest refunds for these causes was not made, and no person makes.

    Those before them do not count: the newest stand for what of them was not made.
    """
    found = tuple(_refunds(payments, causes))
    newest_ms = max([refund.asked_at_ms for _, refund in found], default=0)
    return sum(
        [
            refund.amount_minor
            for payment, refund in found
            if refund.asked_at_ms == newest_ms
            and refund.state in _NOT_MADE
            and not is_for_a_person(payment, refund.refund_id)
        ]
    )


def _refunds(
    payments: Mapping[str, Payment], causes: tuple[str, ...]
) -> Iterator[tuple[Payment, Refund]]:
    """The refunds of an order's payments for any of these causes."""
    for payment_id, payment in payments.items():
        for cause in causes:
            refund = find(payment.refunds, refund_id_of(payment_id, cause))
            if refund is not None:
                yield payment, refund


def _giveable_minor(payment: Payment) -> int:
    """What may go back; nothing once a dispute was lost, whatever it left (G-18)."""
    return 0 if payment.status is Status.CHARGED_BACK else giveable_minor(payment)


def _given_back(
    payment: Payment, refund: Refund, wanted: tuple[int, int], at_ms: int, rules: PaymentRules
) -> Facts:
    """Begin a refund that goods are the cause of, unless nothing is left.

    `wanted` is what goes back for them in all, and what of it payments before did not give.
    Nobody would ask for it again, so it is not refused while a dispute or a case is open: it
    waits for their end.
    """
    (whole_minor, wanted_minor), currency = wanted, payment.session.currency
    if refund.amount_minor > 0:
        return begin(payment, refund, at_ms, rules, whole_minor=whole_minor)
    why: RefundRefusal = "already_refunded" if payment.captured_minor else "not_captured"
    return (rf.RefundRefused(refund.refund_id, wanted_minor, currency, why),)
