"""An exchange (G-33): other goods instead of the money, and all ways in which it ends otherwise."""

from typing import Any

import pytest

from events.erasure import EraseCustomer
from events.holds import ReleaseStock
from events.order_parts import Amendment
from events.orders import AmendOrder, CancelOrder, RequestReturn
from events.refunds import RecordChargeback, RefundPayment
from events.returns import ConfirmReturnReceived, CreateReturnLabel
from events.shipping_parts import ReturnedItem
from events.types import Address, OrderItem, OrderPayment, ShippedItem
from tests.flows.scene import Scene, decoded


def exchange(units: int = 2, product: str = "p1", **given: Any) -> RequestReturn:
    fields: dict[str, Any] = {
        "order_id": "ord_1",
        "user_id": "usr_1",
        "items": (ShippedItem(item_id=product, product_id=product, quantity=units),),
        "reason": "damaged",
        "resolution": "exchange",
    }
    return RequestReturn(**(fields | given))


def receipt(
    scene: Scene, condition: str = "new", units: int = 2, product: str = "p1"
) -> ConfirmReturnReceived:
    begun = scene.last("ReturnInitiated")
    item = ReturnedItem(sku=product, product_id=product, quantity=units, condition=condition)
    return ConfirmReturnReceived(
        return_id=begun.return_id,
        shipment_id=begun.shipment_id,
        warehouse_id="wh_east_01",
        items=(item,),
    )


def bought(units: int = 10, **given: Any) -> Scene:
    return Scene().stock(units).place(2, **given).wait(days=4)


def replacement(scene: Scene) -> Any:
    return scene.row("orders", scene.last("PlaceReplacement").order_id)


def back(scene: Scene) -> Any:
    return scene.row("orders", "ord_1").returns[-1]


def held_by(scene: Scene) -> set[str]:
    rows = scene.laws.rows["reservations"].values()
    return {one.order_id for one in rows if one.status == "CONFIRMED"}


def replaced(**given: Any) -> Scene:
    """The goods are back, their replacement is ordered, and has not left."""
    scene = bought(**given).tell(exchange())
    return scene.wait(days=3).tell(receipt(scene))


@pytest.mark.parametrize("resolution", ["refund", "exchange"])
def test_the_customers_own_words_stand_on_the_return(resolution: str) -> None:
    words = "the lid does not close"

    scene = bought().tell(exchange(resolution=resolution, reason_details=words))

    assert scene.last("ReturnInitiated").reason_details == words
    assert back(scene).details == words


def test_exchange_is_held_labelled_received_and_sent_without_a_payment() -> None:
    scene = bought().tell(exchange())
    assert scene.level() == (8, 2, 0)
    assert scene.last("ReturnInitiated").reshipping

    scene.wait(days=3).tell(receipt(scene)).wait(days=4)

    scene.was_told("ReserveStock", "InventoryAdjusted", "CreateReturnLabel", "ReturnInitiated")
    scene.was_told(
        "ReturnReceived",
        "PlaceReplacement",
        "OrderConfirmed",
        "ReserveStock",
        "CommitStock",
        "CreateShipment",
        "ShipmentDispatched",
        "ShipmentDelivered",
    )
    assert (replacement(scene).status, replacement(scene).total_minor) == ("delivered", 0)
    assert scene.last("OrderConfirmed").exchange_for == "ord_1"
    assert scene.status() == "returned"
    assert scene.level() == (8, 0, 0)
    assert scene.books() == (4_000, 0, 0)
    assert len(scene.data("PaymentInitiated")) == 1
    scene.never_told("RefundIssued", "RefundGoods")


def test_exchange_is_named_in_the_envelope_of_what_replaces() -> None:
    scene = replaced()

    [*_, record] = [record for name, record in scene.told if name == "OrderConfirmed"]
    assert decoded(record).metadata["exchangeFor"] == "ord_1"


