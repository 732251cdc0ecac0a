"""Money that goes back for goods: once a cause, from as many of an order's payments as it takes."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from events.vocabulary import SYSTEM, RefundRefusal
from streams.payments import refund_facts as rf
from streams.payments.amounts import unaccepted_minor
from streams.payments.refund import Refund, RefundState, find, refund_id_of
from streams.payments.refund_requests import begin, giveable_minor, is_unmade
from streams.payments.rules import PaymentRules
from streams.payments.states import TERMINAL, Payment, Status
from streams.payments.steps import Facts


class Back(NamedTuple):
    """Money that goes back for goods: once a cause, from as many payments as it takes."""

    cause: str
    amount_minor: int
    reason: str
    return_id: str = ""
    first: str = ""
    """The payment that gives first, where it is not the order's own."""
    again_minor: int = 0
    """What of it is for goods whose price was to go back before."""
    instead_of: tuple[str, ...] = ()
    """The causes for which it was: no more of that goes back than was not made for them."""
    why_nothing: RefundRefusal | None = None
    """Why nothing goes back for goods that were taken back: somebody waits to hear of it."""


class Room(NamedTuple):
    """What a payment may give back for goods, in minor units."""

    free: int
    """Nobody waits for it."""
    left: int
    """With what others wait for that nobody approved."""
    unmade: int
    """What was to go back before for the same goods, and was not made."""


def asked_first(payments: Mapping[str, Payment], back: Back) -> dict[str, Payment]:
    """An order's payments, that which took the money first."""
    return dict(sorted(payments.items(), key=lambda one: one[0] != back.first))


def give_back(
    payments: Mapping[str, Payment], back: Back, at_ms: int, rules: PaymentRules
) -> Iterator[tuple[str, Facts]]:
    """Say what each payment of the order gives back, the first as much as it can.

    What others wait for that nobody approved is given only where nothing else is left: whichever
    is approved first has it. Where nothing is left at all, the last that has not ended says so.
    """
    if any(_refunds(payments, (back.cause,))):
        return
    rooms = dict(_rooms(payments, back))
    again = min(back.again_minor, sum([room.unmade for room in rooms.values()]))
    wanted = back.amount_minor - back.again_minor + again
    answers = [own_id for own_id, one in payments.items() if one.status not in TERMINAL][-1:]
    if wanted <= 0:
        yield from [(own_id, _nothing(payments[own_id], own_id, back)) for own_id in answers]
        return
    free = _spread(wanted - again, {own_id: room.free for own_id, room in rooms.items()})
    beside = {own_id: room.left - free[own_id] for own_id, room in rooms.items()}
    more = _spread(wanted - again - sum(free.values()), beside)
    unmade = {n: min(room.unmade, beside[n] - more[n]) for n, room in rooms.items()}
    once_more = _spread(again, unmade)
    shares = {own_id: free[own_id] + more[own_id] + once_more[own_id] for own_id in rooms}
    whole = sum(shares.values())
    for own_id, payment in payments.items():
        refund = Refund(
            refund_id_of(own_id, back.cause),
            shares[own_id],
            RefundState.PENDING,
            at_ms,
            reason=back.reason,
            return_id=back.return_id,
            requested_by=SYSTEM,
            again_minor=once_more[own_id],
            instead_of=_awaited(payment, own_id, back) if once_more[own_id] else (),
        )
        if refund.amount_minor > 0 or (own_id in answers and whole < wanted):
            yield own_id, _given_back(payment, refund, (whole, wanted - whole), at_ms, rules)


def _spread(amount_minor: int, rooms: Mapping[str, int]) -> dict[str, int]:
    """Take an amount from rooms, of each in turn as much as it has."""
    shares = {}
    for name, room in rooms.items():
        shares[name] = max(0, min(amount_minor, room))
        amount_minor -= shares[name]
    return shares


def _rooms(payments: Mapping[str, Payment], back: Back) -> Iterator[tuple[str, Room]]:
    """What each payment may give; nothing once a dispute was lost, whatever it left (G-18)."""
    newest_ms = max([one.asked_at_ms for _, one in _refunds(payments, back.instead_of)], default=0)
    for own_id, payment in payments.items():
        if payment.status is Status.CHARGED_BACK:
            yield own_id, Room(0, 0, 0)
        else:
            before = _refunds({own_id: payment}, back.instead_of)
            # The newest stand for what was not made of those before them.
            unmade = [
                one.amount_minor
                for _, one in before
                if one.asked_at_ms == newest_ms and is_unmade(payment, one)
            ]
            yield own_id, Room(giveable_minor(payment), unaccepted_minor(payment), sum(unmade))


def _awaited(payment: Payment, payment_id: str, back: Back) -> tuple[str, ...]:
    """The refunds that wait for approval and are for the same goods."""
    before = _refunds({payment_id: payment}, back.instead_of)
    return tuple([one.refund_id for _, one in before if one.state is RefundState.PENDING])


def _nothing(payment: Payment, payment_id: str, back: Back) -> Facts:
    """Say why nothing goes back for goods, where somebody waits to hear of it."""
    if back.why_nothing is None:
        return ()
    refund_id = refund_id_of(payment_id, back.cause)
    return (rf.RefundRefused(refund_id, 0, payment.session.currency, back.why_nothing),)


def _refunds(
    payments: Mapping[str, Payment], causes: tuple[str, ...]
) -> Iterator[tuple[Payment, Refund]]:
    """The refunds of an order's payments for any of these causes."""
    for payment_id, payment in payments.items():
        for cause in causes:
            refund = find(payment.refunds, refund_id_of(payment_id, cause))
            if refund is not None:
                yield payment, refund


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
