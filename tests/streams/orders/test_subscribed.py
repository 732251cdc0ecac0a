"""A cancelled subscription ends its orders that are dated after its last day (G-45)."""

from datetime import date, timedelta

from events.orders import CancelOrder, OrderConfirmed
from events.subscriptions import SubscriptionRenewedEvent, UserSubscriptionCancelled
from events.types import Period, Plan
from streams.orders.subscribed import ORDERS_MAX, SubscribedOrders, confirmed, ended, renewed
from tests.streams.orders.samples import AT_MS
from tests.streams.orders.subscribers import TODAY, end, order


def renewal(start: date, days: int = 7) -> SubscriptionRenewedEvent:
    end_of_it = start + timedelta(days=days)
    return SubscriptionRenewedEvent(
        subscription_id="sub_1",
        user_id="usr_1",
        plan=Plan(plan_id="plan_save_weekly"),
        period=Period(start=start, end=end_of_it),
        next_billing_date=end_of_it,
        payment_id="pay_1",
    )


def told(
    *messages: OrderConfirmed | UserSubscriptionCancelled | SubscriptionRenewedEvent,
) -> tuple[SubscribedOrders, list[str]]:
    """The row, and which orders were cancelled."""
    row, cancelled = SubscribedOrders(), list[CancelOrder]()
    for message in messages:
        if isinstance(message, OrderConfirmed):
            row, commands = confirmed(row, message, AT_MS)
        elif isinstance(message, SubscriptionRenewedEvent):
            row, commands = renewed(row, message), ()
        else:
            row, commands = ended(row, message)
        cancelled += commands
    assert all(one.user_id == "system" for one in cancelled)
    return row, [one.order_id for one in cancelled]


def test_only_orders_after_the_last_day_are_cancelled() -> None:
    orders = (order(1, -1), order(2, 0), order(3, 1), order(4, 9))

    assert told(*orders, end(TODAY))[1] == ["ord_3", "ord_4"]


def test_an_order_that_comes_after_the_cancellation_is_cancelled_too() -> None:
    assert told(end(TODAY), order(1, 0), order(2, 1))[1] == ["ord_2"]


def test_told_twice_nothing_is_cancelled_twice() -> None:
    late = order(1, 3)

    assert told(late, late, end(TODAY), end(TODAY), late)[1] == ["ord_1"]


def test_an_earlier_last_day_cancels_what_lies_between_and_a_later_one_nothing() -> None:
    orders = (order(1, 2), order(2, 9))
    until_day_5 = end(TODAY + timedelta(days=5))

    assert told(*orders, until_day_5, end(TODAY))[1] == ["ord_2", "ord_1"]
    assert told(*orders, end(TODAY), until_day_5)[1] == ["ord_1", "ord_2"]


def test_only_the_newest_orders_are_remembered() -> None:
    row, _ = told(*[order(number) for number in range(ORDERS_MAX + 5)])

    assert len(row.orders) == ORDERS_MAX
    assert row.orders[-1].order_id == f"ord_{ORDERS_MAX + 4}"


def test_one_that_renews_itself_behind_its_last_day_has_stayed_until_it_leaves_again() -> None:
    stayed = (end(TODAY), renewal(TODAY), order(1, 0), order(2, 3))

    assert told(*stayed)[1] == []
    assert told(*stayed, end(TODAY + timedelta(days=2)))[1] == ["ord_2"]


def test_one_that_nobody_cancelled_renews_itself_and_keeps_its_orders() -> None:
    assert told(renewal(TODAY), order(1, 3)) == told(order(1, 3))


def test_a_renewal_for_days_before_the_last_one_takes_nothing_back() -> None:
    week = timedelta(days=7)

    assert told(end(TODAY), renewal(TODAY - week), order(1, 1))[1] == ["ord_1"]
