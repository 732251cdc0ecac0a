"""A cancellation and a parcel that cross are no wrong of the shop; any other parcel is."""

import pytest

from simulator.dossier import CROSSING_MS_MAX, FULFILLED, Charge, Dossier, Hold, Parcel
from simulator.ends import Asked, End, end_of
from simulator.plans import Plan
from simulator.script import Script
from simulator.settings import Mix, ShopSettings
from simulator.wrongs import _cancelled_wrongs

START_MS = 1_760_000_000_000


@pytest.fixture
def plan() -> Plan:
    made = Script(ShopSettings(seed=5, products=20, mix=Mix(invalid=0, cancelled=1.0)), START_MS)
    list(made.orders(20, 100.0))
    found = made.memory.by_order.values()
    return next(p for p in found if p.cancel is not None and p.cancel.user_id != "system")


def crossed(apart_ms: int, *, delivered: int = 1) -> Dossier:
    """It left so long before or after the cancellation, and all money is back."""
    order = Dossier("ord", cancelled=["CUSTOMER_REQUEST"], cancelled_at_ms=START_MS)
    order.parcels["shp"] = Parcel(1, 1, START_MS + apart_ms, delivered)
    order.holds["ord:1"] = Hold("prd", {"wh": 2}, FULFILLED, committed=1)
    return order


@pytest.mark.parametrize("apart_ms", [-8, 0, 20, CROSSING_MS_MAX])
def test_a_parcel_that_left_as_its_order_was_cancelled_is_no_wrong(
    plan: Plan, apart_ms: int
) -> None:
    order = crossed(apart_ms)

    assert end_of(plan, order, Asked.MUST) is End.CANCELLED
    assert list(_cancelled_wrongs(plan, order)) == []


@pytest.mark.parametrize("apart_ms", [-CROSSING_MS_MAX - 1, CROSSING_MS_MAX + 1])
def test_one_that_left_long_before_or_after_is(plan: Plan, apart_ms: int) -> None:
    assert "cancelled, and yet a parcel left" in list(_cancelled_wrongs(plan, crossed(apart_ms)))


def test_such_an_order_is_open_until_the_parcel_arrived_and_its_money_is_back(plan: Plan) -> None:
    under_way, unpaid = crossed(8, delivered=0), crossed(8)
    unpaid.charges["ch"] = Charge(captures=[100])

    assert end_of(plan, under_way, Asked.MUST) is End.OPEN
    assert end_of(plan, unpaid, Asked.MUST) is End.OPEN


def test_goods_that_are_still_held_keep_a_cancelled_order_open(plan: Plan) -> None:
    order = crossed(8)
    order.holds["ord:1"].status = "CONFIRMED"

    assert end_of(plan, order, Asked.MUST) is End.OPEN
