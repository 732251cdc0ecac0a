"""Orders of a subscription, and its end."""

from datetime import date

from events.orders import OrderConfirmed
from events.subscriptions import UserSubscriptionCancelled
from events.types import Plan
from streams.moments import DAY_MS, day_of, moment_of
from tests.streams.orders.samples import AT_MS, address, item

TODAY = day_of(AT_MS)


def order(number: int = 1, days: int = 0) -> OrderConfirmed:
    return OrderConfirmed(
        order_id=f"ord_{number}",
        user_id="usr_1",
        order_items=(item(),),
        order_total_minor=6998,
        currency="USD",
        shipping_address=address(),
        shipping_method="standard",
        subscription_id="sub_1",
        order_status="confirmed",
        confirmed_at=moment_of(AT_MS + days * DAY_MS),
    )


def end(day: date) -> UserSubscriptionCancelled:
    return UserSubscriptionCancelled(
        subscription_id="sub_1",
        user_id="usr_1",
        plan=Plan(plan_id="plan_save_monthly"),
        cancellation_reason="other",
        cancelled_by="customer",
        effective_date=day,
        refund_amount_minor=0,
        subscription_duration_days=30,
    )
