"""Goods that arrive."""

from dataclasses import replace
from typing import Any

import pytest

from streams.inventory.facts import Refusal
from streams.inventory.receipts import Origin, origin_of
from streams.inventory.rules import ReorderPolicy, Site
from tests.streams.inventory.shop import EAST, PRODUCT, RULES, WEST, Shop, stocked


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        (None, Origin()),
        ({}, Origin()),
        ({"type": "purchase_order", "purchaseOrderId": "po1"}, Origin(reference="po1")),
        ({"purchase_order": {"purchaseOrderId": "po1"}}, Origin(reference="po1")),
        (
            {"type": "transfer", "sourceWarehouseId": WEST, "transferId": "t1"},
            Origin("transfer", "t1", WEST),
        ),
        (
            {"transfer": {"sourceWarehouseId": WEST, "transferId": "t1"}},
            Origin("transfer", "t1", WEST),
        ),
        ({"sourceWarehouseId": WEST}, Origin("transfer", "", WEST)),
        ({"type": "return", "returnId": "r1", "condition": "new"}, Origin("return", "r1")),
        ({"return": {"orderId": "o1"}}, Origin("return", "o1")),
        ({"returnId": "r1", "condition": "damaged"}, Origin("return", "r1", damaged=True)),
        ({"type": "return", "condition": "refurbished"}, Origin("return")),
        ({"type": "gift"}, Origin()),
    ],
)
def test_a_source_is_read_in_each_of_its_shapes(
    source: dict[str, Any] | None, origin: Origin
) -> None:
    assert origin_of(source) == origin


@pytest.mark.parametrize(
    ("source", "kind", "reason", "reference"),
    [
        ({}, "INBOUND", "restock", ""),
        ({"purchaseOrderId": "po1"}, "INBOUND", "restock", "po1"),
        ({"returnId": "r1", "condition": "new"}, "RETURN", "customer_return", "r1"),
        ({"returnId": "r1", "condition": "refurbished"}, "RETURN", "customer_return", "r1"),
        ({"sourceWarehouseId": "wh_far", "transferId": "t1"}, "TRANSFER", "transfer", "t1"),
    ],
)
def test_goods_raise_what_is_on_hand_and_available(
    source: dict[str, str], kind: str, reason: str, reference: str
) -> None:
    shop = stocked(east=2)

    shop.add(3, EAST, **source)

    (told,) = shop.take_adjusted()
    moved = shop.movements[-1]
    assert (shop.level().on_hand, shop.level().quarantined) == (5, 0)
    assert (told.previous_quantity, told.adjusted_quantity, told.new_quantity) == (2, 3, 5)
    assert (told.adjustment_type, told.reason, told.on_hand) == ("increase", reason, 5)
    assert (moved.type, moved.quantity, moved.on_hand) == (kind, 3, 5)
    assert (moved.sequence, moved.reference) == (2, reference)
    assert told.reservation_id is None


def test_a_damaged_return_goes_to_quarantine() -> None:
    shop = stocked(east=2)

    shop.add(3, EAST, returnId="r1", condition="damaged")

    (told,) = shop.take_adjusted()
    moved = shop.movements[-1]
    assert (shop.level().on_hand, shop.level().quarantined) == (2, 3)
    assert (told.adjusted_quantity, told.new_quantity, told.reason) == (0, 2, "customer_return")
    assert (told.adjustment_type, told.notes) == ("increase", "3 damaged, in quarantine")
    assert (moved.type, moved.quantity, moved.quarantined) == ("RETURN", 0, 3)


def test_a_transfer_moves_goods_between_two_warehouses() -> None:
    shop = stocked(east=1, west=5)

    shop.add(3, EAST, sourceWarehouseId=WEST, transferId="t1")

    left, arrived = shop.take_adjusted()
    out, into = shop.movements[-2:]
    assert (shop.level(EAST).on_hand, shop.level(WEST).on_hand) == (4, 2)
    assert (left.warehouse_id, left.adjusted_quantity) == (WEST, -3)
    assert (arrived.warehouse_id, arrived.adjusted_quantity) == (EAST, 3)
    assert (out.warehouse_id, out.counterpart, out.quantity) == (WEST, EAST, -3)
    assert (into.warehouse_id, into.counterpart, into.quantity) == (EAST, WEST, 3)


def test_goods_for_a_quarantined_level_are_not_available() -> None:
    shop = stocked(east=2)
    shop.update(0, reason="quality_failure")
    shop.take()

    shop.add(3)

    (told,) = shop.take_adjusted()
    assert (shop.level().on_hand, shop.level().status) == (5, "QUARANTINED")
    assert (told.adjusted_quantity, told.new_quantity, told.on_hand) == (0, 0, 5)
    assert told.adjustment_type == "increase"


