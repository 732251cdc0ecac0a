"""Rules of orders and carts, each broken: see `simulation.mutants`."""

from typing import Final

from simulation.broken_rules.mutant import Mutant

MUTANTS: Final = (
    Mutant(
        "a line that cannot be had ends its order",
        "streams.orders.recovery",
        "if whole or not any(line.quantity for line in lines):",
        "if True:",
    ),
    Mutant(
        "waiting for stock never ends",
        "streams.orders.outcomes",
        '        due["backorder"] = order.backorder_due_ms',
        "        pass",
    ),
    Mutant(
        "an order is cancelled after it left",
        "streams.orders.cancelling",
        '    if order.status in DISPATCHED:\n        return noted(order, at_ms, "CANCEL_REFUSED_D'
        'ISPATCHED")\n',
        "",
    ),
    Mutant(
        "an order is delivered with its first parcel",
        "streams.orders.shipping",
        "    if any(parcel.state not in ended for parcel in parcels):",
        "    if all(parcel.state not in ended for parcel in parcels):",
    ),
    Mutant(
        "a lost parcel is waited for for ever",
        "streams.orders.shipping",
        "    if event.reason_code != LOST:",
        "    if True:",
    ),
    Mutant(
        "a parcel has one unit of a line",
        "streams.shipping.planning",
        "return Item(item_id, held.quantity, ",
        "return Item(item_id, 1, ",
    ),
    Mutant(
        "a stranger cancels an order",
        "streams.orders.cancelling",
        "if not by_system and command.user_id != order.user_id:",
        "if False:",
    ),
    Mutant(
        "an order that nobody sends stands still for ever",
        "streams.orders.sweeping",
        "if order.status in _AT_HOME and still_ms > rules.unsent_ms:",
        "if False:",
    ),
    Mutant(
        "any price will do",
        "streams.orders.checks",
        "if not rules.agree(total_minor, seen_minor):",
        "if False:",
    ),
    Mutant(
        "goods are sent anywhere",
        "streams.orders.checks",
        "if address.country not in rules.countries:",
        "if False:",
    ),
    Mutant(
        "a suspended customer orders",
        "streams.orders.placing",
        "eligible=may_order)",
        "eligible=True)",
    ),
    Mutant(
        "a stranger changes an order",
        "streams.orders.amendments",
        "if command.user_id not in {order.user_id, *rules.system_users}:",
        "if False:",
    ),
    Mutant(
        "a cart that was ordered is filled again",
        "streams.orders.carts",
        "    if cart is not None and cart.status in CLOSED:\n        return CartRefusal.CLOSED\n",
        "",
    ),
)
