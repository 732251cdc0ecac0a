"""The sweep as the orders agent's tick."""

import pytest

from agents import order_sweep
from streams.moments import DAY_MS, HOUR_MS
from tables.orders import CUSTOMER_ORDERS, ORDERS
from tests.agents.order_desk import Desk
from tests.streams.orders.samples import place_order
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
    monkeypatch.setattr(order_sweep, "ROWS_MIN", 2)
    desk = Desk(partitions=1)
    desk.tell(*[place_order(order_id=f"ord_{number}") for number in range(7)])
    desk.driver.advance(2 * HOUR_MS)
    assert told(desk, "AlertRaised") == 2

    for _ in range(4):
        desk.driver.advance(order_sweep.EVERY_MS)

    assert told(desk, "AlertRaised") == 7


def ticks_until_all_are_told(desk: Desk, orders: int) -> int:
    for tick in range(2 * orders):
        if told(desk, "AlertRaised") == orders:
            return tick
        desk.driver.advance(order_sweep.EVERY_MS)
    return 2 * orders


def many(orders: int) -> Desk:
    """Orders that stood still, after rounds in which they were counted and one look more."""
    desk = Desk(partitions=1)
    desk.tell(*[place_order(order_id=f"ord_{number:02d}") for number in range(orders)])
    desk.driver.advance(50 * order_sweep.EVERY_MS, step_ms=order_sweep.EVERY_MS)
    desk.driver.advance(2 * HOUR_MS)
    return desk


def test_a_look_at_all_orders_takes_no_longer_the_more_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(order_sweep, "ROWS_MIN", 2)
    monkeypatch.setattr(order_sweep, "ROUND_MS", 4 * order_sweep.EVERY_MS)

    assert ticks_until_all_are_told(many(8), 8) <= 4
    assert ticks_until_all_are_told(many(40), 40) <= 4


@pytest.mark.parametrize("most", ["ROWS_MAX", "CHANGES_MAX"])
def test_one_tick_looks_at_so_many_orders_and_changes_so_many(
    monkeypatch: pytest.MonkeyPatch, most: str
) -> None:
    monkeypatch.setattr(order_sweep, "ROWS_MIN", 2)
    monkeypatch.setattr(order_sweep, "ROUND_MS", 1)
    monkeypatch.setattr(order_sweep, most, 3)

    desk = many(12)

    assert told(desk, "AlertRaised") == 3
    assert ticks_until_all_are_told(desk, 12) in {3, 4}
    assert len(desk.driver.rows(ORDERS)) == 12