def test_exchange_for_another_product_of_the_same_price() -> None:
    other = OrderItem(product_id="p2", quantity=2, unit_price_minor=2_000)
    scene = bought().tell(exchange(exchange_items=(other,)))
    assert scene.level("p2") == (10, 2, 0)

    scene.wait(days=3).tell(receipt(scene)).wait(days=4)

    assert (scene.level("p1"), scene.level("p2")) == ((10, 0, 0), (8, 0, 0))
    assert [line.product_id for line in replacement(scene).lines] == ["p2"]


def test_exchange_of_a_part_replaces_that_part() -> None:
    scene = bought().tell(exchange(1))

    scene.wait(days=3).tell(receipt(scene, units=1)).wait(days=4)

    assert [line.quantity for line in replacement(scene).lines] == [1]
    assert (scene.status(), replacement(scene).status) == ("delivered", "delivered")
    assert scene.level() == (8, 0, 0)


def test_exchange_for_fewer_units_is_a_refund() -> None:
    scene = bought().tell(exchange(exchange_items=(others(2_000, 1),)))

    scene.wait(days=3).tell(receipt(scene))

    assert scene.level("p2") == (10, 0, 0)
    assert (scene.books(), scene.status()) == ((4_000, 4_000, 0), "refunded")


# -- goods of another price

X1 = "pay_ord_1:x1"


def others(price_minor: int, units: int = 2) -> OrderItem:
    return OrderItem(product_id="p2", quantity=units, unit_price_minor=price_minor)


def card(token: str = "tok_fine") -> OrderPayment:
    return OrderPayment(method="credit_card", token=token)


def dearer(reason: str = "damaged", token: str = "tok_fine", **given: Any) -> Scene:
    """Two of 20.00 for two of 25.00."""
    wanted = exchange(exchange_items=(others(2_500),), payment=card(token), reason=reason)
    return bought(**given).tell(wanted)


def cheaper(reason: str = "damaged") -> Scene:
    """Two of 20.00 for two of 15.00."""
    return bought().tell(exchange(exchange_items=(others(1_500),), reason=reason))


def test_exchange_for_dearer_goods_is_charged_before_they_leave() -> None:
    scene = dearer()
    scene.was_told("ReserveStock", "PaymentInitiated", "PaymentProcessed", "CreateReturnLabel")
    assert scene.books(X1) == (1_000, 0, 0)
    assert back(scene).pay.token is None

    scene.wait(days=3).tell(receipt(scene)).wait(days=4)

    confirmed = scene.last("OrderConfirmed")
    assert (confirmed.order_total_minor, confirmed.payment.payment_id) == (1_000, X1)
    assert (replacement(scene).status, replacement(scene).total_minor) == ("delivered", 1_000)
    assert (scene.books(), scene.books(X1)) == ((4_000, 0, 0), (1_000, 0, 0))
    assert (scene.level(), scene.level("p2")) == ((10, 0, 0), (8, 0, 0))
    scene.never_told("RefundGoods", "RefundIssued")


@pytest.mark.parametrize("token", ["tok_declined", "tok_expired"])
def test_exchange_for_dearer_goods_that_are_not_paid_is_a_refund(token: str) -> None:
    scene = dearer(token=token)
    assert not scene.last("ReturnInitiated").reshipping
    assert scene.level("p2") == (10, 0, 0)

    scene.wait(days=3).tell(receipt(scene))

    assert (scene.books(), scene.status()) == ((4_000, 4_000, 0), "refunded")


def test_exchange_for_dearer_goods_that_nobody_says_how_to_pay_is_a_refund() -> None:
    scene = bought().tell(exchange(exchange_items=(others(2_500),)))

    scene.wait(days=3).tell(receipt(scene))

    assert len(scene.data("PaymentInitiated")) == 1
    assert scene.books() == (4_000, 4_000, 0)


def test_exchange_for_dearer_goods_of_which_nothing_comes_back_gives_the_difference_back() -> None:
    scene = dearer().wait(days=16)

    assert (scene.books(), scene.books(X1)) == ((4_000, 0, 0), (1_000, 1_000, 0))
    assert (scene.status(), scene.level("p2")) == ("delivered", (10, 0, 0))


