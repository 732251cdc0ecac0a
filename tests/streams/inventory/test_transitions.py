"""The contract's machines of a reservation and of a stock level: every transition happens."""

from collections.abc import Callable

import pytest

from streams.inventory.facts import Refusal
from streams.moments import MINUTE_MS
from tests.streams.inventory.shop import EAST, PRODUCT, Shop, stocked

Make = Callable[[], Shop]
Act = Callable[[Shop], object]
LINE = "a:1"
ITEM = f"{PRODUCT}:{EAST}"


def held() -> Shop:
    shop = stocked(east=2)
    shop.reserve(LINE, 1)
    return shop


def committed() -> Shop:
    shop = held()
    shop.commit(LINE)
    return shop


def waiting() -> Shop:
    """All that there is was sold to another."""
    shop = stocked(east=1)
    shop.reserve("b:1", 1)
    shop.commit("b:1")
    shop.reserve(LINE, 1)
    return shop


# from, to, what causes it, where it begins, and how it comes about. A line that waits has its
# order's three days (G-11), so what ends it is the money that comes all the same.
RESERVATION = [
    ("PENDING", "CONFIRMED", "AddInventory", waiting, lambda shop: shop.add(1)),
    ("PENDING", "CANCELLED", "ReleaseStock", waiting, lambda shop: shop.release(LINE)),
    ("PENDING", "EXPIRED", "CommitStock", waiting, lambda shop: shop.commit(LINE)),
    ("CONFIRMED", "FULFILLED", "ShipStock", committed, lambda shop: shop.ship(LINE)),
    ("CONFIRMED", "CANCELLED", "ReleaseStock", held, lambda shop: shop.release(LINE)),
    ("CONFIRMED", "EXPIRED", "timer:hold", held, lambda shop: shop.advance(15 * MINUTE_MS)),
]


@pytest.mark.parametrize(
    ("was", "to", "make", "act"),
    [(was, to, make, act) for was, to, _, make, act in RESERVATION],
    ids=[f"{was} to {to} by {cause}" for was, to, cause, _, _ in RESERVATION],
)
def test_every_transition_of_a_reservation_happens(was: str, to: str, make: Make, act: Act) -> None:
    shop = make()
    assert shop.status(LINE) == was

    act(shop)

    assert shop.status(LINE) == to


@pytest.mark.parametrize(("backorder", "status"), [(True, "PENDING"), (False, "CANCELLED")])
def test_a_line_that_cannot_be_filled_waits_or_is_turned_away(
    *, backorder: bool, status: str
) -> None:
    shop = stocked(east=1)

    shop.reserve(LINE, 2, backorder=backorder)

    assert shop.status(LINE) == status


def test_a_hold_stays_one_when_its_end_moves_and_when_it_is_paid() -> None:
    shop = held()
    until_ms = shop.at_ms + 20 * MINUTE_MS

    shop.extend(LINE, until_ms)
    assert (shop.status(LINE), shop.reservations[LINE].expires_at_ms) == ("CONFIRMED", until_ms)

    shop.commit(LINE)
    assert (shop.status(LINE), shop.reservations[LINE].expires_at_ms) == ("CONFIRMED", None)


def withdrawn() -> Shop:
    shop = stocked(east=2)
    shop.update(0, reason="quality_failure")
    return shop


LEVEL = [
    (
        "ACTIVE",
        "QUARANTINED",
        lambda: stocked(east=2),
        lambda s: s.update(0, EAST, "quality_failure"),
    ),
    ("QUARANTINED", "ACTIVE", withdrawn, lambda s: s.update(0, EAST, "quality_released")),
    ("ACTIVE", "DISCONTINUED", lambda: stocked(east=2), lambda s: s.delete(ITEM)),
    ("QUARANTINED", "DISCONTINUED", withdrawn, lambda s: s.delete(ITEM)),
]


@pytest.mark.parametrize(("was", "to", "make", "act"), LEVEL)
def test_every_transition_of_a_level_happens(was: str, to: str, make: Make, act: Act) -> None:
    shop = make()
    assert shop.level().status == was

    act(shop)

    assert shop.level().status == to


def test_a_level_of_which_something_is_reserved_is_not_given_up() -> None:
    shop = held()

    assert shop.delete(ITEM) is Refusal.STILL_RESERVED

    assert shop.level().status == "ACTIVE"
