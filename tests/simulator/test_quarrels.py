"""What happens after a delivery follows from the plan and from what is heard, once an order."""

from collections.abc import Callable

import events
from simulator.afterwards import Afterwards, Claim, Dispute, Return
from simulator.book import Book
from simulator.dossier import Parcel
from simulator.heard import Data, Said, Ware
from simulator.plans import Plan
from simulator.quarrels import Quarrels
from simulator.script import Script
from simulator.sending import Answer
from simulator.settings import Mix, ShopSettings

START_MS = 1_760_000_000_000


def shop() -> tuple[Script, Quarrels]:
    mix = Mix(invalid=0, cancelled=0, returned=0.4, refunded=0.3, disputed=0.3)
    made = Script(ShopSettings(seed=5, products=20, mix=mix), START_MS)
    list(made.orders(60, 100.0))
    return made, Quarrels(made.memory, Book())


def planned(made: Script, wanted: Callable[[Afterwards | None], bool]) -> Plan:
    return next(p for p in made.memory.by_order.values() if wanted(p.afterwards))


def delivered(quarrels: Quarrels, plan: Plan, *, missing: int = 0) -> list[Answer]:
    """The last parcel arrives, but for so many units."""
    assert plan.order_id is not None
    order = quarrels.book.dossier(plan.order_id)
    parcel = order.parcels["shp"] = Parcel(delivered=1)
    parcel.units["prd"] = plan.units - missing
    told = Said("e1", "ShipmentDelivered", Data(order_id=plan.order_id), plan.event_id)
    return list(quarrels.answers(told, START_MS))


def labelled(quarrels: Quarrels, plan: Plan) -> list[Answer]:
    quarrels.book.dossier(plan.order_id or "")
    items = [Ware(line.product.product_id, None, line.quantity) for line in plan.lines]
    data = Data(order_id=plan.order_id, shipment_id="shp", return_id="ret", items=items)
    return list(quarrels.answers(Said("e2", "ReturnInitiated", data, plan.event_id), START_MS))


def asked(answers: list[Answer]) -> list[str]:
    return [answer.sent.what for answer in answers]


def test_nothing_happens_before_everything_arrived_and_nothing_twice() -> None:
    made, quarrels = shop()
    plan = planned(made, lambda after: isinstance(after, Claim))

    assert delivered(quarrels, plan, missing=1) == []
    assert asked(delivered(quarrels, plan)) == ["RefundPayment"]
    assert delivered(quarrels, plan) == []


def test_the_bank_claims_the_whole_price() -> None:
    made, quarrels = shop()
    plan = planned(made, lambda after: isinstance(after, Dispute))

    [answer] = delivered(quarrels, plan)
    command = events.decode(answer.sent.value or b"", record_timestamp_ms=0).data

    assert command.amount_minor == plan.total_minor


def test_a_customer_asks_for_a_label_until_there_is_one() -> None:
    made, quarrels = shop()
    plan = planned(made, lambda after: isinstance(after, Return))
    asks = delivered(quarrels, plan)

    assert asked(asks) == ["RequestReturn"] * 4
    assert not any(ask.is_moot() for ask in asks if ask.is_moot)
    labelled(quarrels, plan)
    assert all(ask.is_moot() for ask in asks if ask.is_moot)


def test_the_warehouse_says_in_which_condition_goods_came_and_counts_what_can_be_sold() -> None:
    made, quarrels = shop()
    fresh = planned(made, lambda after: isinstance(after, Return) and after.back_in_stock)
    before = sum(made.memory.units.values())

    [answer] = labelled(quarrels, fresh)
    command = events.decode(answer.sent.value or b"", record_timestamp_ms=0).data

    assert isinstance(fresh.afterwards, Return)
    assert {item.condition for item in command.items} == {fresh.afterwards.condition}
    assert sum(made.memory.units.values()) == before + fresh.units


def test_spoilt_goods_are_not_for_sale_again() -> None:
    made, quarrels = shop()
    spoilt = planned(made, lambda after: isinstance(after, Return) and not after.back_in_stock)
    before = dict(made.memory.units)

    assert asked(labelled(quarrels, spoilt)) == ["ConfirmReturnReceived"]
    assert made.memory.units == before