def test_exchange_for_dearer_goods_of_what_came_back_unfit_gives_the_difference_back() -> None:
    scene = dearer("changed_mind").wait(days=3)

    scene.tell(receipt(scene, "damaged"))

    assert (scene.books(), scene.books(X1)) == ((4_000, 0, 0), (1_000, 1_000, 0))


def test_exchange_for_dearer_goods_that_are_cancelled_gives_all_back() -> None:
    scene = dearer().wait(days=3)
    scene.tell(receipt(scene))

    scene.tell(cancelled(scene))

    assert (scene.books(), scene.books(X1)) == ((4_000, 4_000, 0), (1_000, 1_000, 0))
    assert (scene.status(), scene.level("p2")) == ("refunded", (10, 0, 0))


def test_exchange_for_dearer_goods_sent_at_once_and_lost_gives_the_difference_back_first() -> None:
    scene = sent_to(dearer("wrong_item"), "10001-lost").wait(days=12)
    assert (scene.books(), scene.books(X1)) == ((4_000, 0, 0), (1_000, 1_000, 0))

    scene.tell(receipt(scene))

    assert scene.books() == (4_000, 4_000, 0)


def test_exchange_for_dearer_goods_is_given_up_when_a_bank_claims_and_gives_back_what_it_can() -> (
    None
):
    scene = dearer(**BANK_WINS).tell(claim())

    assert scene.level("p2") == (10, 0, 0)
    assert scene.books(X1) == (1_000, 1_000, 0)


def test_exchange_for_cheaper_goods_gives_the_difference_back_once_it_came_back() -> None:
    scene = cheaper().wait(days=3)
    assert scene.books() == (4_000, 0, 0)

    scene.tell(receipt(scene)).wait(days=4)

    assert (scene.books(), scene.status()) == ((4_000, 1_000, 0), "returned")
    assert (replacement(scene).status, replacement(scene).total_minor) == ("delivered", 0)


def test_exchange_for_cheaper_goods_that_are_cancelled_gives_the_rest_back() -> None:
    scene = cheaper().wait(days=3)
    scene.tell(receipt(scene))

    scene.tell(cancelled(scene))

    assert (scene.books(), scene.status()) == ((4_000, 4_000, 0), "refunded")


@pytest.mark.parametrize(("units", "due_minor"), [(2, 1_000), (1, 500), (0, 0)])
def test_exchange_for_cheaper_goods_sent_at_once_pays_for_what_comes_back(
    units: int, due_minor: int
) -> None:
    scene = cheaper("wrong_item").wait(days=4)

    if units:
        scene.tell(receipt(scene, units=units))
    scene.wait(days=12)

    assert scene.books() == (4_000, due_minor, 0)


@pytest.mark.parametrize("price_minor", [2_025, 1_975])
def test_exchange_for_goods_of_half_a_dollar_more_or_less_moves_no_money(price_minor: int) -> None:
    scene = bought().tell(exchange(exchange_items=(others(price_minor),))).wait(days=3)

    scene.tell(receipt(scene)).wait(days=4)

    assert replacement(scene).status == "delivered"
    assert scene.books() == (4_000, 0, 0)
    assert len(scene.data("PaymentInitiated")) == 1


def test_exchange_of_what_was_discounted_is_discounted_too() -> None:
    wanted = exchange(exchange_items=(others(2_500),), payment=card())
    scene = bought(discount_code="SAVE10").tell(wanted)

    assert scene.books(X1) == (900, 0, 0)


def test_exchange_without_stock_is_a_refund_from_the_start() -> None:
    scene = bought(units=3).tell(exchange())
    assert not scene.last("ReturnInitiated").reshipping
    assert scene.level() == (1, 0, 0)

    scene.wait(days=3).tell(receipt(scene))

    scene.never_told("PlaceReplacement", "RefundGoods")
    assert (scene.books(), scene.status()) == ((4_000, 4_000, 0), "refunded")


