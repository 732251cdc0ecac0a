"""Carts in memory: filled, left alone, come back to, ordered, forgotten (G-15)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.carts import carts_agent
from events.orders import OrderConfirmed, UpdateCart
from streams.moments import DAY_MS, HOUR_MS
from streams.orders.carts import Cart, CartRefusal, CartStatus
from streams.orders.rules import CartRules
from tables.orders import CARTS
from tests.agents.dock import Dock
from tests.streams.orders.samples import address, item
from topics import ORDERS_COMMANDS

RULES = CartRules()


def desk(rules: CartRules = RULES) -> Dock:
    return Dock(agents=(carts_agent(rules),), with_carriers=False)


def fill(*products: str, user_id: str = "usr_1") -> UpdateCart:
    return UpdateCart(
        cart_id="cart_1", user_id=user_id, items=tuple(item(product) for product in products)
    )


def confirmed(user_id: str = "usr_1", cart_id: str | None = "cart_1") -> OrderConfirmed:
    return OrderConfirmed(
        order_id="ord_1",
        user_id=user_id,
        order_items=(item(),),
        order_total_minor=6998,
        currency="USD",
        shipping_address=address(),
        shipping_method="standard",
        order_status="confirmed",
        cart_id=cart_id,
    )


def cart(dock: Dock) -> Cart:
    return dock.driver.rows(CARTS)["cart_1"]


def refusals(dock: Dock) -> list[str]:
    return [one.reason for one in dock.driver.dead_letters(ORDERS_COMMANDS)]


def test_a_cart_holds_what_was_last_said() -> None:
    dock = desk().tell(fill("p1"), fill("p1", "p2"))

    assert [one.product_id for one in cart(dock).items] == ["p1", "p2"]
    assert dock.driver.timers() == {"carts.age": 1}


def test_left_alone_a_cart_is_abandoned_after_a_day_expires_after_thirty_and_is_forgotten() -> None:
    dock = desk().tell(fill("p1"))
    seen = []

    for _ in range(62):
        dock.driver.advance(DAY_MS)
        rows = dock.driver.rows(CARTS)
        seen.append(rows["cart_1"].status if rows else None)

    assert (seen[0], seen[28], seen[29], seen[58]) == (
        CartStatus.ABANDONED,
        CartStatus.ABANDONED,
        CartStatus.EXPIRED,
        CartStatus.EXPIRED,
    )
    assert seen[-1] is None
    assert dock.driver.timers() == {}


def test_coming_back_makes_it_active_again_and_the_day_begins_anew() -> None:
    dock = desk().tell(fill("p1"))
    dock.driver.advance(25 * HOUR_MS)
    assert cart(dock).status is CartStatus.ABANDONED

    dock.tell(fill("p1"))
    dock.driver.advance(23 * HOUR_MS)

    assert cart(dock).status is CartStatus.ACTIVE


@pytest.mark.parametrize("hours", [1, 12, 36])
def test_a_cart_ages_by_figures_that_changed_while_its_timer_ran(hours: int) -> None:
    dock, other = desk().tell(fill("p1")), CartRules(abandoned_ms=hours * HOUR_MS)
    dock.driver.topology = desk(other).driver.topology
    dock.driver.restart()

    dock.driver.advance(max(hours, 24) * HOUR_MS)
    abandoned = cart(dock).status
    dock.driver.advance(60 * DAY_MS, step_ms=DAY_MS)

    assert abandoned is CartStatus.ABANDONED
    assert (dock.driver.rows(CARTS), dock.driver.timers()) == ({}, {})


@pytest.mark.parametrize("hours", [0, 30])
def test_an_order_closes_its_cart_even_an_abandoned_one(hours: int) -> None:
    dock = desk().tell(fill("p1"))
    dock.driver.advance(hours * HOUR_MS)

    dock.tell(confirmed(), fill("p2"))

    assert (cart(dock).status, cart(dock).order_id) == (CartStatus.CONVERTED, "ord_1")
    assert [CartRefusal.CLOSED.name in one for one in refusals(dock)] == [True]


def test_a_cart_is_its_customers_alone() -> None:
    dock = desk().tell(fill("p1"), fill("p2", user_id="usr_2"), confirmed("usr_2"))

    assert (cart(dock).status, cart(dock).items[0].product_id) == (CartStatus.ACTIVE, "p1")
    assert [CartRefusal.FOREIGN.name in one for one in refusals(dock)] == [True]


def test_a_cart_has_no_more_lines_than_an_order() -> None:
    dock = desk().tell(fill(*[f"p{number}" for number in range(51)]))

    assert dock.driver.rows(CARTS) == {}
    assert [CartRefusal.TOO_MANY.name in one for one in refusals(dock)] == [True]


def test_orders_of_no_cart_or_an_unknown_one_change_nothing() -> None:
    dock = desk().tell(confirmed(cart_id=None), confirmed(), confirmed(cart_id="cart_9"))

    assert dock.driver.rows(CARTS) == {}


@settings(max_examples=40)
@given(st.lists(st.sampled_from([1, 2, 12, 30, 700, 1500]), max_size=6))
def test_every_cart_has_one_timer_until_it_is_forgotten(hours: list[int]) -> None:
    dock = desk()
    for number, wait in enumerate(hours):
        dock.tell(fill(f"p{number}"))
        dock.driver.advance(wait * HOUR_MS)
        rows = dock.driver.rows(CARTS)
        assert dock.driver.timers().get("carts.age", 0) == len(rows)
    dock.driver.advance(61 * DAY_MS, step_ms=DAY_MS)
    assert dock.driver.rows(CARTS) == {}
