"""Only legal transitions: every row that has a state, step by step where it keeps its steps."""

from typing import Any, Final

from simulation.laws.broken import insist
from simulation.laws.machines import (
    CART,
    CASE,
    CYCLE,
    INVOICE,
    NOTIFICATION,
    ORDER,
    PAYMENT,
    RESERVATION,
    SHIPMENT,
    SUBSCRIPTION,
    Machine,
)

LAW: Final = "legal transitions"
PAID_FOR: Final = "what is paid for stays held"
DUNNING: Final = "dunning ends"
VERSION: Final = "an order that changes has another version, and never an older one"
GOES_BACK: Final = "nobody takes it, so it goes back"
_RETRIES_MAX: Final = 3
_ATTEMPTS_MAX: Final = 3
_KEPT_MAX: Final = 40
"""Steps of a history; beyond them the middle is forgotten."""


def by_history(machine: Machine, key: str, before: Any, row: Any) -> None:
    """Look at each new step."""
    if row is None:
        return
    seen = len(before.history) if before is not None else 0
    state = before.status.value if before is not None else ""
    if len(row.history) >= _KEPT_MAX:
        by_status(machine, key, state, row.status.value)
        return
    for step in row.history[seen:]:
        after = step.status.value
        legal = after == state or after in machine.moves.get(state, ())
        insist(legal, LAW, key, f"{machine.name} went from {state or 'nothing'} to {after}")
        state = after
    insist(state == row.status.value, LAW, key, f"history ends at {state}, not at {row.status}")


def by_status(machine: Machine, key: str, before: str, after: str) -> None:
    """Look at what a commit made of a state: several steps may have been one commit."""
    legal = after == before or after in machine.reach.get(before, ())
    insist(legal, LAW, key, f"{machine.name} went from {before or 'nothing'} to {after}")


def order(key: str, before: Any, row: Any) -> None:
    """One of `orders`."""
    by_history(ORDER, key, before, row)
    if before is not None:
        was, now = [(one.status, one.total_minor, one.lines, one.history) for one in (before, row)]
        fine = row.version > before.version or (row.version == before.version and was == now)
        insist(fine, VERSION, key, f"{before.version}, then {row.version}")


def shipment(key: str, before: Any, row: Any) -> None:
    """One of `shipments`."""
    by_history(SHIPMENT, key, before, row)
    on_its_way = row.status.value == "in_transit" and row.attempts >= _ATTEMPTS_MAX
    insist(not on_its_way, GOES_BACK, key, f"it failed {row.attempts} times and is on its way")


def payment(key: str, before: Any, row: Any) -> None:
    """One of `payments`."""
    if row is not None:
        by_status(PAYMENT, key, before.status.value if before else "", row.status.value)


def reservation(key: str, before: Any, row: Any) -> None:
    """One of `reservations`: one that begins anew under the same id is another.

    A commit may begin it anew, as of the very moment in which it was first asked for.
    """
    if row is not None:
        same = before is not None and before.created_at_ms == row.created_at_ms
        if same and before.status == "EXPIRED" and row.committed:
            same = row.held_at_ms != row.created_at_ms
        by_status(RESERVATION, key, before.status if same else "", row.status)
        lost = same and before.committed and row.status == "EXPIRED"
        insist(not lost, PAID_FOR, key, "it was paid for, and expired")


def case(key: str, before: Any, row: Any) -> None:
    """One of `fraud`."""
    if row is not None and row.state is not None:
        by_status(CASE, key, (before.state or "") if before else "", row.state)


def notification(key: str, before: Any, row: Any) -> None:
    """One of `notifications`."""
    if row is not None:
        by_status(NOTIFICATION, key, before.status.value if before else "", row.status.value)


def subscriber(_key: str, before: Any, row: Any) -> None:
    """One of `subscriptions`: all that a user has."""
    known = {one.subscription_id: one for one in before.subscriptions} if before else {}
    for one in row.subscriptions if row is not None else ():
        was = known.get(one.subscription_id)
        by_status(
            SUBSCRIPTION, one.subscription_id, was.status.value if was else "", one.status.value
        )


def invoice(key: str, before: Any, row: Any) -> None:
    """One of `invoices`, with its billing cycle."""
    if row is not None:
        by_status(INVOICE, key, before.status.value if before else "", row.status.value)
        by_status(CYCLE, key, before.cycle.value if before else "", row.cycle.value)
        insist(row.retries <= _RETRIES_MAX, DUNNING, key, f"retry {row.retries}")


def cart(key: str, before: Any, row: Any) -> None:
    """One of `carts`; it is forgotten only when it was ordered or has expired."""
    if row is not None:
        by_status(CART, key, before.status.value if before else "", row.status.value)
    elif before is not None:
        over = before.status.value in {"converted", "expired"}
        insist(over, LAW, key, f"a cart that is {before.status.value} was forgotten")