def test_exchange_of_what_the_customer_damaged_is_rejected() -> None:
    scene = bought().tell(exchange(reason="changed_mind"))

    scene.wait(days=3).tell(receipt(scene, "damaged"))

    scene.never_told("PlaceReplacement", "RefundGoods", "RefundIssued")
    assert scene.level() == (8, 0, 2)
    assert held_by(scene) == set()


def test_exchange_of_which_only_a_part_came_back_is_a_refund_of_that_part() -> None:
    scene = bought().tell(exchange())

    scene.wait(days=3).tell(receipt(scene, units=1))

    scene.never_told("PlaceReplacement")
    assert scene.books() == (4_000, 2_000, 0)
    assert held_by(scene) == set()


def test_exchange_that_is_refunded_costs_its_way_back_where_the_fault_is_not_ours() -> None:
    scene = bought().tell(exchange(reason="size_or_fit"))

    scene.wait(days=3).tell(receipt(scene, "refurbished", units=1))

    assert scene.books() == (4_000, 1_800 - 599, 0)


def test_exchange_whose_label_nobody_uses_lets_its_stock_go_after_two_weeks() -> None:
    scene = bought().tell(exchange())
    assert scene.level() == (8, 2, 0)

    scene.wait(days=13, hours=23)
    assert scene.level() == (8, 2, 0)
    scene.wait(hours=2)

    assert scene.level() == (8, 0, 0)
    assert (back(scene).lapsed, back(scene).swaps) == (True, ())
    scene.never_told("PlaceReplacement", "RefundIssued")


def test_exchange_whose_replacement_is_cancelled_gives_the_price_back() -> None:
    scene = replaced()
    order = replacement(scene)

    scene.tell(
        CancelOrder(order_id=order.order_id, user_id="usr_1", cancellation_reason="too late")
    )

    assert replacement(scene).status == "cancelled"
    assert scene.level() == (10, 0, 0)
    assert (scene.books(), scene.status()) == ((4_000, 4_000, 0), "refunded")
    assert {line.money for line in back(scene).lines} == {"refunded"}


def test_exchange_whose_hold_is_gone_and_cannot_be_had_again_gives_the_price_back() -> None:
    scene = bought(units=4).tell(exchange()).wait(days=3)
    [(key, row)] = [one for one in scene.laws.rows["reservations"].items() if ":x" in one[0]]
    scene.tell(let_go(key, row)).place(2, order_id="ord_2")

    scene.tell(receipt(scene, "damaged"))

    assert replacement(scene).cancellation_reason == "OUT_OF_STOCK"
    assert (scene.books(), scene.status()) == ((4_000, 4_000, 0), "refunded")


def let_go(reservation_id: str, row: Any) -> Any:
    return ReleaseStock(
        reservation_id=reservation_id,
        order_id=row.order_id,
        product_id=row.product_id,
        quantity=row.quantity,
        reason="order_cancelled",
    )


def test_exchange_whose_hold_is_gone_takes_what_the_shelf_has() -> None:
    scene = bought().tell(exchange()).wait(days=3)
    [(key, row)] = [one for one in scene.laws.rows["reservations"].items() if ":x" in one[0]]
    scene.tell(let_go(key, row))

    scene.tell(receipt(scene)).wait(days=4)

    assert replacement(scene).status == "delivered"


def claim() -> RecordChargeback:
    return RecordChargeback(
        payment_id="pay_ord_1",
        chargeback_reference="dsp_1",
        amount_minor=4_000,
        reason="fraudulent",
    )


BANK_WINS = {"token": "tok_dispute_lost"}


def test_exchange_of_what_a_bank_takes_lets_its_stock_go_and_pays_nothing() -> None:
    scene = bought(**BANK_WINS).tell(exchange(), claim())
    assert scene.level() == (8, 0, 0)

    scene.tell(receipt(scene))

    scene.never_told("PlaceReplacement", "RefundGoods", "RefundIssued")
    assert scene.status() == "returned"


