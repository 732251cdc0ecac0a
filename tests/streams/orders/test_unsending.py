"""Parcels that staff cancelled, of an order whose others have left."""

from typing import Any

import pytest
from msgspec.structs import replace

from events.base import Message
from events.exchanges import RefundGoods, UndoReplacement
from events.holds import ReleaseStock
from events.types import ShippedItem
from streams.orders.back import Exchange
from streams.orders.deciding import decide
from streams.orders.evolution import fold
from streams.orders.outcomes import following
from streams.orders.rows import Order, Status
from tests.streams.orders.parcels import PAID, delivered, dispatched
from tests.streams.orders.parcels import gone as without_items
from tests.streams.orders.parcels import returned as came_back
from tests.streams.orders.returns import dispute, parcel
from tests.streams.orders.samples import AT_MS, RULES, after, refund

BOOKED = after(PAID, parcel(1, (1, 1)), parcel(2, (1, 1), (2, 1)))
"""Two units of line 1, one of line 2, in two parcels."""


def cancelled(number: int, *units: tuple[int, int], **given: Any) -> Message:
    items = tuple(ShippedItem(item_id=f"ord_1:{n}", quantity=many) for n, many in units)
    told = {"items": items, "warehouse_id": "wh_2", "reason": "CANCEL_SHIPMENT"}
    return without_items(number).model_copy(update=told | given)


SECOND = cancelled(2, (1, 1), (2, 1))


def live(order: Order, *messages: Message) -> tuple[Order, list[Message]]:
    said: list[Message] = []
    for message in messages:
        facts = decide(order, message, AT_MS, RULES)
        if facts:
            order = fold(order, facts)
            said += following(order, facts, message, AT_MS, RULES)
    return order, said


@pytest.mark.parametrize(
    "messages",
    [
        (SECOND, dispatched(1), delivered(1)),
        (dispatched(1), SECOND, delivered(1)),
        (dispatched(1), delivered(1), SECOND),
        (SECOND, delivered(1)),
        (dispatched(1), SECOND, SECOND, delivered(1), delivered(1)),
    ],
)
def test_what_is_not_sent_is_paid_back_and_let_go_once(messages: tuple[Message, ...]) -> None:
    order, said = live(BOOKED, *messages)

    prices = [one for one in said if isinstance(one, RefundGoods)]
    [price] = prices
    assert (price.cause, price.reason, price.fee_minor) == ("unsent:shp_2", "NOT_SENT", 0)
    assert [(one.product_id, one.quantity) for one in price.items] == [("p1", 1), ("p2", 1)]
    freed = [one for one in said if isinstance(one, ReleaseStock)]
    assert [(one.reservation_id, one.quantity, one.warehouse_id) for one in freed] == [
        ("ord_1:1", 1, "wh_2"),
        ("ord_1:2", 1, "wh_2"),
    ]
    assert order.status is Status.DELIVERED


def test_while_nothing_has_left_another_may_take_its_place() -> None:
    again = parcel(3, (1, 2), (2, 1))
    order, said = live(BOOKED, cancelled(1, (1, 1)), SECOND, again, dispatched(3), delivered(3))

    assert said == []
    assert order.status is Status.DELIVERED


def test_what_was_booked_by_hand_for_goods_of_another_parcel_lets_go_what_is_held_for_that() -> (
    None
):
    by_hand = cancelled(3, (1, 1), (2, 1)).model_copy(update={"warehouse_id": None})
    booked = after(PAID, parcel(3, (1, 1), (2, 1)), parcel(1, (1, 1)), parcel(2, (1, 1), (2, 1)))

    _, said = live(booked, by_hand, SECOND, dispatched(1))

    freed = [one for one in said if isinstance(one, ReleaseStock)]
    assert [(one.reservation_id, one.quantity, one.warehouse_id) for one in freed] == [
        ("ord_1:1", 1, "wh_2"),
        ("ord_1:2", 1, "wh_2"),
    ]


def test_what_another_parcel_has_instead_is_not_paid_back() -> None:
    part = parcel(3, (1, 2))
    order, said = live(BOOKED, cancelled(1, (1, 1)), SECOND, part, dispatched(3), delivered(3))

    [price] = [one for one in said if isinstance(one, RefundGoods)]
    assert [(one.product_id, one.quantity) for one in price.items] == [("p2", 1)]
    assert order.status is Status.DELIVERED


@pytest.mark.parametrize(
    "messages",
    [
        (cancelled(2, (1, 1), (2, 1), reason="ORDER_AMENDED"), dispatched(1)),
        (cancelled(2), dispatched(1)),
        (dispatched(1), dispute(), SECOND),
        (dispatched(1), dispute(), SECOND, dispute("lost")),
    ],
    ids=["amended", "nobody said what was in it", "claimed", "taken by the bank"],
)
def test_nothing_is_paid_back_that_may_not_be(messages: tuple[Message, ...]) -> None:
    order, said = live(BOOKED, *messages)

    assert not [one for one in said if isinstance(one, RefundGoods)]
    assert order.status is Status.SHIPPED


def test_a_claim_that_failed_pays_back_what_was_not_sent() -> None:
    order, said = live(BOOKED, dispatched(1), delivered(1), dispute(), SECOND, dispute("won"))

    assert len([one for one in said if isinstance(one, RefundGoods)]) == 1
    assert order.status is Status.DELIVERED


def test_what_a_bank_took_and_nobody_sent_ends_its_order_with_the_rest() -> None:
    order, said = live(BOOKED, dispatched(1), delivered(1), dispute(), SECOND, dispute("lost"))

    assert not [one for one in said if isinstance(one, RefundGoods)]
    assert (order.status, order.flags) == (Status.DELIVERED, ("CHARGED_BACK",))


def test_what_was_paid_back_before_is_not_again() -> None:
    order, said = live(BOOKED, dispatched(1), delivered(1), refund(), SECOND)

    assert not [one for one in said if isinstance(one, RefundGoods)]
    assert order.status is Status.REFUNDED


def test_with_the_rest_back_the_order_is_returned() -> None:
    order, _ = live(BOOKED, SECOND, dispatched(1), delivered(1), came_back(1, 1))

    assert order.status is Status.RETURNED


def test_a_replacement_that_is_not_sent_whole_tells_the_order_that_paid() -> None:
    order = replace(BOOKED, exchange=Exchange("ord_0", "ret_0"))

    _, said = live(order, SECOND, dispatched(1))

    [undone] = [one for one in said if isinstance(one, UndoReplacement)]
    assert (undone.order_id, undone.cause) == ("ord_0", "unsent:shp_2")
    assert [(one.number, one.quantity) for one in undone.lines] == [(1, 1), (2, 1)]
