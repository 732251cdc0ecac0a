"""The same seed and start give the same records, and the mix is what was asked for."""

from collections import Counter
from itertools import islice

import events
from simulator.catalogue import catalogue_of, final_products
from simulator.planner import Planner
from simulator.plans import Risk
from simulator.script import Script
from simulator.sending import Letter, Sent, Step
from simulator.settings import Mix, ShopSettings
from streams.inventory.rules import DEFAULT_SITES, ReorderPolicy

START_MS = 1_760_000_000_000
SHOP = ShopSettings(seed=5, products=50)


def steps(shop: ShopSettings, orders: int, *, rate: float = 100.0) -> list[Step]:
    script = Script(shop, START_MS)
    return [*script.opening(), *script.orders(orders, rate)]


def named(records: list[Step], what: str) -> list[Sent]:
    return [step.sent for step in records if step.sent.what == what]


def test_the_same_seed_sends_the_same_bytes_in_the_same_order() -> None:
    assert steps(SHOP, 200) == steps(SHOP, 200)


def test_another_seed_is_another_shop() -> None:
    one, other = steps(SHOP, 50), steps(ShopSettings(seed=6, products=50), 50)

    assert {step.sent.value for step in one}.isdisjoint({step.sent.value for step in other})


def test_another_start_gives_other_orders_and_other_customers() -> None:
    one = Planner(SHOP, catalogue_of(SHOP), START_MS).plan(3, 0)
    other = Planner(SHOP, catalogue_of(SHOP), START_MS + 1).plan(3, 0)

    assert one.order_id != other.order_id
    assert one.customer.customer_id != other.customer.customer_id


def test_an_order_is_the_same_however_many_there_are() -> None:
    few, many = named(steps(SHOP, 20), "PlaceOrder"), named(steps(SHOP, 100), "PlaceOrder")

    assert {record.value for record in few} <= {record.value for record in many}


def test_records_come_in_order_of_time_and_orders_at_their_rate() -> None:
    script = Script(ShopSettings(mix=Mix.clean()), START_MS)

    due = [step.due_ms for step in script.orders(100, 50.0)]

    assert due == [number * 20 for number in range(100)]


def test_a_shop_without_end_can_be_read_for_a_while() -> None:
    script = Script(SHOP, START_MS)

    found = list(islice(script.orders(None, 1000.0), 300))

    assert [step.due_ms for step in found] == sorted(step.due_ms for step in found)
    assert script.memory.placed <= 300


def test_what_comes_later_than_the_last_order_comes_too() -> None:
    found = steps(ShopSettings(seed=5, mix=Mix(cancelled=1.0, unnamed=0.0)), 40)

    cancels = {record.order_id for record in named(found, "CancelOrder")}
    assert len(cancels) == 40


def test_nothing_goes_wrong_in_a_clean_shop() -> None:
    script = Script(SHOP.clean(), START_MS)

    found = list(script.orders(300, 100.0))

    plans = script.memory.plans.values()
    assert [step.sent.what for step in found] == ["PlaceOrder"] * 300
    assert all(plan.refusal is None and plan.card.refusals == 0 for plan in plans)
    assert all(plan.risk is Risk.ORDINARY and plan.cancel is None for plan in plans)


def test_the_mix_is_what_was_asked_for() -> None:
    script = Script(SHOP, START_MS)
    found = list(script.orders(4000, 1000.0))
    plans, mix = list(script.memory.plans.values()), SHOP.mix

    shares = {
        "invalid": sum(plan.refusal is not None for plan in plans),
        "stolen": sum(plan.risk is Risk.STOLEN for plan in plans),
        "doubtful": sum(plan.risk in (Risk.DOUBTFUL, Risk.GRAVE) for plan in plans),
        "declined": sum(plan.card.refusals == 3 for plan in plans),
        "cancelled": sum(plan.cancel is not None for plan in plans),
        "unnamed": sum(plan.order_id is None for plan in plans),
        "discounted": sum(plan.discount_code is not None for plan in plans),
        "malformed": sum(step.sent.letter is Letter.ONCE for step in found),
    }

    for name, count in shares.items():
        asked = getattr(mix, name)
        assert 0.5 * asked < count / 4000 < 1.6 * asked, name


def test_repeats_are_the_same_record_and_renamed_ones_the_same_order() -> None:
    shop = ShopSettings(seed=5, mix=Mix(repeated=0.3, renamed=0.3, unnamed=0.0, misplaced=0.0))
    found = [r.value for r in named(steps(shop, 300), "PlaceOrder")]

    times = Counter(found)
    orders = Counter(events.decode(v, record_timestamp_ms=0).data.order_id for v in times)

    assert 60 < sum(count == 2 for count in times.values()) < 120
    assert 60 < sum(count == 2 for count in orders.values()) < 120


def test_misplaced_orders_carry_a_customers_key_or_none() -> None:
    shop = ShopSettings(seed=5, mix=Mix(misplaced=1.0, unnamed=0.0))

    keys = [record.key for record in named(steps(shop, 100), "PlaceOrder")]

    assert {key is None for key in keys} == {True, False}
    assert all(key is None or key.startswith("cus_") for key in keys)


def test_nobody_orders_so_often_that_it_looks_like_fraud() -> None:
    """More than five payments an hour are an anomaly (G-22), at whatever rate orders come."""
    shop = ShopSettings(seed=5, mix=Mix.clean(), customers=100)
    planner = Planner(shop, catalogue_of(shop), START_MS)

    visits = Counter(planner.plan(n, n).customer.customer_id for n in range(2_000))

    assert set(visits.values()) == {shop.visits_max}


def test_the_opening_stock_lies_in_warehouses_that_inventory_knows() -> None:
    catalogue = catalogue_of(SHOP)

    assert {each.warehouse_id for each in catalogue.opening} <= set(DEFAULT_SITES)
    assert len({each.warehouse_id for each in catalogue.opening}) > 2


def test_what_runs_out_is_below_the_reorder_point_from_the_start() -> None:
    """Else an automatic reorder, days away, would keep orders from waiting."""
    assert SHOP.scarce_stock <= ReorderPolicy().reorder_point


def test_products_that_are_not_restocked_are_named_for_inventorys_settings() -> None:
    assert [p.product_id for p in catalogue_of(SHOP).final] == final_products(SHOP)
