"""Watch lists, from signing up to being told, with Notification in memory."""

from collections.abc import Callable

import pytest

from agents.notify import notify_agent
from agents.registrations import registrations_agent
from engine.records import Output
from events.base import Message
from events.inventory import InventoryAdjusted
from events.order_parts import Amendment
from events.orders import OrderAmended, OrderCancelled
from events.registrations import UserSignedUpEvent
from streams.moments import DAY_MS
from streams.notifications.rules import NotificationRules
from streams.notifications.watches import Watch, written
from streams.registrations import PRODUCTS_MAX, WatchList, missed
from tables.notifications import WATCHED, WATCHERS
from tables.registrations import WATCH_LISTS
from tests.agents.dock import Dock
from tests.streams.orders.samples import item
from topics import NOTIFICATIONS_QUEUE, WATCHES

SIGNED_UP = UserSignedUpEvent(user_id="usr_1", email="a@example.com", signup_method="email")


def shop(**rules: int) -> Dock:
    agents = (registrations_agent(), notify_agent(NotificationRules(**rules)))
    return Dock(agents=agents, with_carriers=False)


def cancelled(*products: str, **given: str) -> OrderCancelled:
    fields: dict[str, object] = {
        "order_id": "ord_1",
        "user_id": "usr_1",
        "cancellation_reason": "OUT_OF_STOCK",
        "order_items": tuple(item(product) for product in products),
        "order_total_minor": 1,
        "currency": "USD",
        "order_status": "cancelled",
    }
    return OrderCancelled(**(fields | given))


def amended(product_id: str) -> OrderAmended:
    return OrderAmended(
        order_id="ord_1",
        user_id="usr_1",
        amendment_type="ITEM_REMOVED",
        amendments=(
            Amendment(
                product_id=product_id, previous_quantity=1, new_quantity=0, unit_price_minor=100
            ),
        ),
        new_order_total_minor=100,
        currency="USD",
        order_status="confirmed",
    )


def back(product_id: str) -> InventoryAdjusted:
    return InventoryAdjusted(
        adjustment_id="adj_1",
        product_id=product_id,
        warehouse_id="wh_1",
        adjustment_type="increase",
        previous_quantity=0,
        adjusted_quantity=5,
        new_quantity=5,
        reason="restock",
    )


def whom(dock: Dock) -> list[str]:
    """Customers who were told that a product is back."""
    found = [one.data for one in dock.said(NOTIFICATIONS_QUEUE)]
    return sorted(
        one.recipient.customer_id for one in found if one.template_id == "inventory-adjusted"
    )


def told(dock: Dock) -> int:
    return len(whom(dock))


def products(dock: Dock) -> dict[str, tuple[str, ...]]:
    return {user: row.products for user, row in dock.driver.rows(WATCH_LISTS).items()}


def test_who_could_not_get_a_product_is_told_when_it_is_back() -> None:
    dock = shop()
    dock.tell(SIGNED_UP, cancelled("p1"), SIGNED_UP)
    assert (told(dock), products(dock)) == (0, {"usr_1": ("p1",)})

    dock.tell(back("p1"))

    assert told(dock) == 1


def many(people: int) -> list[Message]:
    return [
        told
        for name in (f"usr_{number:02d}" for number in range(people))
        for told in (
            SIGNED_UP.model_copy(update={"user_id": name}),
            cancelled("p1", user_id=name, order_id=f"ord_{name}"),
        )
    ]


@pytest.mark.parametrize("few", [1, 3, 7, 50])
def test_all_who_wait_are_told_however_many_they_are_each_once(few: int) -> None:
    dock = shop(watchers_told_max=few)
    dock.tell(*many(7), back("p10"))
    assert told(dock) == 0

    dock.tell(back("p1"), back("p1"))

    assert whom(dock) == [f"usr_{number:02d}" for number in range(7)]
    assert dock.driver.rows(WATCHERS) == dock.driver.rows(WATCHED) == {}


def test_of_many_who_wait_one_transaction_tells_no_more_than_a_few() -> None:
    dock = shop(watchers_told_max=3)
    dock.tell(*many(7))
    at_once, queue = [], dock.driver.topology.real_name(NOTIFICATIONS_QUEUE)
    for lane in dock.driver._lanes:
        commit = lane.commit

        def counted(commit: Callable[[], list[Output]] = commit) -> list[Output]:
            outputs = commit()
            at_once.append(sum(output.topic == queue for output in outputs))
            return outputs

        lane.commit = counted

    dock.tell(back("p1"))

    assert sorted(n for n in at_once if n) == [1, 3, 3]


def test_who_begins_to_wait_while_others_are_told_waits_for_the_next_time() -> None:
    dock = shop(watchers_told_max=2)
    dock.tell(*many(3))
    late = Watch("p1", "usr_99", dock.driver.now_ms + 1)
    dock.driver.send(WATCHES, written(late), "p1")

    dock.tell(back("p1"))
    assert told(dock) == 3
    dock.driver.now_ms += 1
    dock.tell(back("p1"))

    assert told(dock) == 4


@pytest.mark.parametrize(("missed_off", "back_off"), [(DAY_MS, 0), (0, -DAY_MS), (DAY_MS, -DAY_MS)])
def test_producers_whose_clocks_are_wrong_keep_nobody_waiting(
    missed_off: int, back_off: int
) -> None:
    dock = shop()
    dock.tell(SIGNED_UP)

    for message, off_ms in ((cancelled("p1"), missed_off), (back("p1"), back_off)):
        dock.put(message, event_id=message.name, off_ms=off_ms)
        dock.driver.run()

    assert told(dock) == 1


def test_who_misses_a_product_again_is_told_again() -> None:
    dock = shop()
    dock.tell(SIGNED_UP, cancelled("p1"), back("p1"), back("p1"))
    assert told(dock) == 1

    dock.tell(cancelled("p1", order_id="ord_2"), back("p1"))

    assert (told(dock), products(dock)) == (2, {"usr_1": ("p1",)})


def test_who_waits_to_hear_of_it_does_not_of_what_the_queue_took_at_once() -> None:
    dock = shop()

    dock.tell(SIGNED_UP, cancelled("p1"))
    dock.tell(back("p1").model_copy(update={"spoken_for": True}))
    assert told(dock) == 0

    dock.tell(back("p1"))
    assert told(dock) == 1


def test_a_guest_has_no_list_and_other_reasons_put_nothing_on_one() -> None:
    dock = shop()

    dock.tell(SIGNED_UP, cancelled("p1", cancellation_reason="CUSTOMER_REQUEST"))
    dock.tell(cancelled("p1", user_id="usr_2"), back("p1"))

    assert (told(dock), products(dock)) == (0, {"usr_1": ()})


def test_a_line_that_was_cancelled_is_missed_too_and_one_that_the_customer_took_back_is_not() -> (
    None
):
    dock = shop()
    gone = {"cancellation_reason": "OUT_OF_STOCK"}

    dock.tell(SIGNED_UP, amended("p1"), amended("p2").model_copy(update=gone), back("p2"))

    assert (told(dock), products(dock)) == (1, {"usr_1": ("p2",)})


def test_a_list_keeps_the_newest_and_nothing_twice() -> None:
    row, waits = missed(WatchList(0, ("p1",)), cancelled("p1", "p2", "p2"))
    assert (row, waits) == (WatchList(0, ("p1", "p2")), ["p1", "p2"])

    row, _ = missed(row, cancelled(*[f"q{number}" for number in range(99)]))
    assert row is not None
    assert (len(row.products), row.products[0]) == (PRODUCTS_MAX, "p2")
