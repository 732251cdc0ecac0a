"""The sweep as the orders agent's tick."""

import pytest

from agents import order_sweep
from tables.orders import CUSTOMER_ORDERS, ORDERS
from tests.agents.order_desk import Desk
from tests.streams.orders.samples import DAY_MS, HOUR_MS, place_order
from topics import ALERTS_EVENTS, ORDERS_EVENTS


def told(desk: Desk, name: str) -> int:
    return (desk.names(ORDERS_EVENTS) + desk.names(ALERTS_EVENTS)).count(name)


def test_an_order_that_stands_still_raises_one_alarm() -> None:
    desk = Desk()
    desk.tell(place_order())

    desk.driver.advance(3 * HOUR_MS, step_ms=HOUR_MS // 4)

    assert told(desk, "AlertRaised") == 1
    assert desk.order().flags == ("STUCK",)


def test_after_seven_years_an_order_is_archived_once_and_forgotten() -> None:
    desk = Desk()
    desk.tell(place_order())

    desk.driver.advance(2558 * DAY_MS)
    desk.driver.advance(DAY_MS)

    assert told(desk, "LegacyOrderArchived") == 1
    assert desk.driver.rows(ORDERS) == {}
    assert desk.driver.rows(CUSTOMER_ORDERS) == {}


def test_many_orders_are_looked_at_a_few_at_a_time_and_all_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(order_sweep, "ROWS_MAX", 2)
    desk = Desk(partitions=1)
    desk.tell(*[place_order(order_id=f"ord_{number}") for number in range(7)])
    desk.driver.advance(2 * HOUR_MS)
    assert told(desk, "AlertRaised") == 2

    for _ in range(4):
        desk.driver.advance(order_sweep.EVERY_MS)

    assert told(desk, "AlertRaised") == 7
