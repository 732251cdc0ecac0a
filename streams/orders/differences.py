"""What goods cost more or less than those that they replace (G-33).

More is charged before anything goes out, as a further payment of the order whose goods come back:
all its money lies in one place, and what an exchange gives back comes from there. Less goes back
once what it replaces was taken back. A line that differs by no more than an amendment's waived
amount differs by nothing (G-8). Amounts of a part of a line's units are cut to whole minor units,
so that all parts make exactly the whole.
"""

from collections import Counter

from msgspec.structs import replace

from events.payment_ids import further_payment_of
from events.payments import PaymentFailed, PaymentProcessed
from streams.orders.accounts import accounts, product_of
from streams.orders.back import Back, Units, with_return
from streams.orders.exchange_facts import DifferenceBack, LabelAsked
from streams.orders.exchanging import Unmet, ended
from streams.orders.facts import Fact, MoneyAdded
from streams.orders.rows import Order
from streams.orders.rules import OrderRules

Facts = tuple[Fact, ...]


def payment_of(order: Order, position: int) -> str:
    """Name the further payment of the order's return at that place."""
    return further_payment_of(order.order_id, f"x{position + 1}")


def processed(order: Order, event: PaymentProcessed, at_ms: int, rules: OrderRules) -> Facts | None:
    """Have the label made of what is paid now; what nobody waits for any more goes straight back.

    None: it pays for no exchange.
    """
    position = _position(order, event.payment_id)
    if position is None:
        return None
    if event.status != "confirmed" or event.payment_id in order.further_payments:
        return ()
    back, amount = order.returns[position], event.amount_minor
    added = MoneyAdded(at_ms, event.payment_id, amount, order.unpaid)
    if not back.swaps or back.waits_for_stock or amount != back.extra_minor:
        cause = f"unwanted:{event.payment_id}"
        return (added, DifferenceBack(at_ms, event.payment_id, amount, cause))
    paid = replace(back, paid_minor=amount, due_ms=at_ms + rules.return_label_ms)
    return (added, LabelAsked(position, paid))


def failed(order: Order, event: PaymentFailed, at_ms: int, rules: OrderRules) -> Facts | None:
    """Make an exchange a refund whose difference is not paid for good. None: of no exchange."""
    position = _position(order, event.payment_id)
    if position is None:
        return None
    back = order.returns[position]
    attempt = event.attempt_number or 1
    again = event.retryable and attempt < (event.max_attempts or rules.payment_attempts_max)
    if again or not back.swaps or not back.waits:
        return ()
    return ended(position, back, Unmet.UNPAID, at_ms, rules)


def less_since(order: Order, position: int, back: Back) -> int:
    """What goes back for goods that cost less, once a return is as it is now; negative: too much.

    As much as units were taken back for which others stayed out.
    """
    returns = with_return(order.returns, position, back)
    return _less(order, returns) - _less(order, order.returns)


def extra_of(back: Back, undone: Units) -> int:
    """What was paid beyond for units that are not to be had after all, beside those known of."""
    before, now = dict(back.undone), dict(undone)
    return sum(
        [
            _share(swap.differs_minor, now.get(swap.line, 0), swap.units)
            - _share(swap.differs_minor, before.get(swap.line, 0), swap.units)
            for swap in back.swaps
            if swap.differs_minor > 0
        ]
    )


def _less(order: Order, returns: tuple[Back, ...]) -> int:
    saved, units = Counter[str](), Counter[str]()
    for swap in [swap for back in returns if back.replaced for swap in back.swaps]:
        name = product_of(order, swap.line)
        saved[name] += max(0, -swap.differs_minor)
        units[name] += swap.units
    known = accounts(order, returns)
    return sum([_share(saved[name], known[name].exchanged, many) for name, many in units.items()])


def _share(minor: int, units: int, of: int) -> int:
    return minor * min(units, of) // of


def _position(order: Order, payment_id: str) -> int | None:
    number = payment_id.removeprefix(further_payment_of(order.order_id, "x"))
    if number == payment_id or not number.isdecimal() or not 0 < int(number) <= len(order.returns):
        return None
    return int(number) - 1
