"""A few subscribers for a demonstration without end: most pay, some only later, some never.

They hold memberships, so that what they do is no order, and the judge of orders need not know.
"""

from collections.abc import Iterator
from typing import Final

from events.ids import derived_id
from events.subscriptions import SubscribeUser, UpdatePaymentMethod
from events.types import PaymentMethod
from simulator.sending import Sent, sent

_CAST: Final = (
    ("plan_monthly_basic", None, 8),
    ("plan_monthly_pro", None, 4),
    ("plan_annual_enterprise", None, 2),
    ("plan_monthly_basic", "tok_insufficient_twice", 2),
    ("plan_monthly_pro", "tok_expired", 1),
    ("plan_monthly_basic", "tok_insufficient", 2),
)
"""Plan, the card that takes the first one's place, and how many do so."""


def subscribers(seed: int, at_ms: int) -> Iterator[Sent]:
    """Everybody subscribes with a good card; some give another one afterwards."""
    number = 0
    for plan, card, count in _CAST:
        for _ in range(count):
            user = f"usr_{seed}_{number:02d}"
            number += 1
            yield _sent(
                SubscribeUser(user_id=user, plan_id=plan, payment_method_id="tok_visa"), at_ms
            )
            if card is not None:
                method = PaymentMethod(type="credit_card", token=card, last4="0002")
                yield _sent(UpdatePaymentMethod(user_id=user, payment_method=method), at_ms)


def _sent(command: SubscribeUser | UpdatePaymentMethod, at_ms: int) -> Sent:
    event_id = derived_id("subscriber", command.user_id, command.name, str(at_ms))
    return sent(command, event_id, at_ms)
