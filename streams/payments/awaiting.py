"""The price of goods that come back while a charge for them is under way (G-8).

An amendment's goods may leave before its difference is paid: until then they are worth nothing,
for nobody paid. What they are worth if the charge is taken is kept with the sale, and goes back
from that charge as soon as its money is in. Of one that fails nothing is owed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from events.vocabulary import SYSTEM
from streams.payments.evolution import evolve_all
from streams.payments.giving_back import Back
from streams.payments.goods import Moved
from streams.payments.refund import Refund, RefundState, refund_id_of
from streams.payments.refund_requests import begin, giveable_minor
from streams.payments.rules import PaymentRules
from streams.payments.sales import RETURNS_MAX, OwedBack, Sale
from streams.payments.states import Payment
from streams.payments.steps import Facts

Move = Callable[[Sale, Any, PaymentRules], Moved]


def moved(
    move: Move,
    sale: Sale,
    under_way: Mapping[str, int],
    event: Any,
    rules: PaymentRules,
) -> Moved:
    """Say what follows from goods that moved, and keep what charges under way would add to it.

    under_way: by payment, what it is asked for in minor units.
    """
    now = move(sale, event, rules)
    if not under_way or now.back is None:
        return now
    paid = replace(sale, unpaid_minor=max(0, sale.unpaid_minor - sum(under_way.values())))
    more = _due(move(paid, event, rules).back) - _due(now.back)
    if more <= 0:
        return now
    owed = OwedBack(
        now.back.cause, more, now.back.reason, now.back.return_id, tuple(sorted(under_way))
    )
    kept = (*now.sale.owed, owed)[-RETURNS_MAX:]
    return now._replace(sale=replace(now.sale, owed=kept))


def _due(back: Back | None) -> int:
    return 0 if back is None else max(0, back.amount_minor - back.again_minor)


def taken(
    sale: Sale, payment_id: str, payment: Payment, at_ms: int, rules: PaymentRules
) -> tuple[Sale, Facts]:
    """Give back what goods are owed from a payment whose money is in; the rest from the next."""
    facts: Facts = ()
    left: list[OwedBack] = []
    for owed in sale.owed:
        if payment_id not in owed.payments:
            left.append(owed)
            continue
        after = evolve_all(payment, facts)
        amount = min(owed.amount_minor, giveable_minor(after))
        if amount > 0:
            facts = (*facts, *begin(after, _refund(owed, payment_id, amount, at_ms), at_ms, rules))
        others = tuple([one for one in owed.payments if one != payment_id])
        if others and owed.amount_minor > amount:
            left.append(replace(owed, amount_minor=owed.amount_minor - amount, payments=others))
    return replace(sale, owed=tuple(left)), facts


def _refund(owed: OwedBack, payment_id: str, amount_minor: int, at_ms: int) -> Refund:
    return Refund(
        refund_id_of(payment_id, owed.cause),
        amount_minor,
        RefundState.PENDING,
        at_ms,
        reason=owed.reason,
        return_id=owed.return_id,
        requested_by=SYSTEM,
    )