def test_exchange_of_what_a_bank_claimed_in_vain_is_a_refund() -> None:
    scene = bought().tell(exchange(), claim())
    assert scene.level() == (8, 0, 0)

    scene.tell(receipt(scene))

    scene.never_told("PlaceReplacement")
    assert scene.status() == "refunded"


def test_exchange_whose_replacement_has_not_left_is_stopped_by_a_claim() -> None:
    scene = replaced(**BANK_WINS).tell(claim())

    assert replacement(scene).status == "cancelled"
    assert held_by(scene) == set()
    scene.never_told("RefundIssued")


def test_exchange_whose_replacement_has_left_goes_on_when_a_bank_claims() -> None:
    scene = replaced().wait(days=4).tell(claim())

    assert replacement(scene).status == "delivered"
    assert scene.books() == (4_000, 0, 0)


def test_exchange_of_what_a_bank_has_is_none() -> None:
    scene = bought(**BANK_WINS).tell(claim(), exchange())

    assert back(scene).swaps == ()
    assert scene.level() == (8, 0, 0)


def test_exchange_of_what_was_paid_back_meanwhile_is_not_replaced() -> None:
    scene = bought().tell(exchange())
    scene.tell(
        RefundPayment(
            payment_id="pay_ord_1", reason="goodwill", requested_by="ann", idempotency_key="k"
        )
    )

    scene.tell(receipt(scene))

    scene.never_told("PlaceReplacement", "RefundGoods")
    assert held_by(scene) == set()
    assert (scene.books(), scene.status()) == ((4_000, 4_000, 0), "refunded")


def test_exchange_that_is_sent_back_too_gives_the_price_of_the_first_order_back() -> None:
    scene = replaced(discount_code="SAVE10").wait(days=4)
    order_id = replacement(scene).order_id

    scene.tell(exchange(order_id=order_id, resolution="refund"))
    assert scene.last("ReturnInitiated").refund_estimate.amount_minor == 3_600
    scene.wait(days=3).tell(receipt(scene))

    assert scene.row("orders", order_id).status == "returned"
    assert (scene.books(), scene.status()) == ((3_600, 3_600, 0), "refunded")
    assert scene.level() == (10, 0, 0)


def test_exchange_of_an_exchange_is_a_refund() -> None:
    scene = replaced().wait(days=4)
    order_id = replacement(scene).order_id

    scene.tell(exchange(order_id=order_id))
    scene.wait(days=3).tell(receipt(scene))

    assert len(scene.data("PlaceReplacement")) == 1
    assert scene.books() == (4_000, 4_000, 0)


def sent_to(scene: Scene, postal_code: str) -> Scene:
    """The replacement goes where parcels fare as that postal code says."""
    order = replacement(scene)
    where = order.shipping_address
    address = Address(
        line1=where.line1,
        city=where.city,
        state=where.state,
        country=where.country,
        postal_code=postal_code,
    )
    return scene.tell(
        AmendOrder(
            order_id=order.order_id,
            user_id="usr_1",
            amendment_type="ADDRESS_CHANGE",
            new_address=address,
        )
    )


def test_exchange_that_gets_lost_on_its_way_gives_the_price_back() -> None:
    scene = sent_to(replaced(), "10001-lost").wait(days=12)

    assert scene.last("DeliveryFailed").reason_code == "LOST"
    assert scene.books() == (4_000, 4_000, 0)


def test_exchange_that_nobody_takes_comes_back_and_is_refunded() -> None:
    scene = sent_to(replaced(), "10001-refused").wait(days=4)

    scene.tell(receipt(scene))

    assert replacement(scene).status == "returned"
    assert (scene.books(), scene.level()) == ((4_000, 4_000, 0), (10, 0, 0))


def test_exchange_has_the_units_that_came_back_and_no_others() -> None:
    scene = replaced()
    order = replacement(scene)
    more = Amendment(product_id="p1", previous_quantity=2, new_quantity=3, unit_price_minor=2_000)

    scene.tell(
        AmendOrder(
            order_id=order.order_id,
            user_id="usr_1",
            amendment_type="QUANTITY_CHANGE",
            amendments=(more,),
        )
    )

    assert [line.quantity for line in replacement(scene).lines] == [2]
    scene.never_told("OrderAmended")