def test_levels_are_kept_by_warehouse_id() -> None:
    shop = stocked(west=1, east=1, berlin=1)

    names = [level.warehouse_id for level in shop.stock.levels]

    assert names == sorted(names)


def test_a_level_takes_the_policy_of_its_goods() -> None:
    own, other = ReorderPolicy(reorder_point=7), ReorderPolicy(reorder_point=8)
    rules = replace(RULES, policies={PRODUCT: other, f"{PRODUCT}:{EAST}": own})
    shop = stocked(rules, east=1, west=1)

    policies = (shop.level(EAST).policy, shop.level(WEST).policy)

    assert policies == (own, other)


def _discontinued() -> Shop:
    shop = stocked(east=1)
    shop.delete(f"{PRODUCT}:{EAST}")
    return shop


def _crowded(**limits: int) -> Shop:
    return stocked(replace(RULES, **limits), east=2, west=2)


def _shut() -> Shop:
    """East is closed for good; it has goods still."""
    shop = stocked(east=2, west=2)
    shop.rules = replace(shop.rules, sites={EAST: Site("US", active=False)})
    return shop


def test_an_inactive_warehouse_takes_back_what_customers_return_and_gives_what_it_has() -> None:
    shop = _shut()

    shop.add(1, EAST, returnId="r1", condition="new")
    moved = shop.add(3, WEST, sourceWarehouseId=EAST, transferId="t1")

    assert moved is None
    assert (shop.level(EAST).on_hand, shop.level(WEST).on_hand) == (0, 5)


@pytest.mark.parametrize(("condition", "units"), [("new", (2, 0)), ("damaged", (1, 1))])
def test_what_customers_return_of_a_discontinued_product_is_counted_and_not_for_sale(
    condition: str, units: tuple[int, int]
) -> None:
    shop = _discontinued()
    shop.take()

    assert shop.add(1, EAST, type="return", returnId="r1", condition=condition) is None

    level = shop.level(EAST)
    assert (level.on_hand, level.quarantined, level.status) == (*units, "DISCONTINUED")
    (told,) = shop.take_adjusted()
    assert (told.reason, told.new_quantity) == ("customer_return", 0)


@pytest.mark.parametrize(
    ("refusal", "shop", "quantity", "warehouse", "source"),
    [
        (Refusal.DISCONTINUED, _discontinued(), 1, EAST, {"sourceWarehouseId": EAST}),
        (Refusal.TOO_MANY_WAREHOUSES, _crowded(warehouses_max=2), 1, "wh_new", {}),
        (Refusal.INACTIVE, _shut(), 1, EAST, {}),
        (Refusal.INACTIVE, _shut(), 9, EAST, {"sourceWarehouseId": WEST}),
        (Refusal.TRANSFER_TO_ITSELF, _crowded(), 1, EAST, {"transferId": "t1"}),
        (Refusal.TRANSFER_TO_ITSELF, _crowded(), 9, EAST, {"sourceWarehouseId": EAST}),
        (
            Refusal.TRANSFER_SHORT,
            _crowded(level_max=3),
            3,
            EAST,
            {"sourceWarehouseId": WEST},
        ),
        (Refusal.LEVEL_FULL, _crowded(level_max=3), 2, EAST, {}),
        (Refusal.LEVEL_FULL, _crowded(level_max=3), 4, EAST, {"condition": "damaged"}),
    ],
)
def test_goods_are_refused_in_order_of_precedence(
    refusal: Refusal, shop: Shop, quantity: int, warehouse: str, source: dict[str, str]
) -> None:
    before = shop.stock

    assert shop.add(quantity, warehouse, **source) is refusal

    assert shop.stock == before


def test_a_level_may_be_filled_to_its_limit_and_its_quarantine_too() -> None:
    shop = _crowded(level_max=3)

    refused = [shop.add(1, EAST), shop.add(3, EAST, condition="damaged")]

    assert refused == [None, None]
    assert (shop.level().on_hand, shop.level().quarantined) == (3, 3)


def test_a_transfer_takes_nothing_that_is_held_or_in_quarantine() -> None:
    shop = stocked(east=1, west=3)
    shop.reserve("a:1", 2, only=WEST)

    too_many = shop.add(2, EAST, sourceWarehouseId=WEST)
    enough = shop.add(1, EAST, sourceWarehouseId=WEST)
    shop.update(0, EAST, reason="quality_failure")
    withdrawn = shop.add(1, WEST, sourceWarehouseId=EAST)

    assert (too_many, enough, withdrawn) == (
        Refusal.TRANSFER_SHORT,
        None,
        Refusal.TRANSFER_SHORT,
    )