# -- what the shop did wrong: the replacement leaves before anything came back


def sent_at_once(reason: str = "defective_item", units: int = 2, **given: Any) -> Scene:
    return bought(**given).tell(exchange(units, reason=reason))


@pytest.mark.parametrize("reason", ["wrong_item", "defective_item"])
def test_exchange_of_what_the_shop_did_wrong_leaves_at_once(reason: str) -> None:
    scene = sent_at_once(reason)
    scene.was_told("InventoryAdjusted", "CreateReturnLabel", "ReturnInitiated", "PlaceReplacement")

    scene.wait(days=4)
    assert replacement(scene).status == "delivered"
    scene.never_told("ReturnReceived")
    scene.tell(receipt(scene))

    scene.never_told("RefundIssued", "RefundGoods", "AlertRaised")
    assert (scene.status(), scene.books()) == ("returned", (4_000, 0, 0))
    assert scene.level() == (8, 0, 0)


@pytest.mark.parametrize("reason", ["damaged", "not_as_described", "changed_mind"])
def test_exchange_for_any_other_reason_leaves_once_it_is_back(reason: str) -> None:
    scene = bought().tell(exchange(reason=reason)).wait(days=3)
    scene.never_told("PlaceReplacement")

    scene.tell(receipt(scene))

    assert len(scene.data("PlaceReplacement")) == 1


def test_exchange_of_which_nothing_comes_back_is_for_people_and_charges_nobody() -> None:
    scene = sent_at_once().wait(days=13)
    assert back(scene).due_ms
    assert not scene.row("orders", "ord_1").flags

    scene.wait(days=2)

    alert = scene.last("AlertRaised")
    assert (alert.rule, alert.subject, alert.value) == ("unreturned_exchange", "ord_1", 2)
    assert scene.row("orders", "ord_1").flags == ("UNRETURNED",)
    assert scene.books() == (4_000, 0, 0)


def test_exchange_of_which_nothing_came_back_in_time_may_come_later_and_is_not_refunded() -> None:
    scene = sent_at_once().wait(days=16)

    scene.tell(exchange(resolution="refund", reason="changed_mind")).wait(days=2)
    scene.tell(receipt(scene))

    assert scene.row("orders", "ord_1").flags == ()
    assert (scene.status(), scene.books()) == ("returned", (4_000, 0, 0))
    scene.never_told("RefundGoods", "RefundIssued")


def test_exchange_of_which_nothing_came_back_is_not_refunded_by_a_label_of_staff_either() -> None:
    scene = sent_at_once(units=1).wait(days=16)
    parcel = scene.row("orders", "ord_1").parcels[0].shipment_id

    scene.tell(CreateReturnLabel(shipment_id=parcel, order_id="ord_1", reason="other"))
    scene.wait(days=2).tell(receipt(scene))

    assert scene.books() == (4_000, 2_000 - 599, 0)


def test_exchange_of_which_a_part_comes_back_is_for_people() -> None:
    scene = sent_at_once().wait(days=4)

    scene.tell(receipt(scene, units=1))

    assert scene.last("AlertRaised").value == 1
    scene.never_told("RefundGoods", "RefundIssued")


def test_exchange_of_what_the_customer_damaged_meanwhile_is_for_people() -> None:
    scene = sent_at_once("wrong_item").wait(days=4)

    scene.tell(receipt(scene, "damaged"))

    assert scene.last("AlertRaised").value == 2
    assert scene.books() == (4_000, 0, 0)


def cancelled(scene: Scene) -> CancelOrder:
    order_id = replacement(scene).order_id
    return CancelOrder(order_id=order_id, user_id="usr_1", cancellation_reason="no need")


def test_exchange_whose_early_replacement_is_cancelled_is_a_refund_once_it_is_back() -> None:
    scene = sent_at_once()

    scene.tell(cancelled(scene))
    assert replacement(scene).status == "cancelled"
    scene.never_told("RefundGoods")
    scene.wait(days=3).tell(receipt(scene))

    assert (scene.books(), scene.status()) == ((4_000, 4_000, 0), "refunded")
    assert scene.level() == (10, 0, 0)


def test_exchange_whose_early_replacement_is_cancelled_costs_nothing_where_nothing_comes_back() -> (
    None
):
    scene = sent_at_once()

    scene.tell(cancelled(scene)).wait(days=16)

    scene.never_told("RefundGoods", "AlertRaised")
    assert (scene.books(), scene.level()) == ((4_000, 0, 0), (8, 0, 0))


def test_exchange_whose_early_replacement_gets_lost_is_a_refund_once_it_is_back() -> None:
    scene = sent_to(sent_at_once(), "10001-lost").wait(days=12)
    assert scene.last("DeliveryFailed").reason_code == "LOST"
    scene.never_told("RefundGoods")

    scene.tell(receipt(scene))

    assert scene.books() == (4_000, 4_000, 0)


def test_exchange_whose_lost_replacement_is_claimed_from_its_carrier() -> None:
    scene = sent_to(sent_at_once(), "10001-lost").wait(days=14)

    claim = scene.last("FileClaim")
    assert (claim.order_id, claim.amount_minor) == (replacement(scene).order_id, 4_000)


def test_exchange_of_which_both_come_back_is_a_refund_whichever_is_first() -> None:
    both = sent_at_once().wait(days=4)
    first = receipt(both)
    order_id = replacement(both).order_id
    both.tell(exchange(order_id=order_id, resolution="refund", reason="changed_mind")).wait(days=1)
    second = receipt(both)

    both.tell(second)
    both.never_told("RefundGoods")
    both.tell(first)

    assert both.books() == (4_000, 4_000 - 599, 0)
    assert both.level() == (10, 0, 0)


def test_exchange_sent_at_once_is_stopped_by_a_claim_while_it_can_be() -> None:
    scene = sent_at_once(**BANK_WINS).tell(claim())
    assert replacement(scene).status == "cancelled"

    scene.tell(receipt(scene))

    scene.never_told("RefundGoods", "RefundIssued")
    assert (scene.status(), scene.level()) == ("returned", (10, 0, 0))


def test_exchange_sent_at_once_of_what_a_bank_takes_then_is_for_people() -> None:
    scene = sent_at_once(**BANK_WINS).wait(days=4).tell(claim()).wait(days=12)

    assert replacement(scene).status == "delivered"
    assert set(scene.row("orders", "ord_1").flags) == {"CHARGED_BACK", "UNRETURNED"}


def test_exchange_sent_at_once_is_one_of_the_line() -> None:
    scene = sent_at_once().wait(days=16)

    scene.tell(exchange(reason="wrong_item")).wait(days=2)

    assert len(scene.data("PlaceReplacement")) == 1
    assert scene.level() == (6, 0, 0)


def test_exchange_asked_for_twice_is_one() -> None:
    scene = bought().tell(exchange(), exchange())
    assert scene.level() == (8, 2, 0)

    scene.wait(days=3).tell(receipt(scene), receipt(scene)).wait(days=4)

    assert len(scene.data("PlaceReplacement")) == 1
    assert scene.level() == (8, 0, 0)


def test_exchange_under_way_keeps_the_address_that_an_erasure_waits_for() -> None:
    scene = bought().tell(exchange()).tell(EraseCustomer(customer_id="usr_1", requested_by="ann"))
    assert scene.row("orders", "ord_1").shipping_address.line1 == "1 Main St"

    scene.wait(days=3).tell(receipt(scene)).wait(days=5)
    order_id = replacement(scene).order_id
    scene.wait(days=5)

    assert scene.row("orders", order_id).status == "delivered"
    for name in ("ord_1", order_id):
        assert scene.row("orders", name).shipping_address.line1 != "1 Main St"
