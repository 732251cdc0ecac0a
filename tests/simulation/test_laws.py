"""Laws notice what breaks them."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from events.exchange_ids import hold_id_of
from events.payment_ids import further_payment_of, payment_id_of
from simulation.laws.billing import LEFT, BillingLaw
from simulation.laws.broken import Broken
from simulation.laws.ends import DELIVERED, PAID, EndLaw
from simulation.laws.exchanges import BEYOND, EITHER, ExchangeLaw
from simulation.laws.marks import exchange_of, replacement_of
from simulation.laws.refusals import LATE, WRONG, RefusalsLaw
from simulation.laws.states import VERSION, order, reservation
from simulation.laws.stock import StockLaw
from simulation.laws.telling import ONCE, ONE_REFUND, TellingLaw
from simulation.laws.worth import PROMISED, WorthLaw
from streams.inventory.rows import Reservation
from streams.moments import DAY_MS
from streams.orders.back import Back, BackLine, Swap


def of_refund(payment_id: str, refund_id: str = "ref_ord_1", **other: str) -> dict[str, object]:
    """An envelope about a refund."""
    return {"eventId": "evt_1", "data": {"paymentId": payment_id, "refundId": refund_id, **other}}


def test_two_payments_that_announce_one_refund_break_a_law() -> None:
    law = TellingLaw()
    law.told("RefundIssued", of_refund("pay_ord_1"))
    law.told("RefundIssued", of_refund("pay_ord_1:2", "ref_ord_2"))

    with pytest.raises(Broken, match=ONCE):
        law.told("RefundIssued", of_refund("pay_ord_1:2"))


def test_two_payments_that_ask_for_one_refund_break_a_law() -> None:
    law = TellingLaw()
    law.told("RefundCharge", of_refund("pay_ord_1", chargeId="ch_1", idempotencyKey="a"))
    law.told("RefundCharge", of_refund("pay_ord_1", chargeId="ch_1", idempotencyKey="a"))

    with pytest.raises(Broken, match=ONE_REFUND):
        law.told("RefundCharge", of_refund("pay_ord_1:2", chargeId="ch_2", idempotencyKey="b"))


def leaving(law: TellingLaw) -> None:
    told = {"subscriptionId": "sub_1", "effectiveDate": "2025-03-01"}
    law.told("UserSubscriptionCancelled", {"eventId": "evt_1", "data": told})


def test_who_stayed_may_leave_again_on_the_same_day_and_is_told_twice_and_no_oftener() -> None:
    law = TellingLaw()

    leaving(law)
    law.answered({"subscriptionId": "sub_1", "accepted": True})
    leaving(law)

    with pytest.raises(Broken, match=ONCE):
        leaving(law)


def hold(**changes: Any) -> SimpleNamespace:
    """Two units of a paid line, in one warehouse."""
    part = SimpleNamespace(warehouse_id="wh_1", quantity=2)
    fields = {"product_id": "p1", "status": "CONFIRMED", "quantity": 2, "allocations": (part,)}
    more = {"created_at_ms": 1, "committed": True, "parcels": ()}
    return SimpleNamespace(**(fields | more | changes))


def test_what_left_in_the_commit_in_which_the_rest_was_let_go_has_left() -> None:
    rest = (SimpleNamespace(warehouse_id="wh_1", quantity=1),)
    ended = hold(status="CANCELLED", allocations=rest, parcels=("shp_1",))
    law, other = StockLaw(), StockLaw()

    law.reserved("ord_1:1", None, hold())
    law.reserved("ord_1:1", hold(), ended)
    other.reserved("ord_1:1", None, hold())
    other.reserved("ord_1:1", hold(), hold(status="CANCELLED"))

    assert (law.sound["p1"], other.sound["p1"]) == (-1, 0)


def test_a_charge_that_begins_in_the_commit_of_its_subscriptions_end_has_somebody_to_pay_it() -> (
    None
):
    over = SimpleNamespace(subscription_id="sub_1", status=SimpleNamespace(value="cancelled"))
    fields = {"subscription_id": "sub_1", "subtotal_minor": 0, "tax_minor": 0, "total_minor": 0}
    invoice = SimpleNamespace(**fields, charge_key="sub_1_2025_03", items=())
    law = BillingLaw({})

    law.subscriber("usr_1", None, SimpleNamespace(subscriptions=(over,)))
    law.invoice("inv_1", None, invoice)
    law.settled()

    with pytest.raises(Broken, match=LEFT):
        law.invoice("inv_1", None, invoice)


def back_for_exchange(**changes: Any) -> Back:
    """A return whose other goods cost 6.00 more, which is paid."""
    swap = Swap(1, 3, "prd_b", differs_minor=600)
    lines = (BackLine(1, 3),)
    fields = {"due_ms": 9, "swaps": (swap,), "replacement": "exc_1", "paid_minor": 600}
    return Back("shp_ord_1", "changed_mind", lines, **(fields | changes))  # type: ignore[arg-type]


def exchanged(back: Back) -> ExchangeLaw:
    """What the law knows once the difference of a return is paid."""
    order = SimpleNamespace(returns=(back,), flags=(), refund_status="none")
    law = ExchangeLaw({"orders": {"ord_1": order}})
    law.told("PaymentProcessed", {"paymentId": "pay_ord_1:x1", "amount": 6.0})
    return law


def test_what_was_paid_beyond_stays_while_the_label_is_open() -> None:
    exchanged(back_for_exchange()).ended()


@pytest.mark.parametrize("changes", [{"due_ms": 0}, {"swaps": ()}, {"replaced": True}])
def test_what_was_paid_beyond_for_nothing_breaks_a_law(changes: dict[str, Any]) -> None:
    with pytest.raises(Broken, match=BEYOND):
        exchanged(back_for_exchange(**changes)).ended()


def test_what_was_paid_beyond_that_goes_back_while_the_label_is_open_breaks_a_law() -> None:
    law = exchanged(back_for_exchange())
    back = {"orderId": "ord_1", "paymentId": "pay_ord_1:x1", "amount": 6.0, "reason": "EXCHANGE"}
    law.told("RefundGoods", back)

    with pytest.raises(Broken, match=BEYOND):
        law.ended()


def goods(units: int, **other: Any) -> list[dict[str, Any]]:
    """Units of what was bought first."""
    return [{"itemId": "exc_1:1", "productId": "prd_a", "quantity": units, **other}]


def replaced(cancelled: int) -> ExchangeLaw:
    """Three are sent for three that come back; of two parcels that of so many is cancelled."""
    law = ExchangeLaw({})
    label = {"returnId": "ret_1", "orderId": "ord_1", "reason": "wrong_item", "reshipping": True}
    law.told("ReturnInitiated", label | {"items": goods(3)})
    place = {"orderId": "exc_1", "returnId": "ret_1", "exchangeFor": "ord_1"}
    law.told("PlaceReplacement", place | {"orderItems": goods(3), "replaces": ["prd_a"]})
    for name, units in (("shp_1", 2), ("shp_2", 1)):
        told = {"orderId": "exc_1", "shipmentId": name, "items": goods(units)}
        law.told("ShipmentCreated", told | {"packages": [{"items": goods(units)}]})
        law.told("ShipmentCancelled" if units == cancelled else "ShipmentDispatched", told)
    came = {"returnId": "ret_1", "orderId": "ord_1", "resolution": "exchange"}
    law.told("ReturnReceived", came | {"items": goods(3, refundable=True)})
    return law


def price_of(units: int) -> dict[str, Any]:
    """RefundGoods."""
    asked = {"orderId": "ord_1", "returnId": "ret_1", "reason": "EXCHANGE"}
    return asked | {"items": goods(units)}


def test_the_price_of_what_was_never_sent_may_go_back_and_no_more() -> None:
    law = replaced(cancelled=2)
    law.told("RefundGoods", price_of(2))

    with pytest.raises(Broken, match=EITHER):
        law.told("RefundGoods", price_of(1))


def test_what_takes_the_place_of_a_cancelled_parcel_went_out() -> None:
    law = replaced(cancelled=2)
    law.told(
        "ShipmentCreated",
        {"orderId": "exc_1", "shipmentId": "shp_3", "packages": [{"items": goods(2)}]},
    )

    with pytest.raises(Broken, match=EITHER):
        law.told("RefundGoods", price_of(1))


def test_money_for_an_exchange_that_nobody_asked_for_breaks_a_law() -> None:
    law = replaced(cancelled=2)

    with pytest.raises(Broken, match=EITHER):
        law.told("RefundIssued", {"returnId": "ret_1", "orderId": "ord_1"})


@pytest.mark.parametrize("order_id", ["ord:x5", "ord:x", "ord:x1:2", ":x1"])
def test_an_orders_own_name_may_end_like_what_belongs_to_an_exchange(order_id: str) -> None:
    own, swapped = f"{order_id}:1", hold_id_of(order_id, 7)
    further = further_payment_of(order_id, "2")

    assert (replacement_of(own), replacement_of(swapped)) == (None, order_id)
    assert [exchange_of(one) for one in (payment_id_of(order_id), further)] == [None, None]
    assert exchange_of(further_payment_of(order_id, "x3")) == (order_id, 3)


def _reservation(**changes: Any) -> Reservation:
    return replace(
        Reservation("ord_1:1", "prd_a", "ord_1", 2, 5, 5, held_at_ms=5, expires_at_ms=9),
        **changes,
    )


def test_a_commit_as_old_as_its_claim_begins_an_expired_one_anew() -> None:
    expired = _reservation(status="EXPIRED")

    reservation("ord_1:1", expired, _reservation(status="CONFIRMED", committed=True))

    with pytest.raises(Broken, match="from EXPIRED to CONFIRMED"):
        reservation("ord_1:1", expired, _reservation(status="CONFIRMED"))
    with pytest.raises(Broken, match="from EXPIRED to CONFIRMED"):
        reservation(
            "ord_1:1", expired, _reservation(status="CONFIRMED", committed=True, held_at_ms=7)
        )


@pytest.mark.parametrize(("days", "asked", "holds"), [
    (31, None, True), (40, None, False), (40, 29, True), (40, 39, False), (61, 29, False),
])  # fmt: skip
def test_a_label_comes_in_thirty_days_or_where_a_carrier_was_asked_for_one_in_time(
    days: int,
    asked: int | None,
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    law = RefusalsLaw({})
    data = {"orderId": "ord_1", "shipmentId": "shp_1", "reason": "wrong_item"}
    law.told("ShipmentDelivered", data, DAY_MS)
    days, asked = days + 1, None if asked is None else asked + 1
    if asked is not None:
        booking = {**data, "purpose": "return", "attempt": 1}
        law.told("BookCarrier", booking, asked * DAY_MS)

    with nullcontext() if holds else pytest.raises(Broken, match=LATE):
        law.told("ReturnInitiated", data, days * DAY_MS)


@pytest.mark.parametrize(("said", "holds"), [("LOST", True), ("CUSTOMER_UNAVAILABLE", False)])
def test_an_order_does_not_wait_for_a_parcel_that_was_lost_and_is_seen_again(
    said: str,
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    failed = (SimpleNamespace(reason=said), SimpleNamespace(reason="IN_TRANSIT"))
    parcels = {
        name: SimpleNamespace(
            order_id="ord_1", shipment_id=name, status=SimpleNamespace(value=status), history=failed
        )
        for name, status in (("shp_1", "in_transit"), ("shp_2", "delivered"))
    }
    shipped, delivered = (
        SimpleNamespace(status=SimpleNamespace(value=status)) for status in ("shipped", "delivered")
    )

    with nullcontext() if holds else pytest.raises(Broken, match=DELIVERED):
        EndLaw({"shipments": parcels}).order("ord_1", shipped, delivered)


def placed(country: str) -> dict[str, Any]:
    """A request for an order."""
    where = {"country": country}
    return {"orderId": "ord_1", "userId": "usr_1", "shippingAddress": where, "orderItems": []}


@pytest.mark.parametrize(
    ("countries", "holds"), [(["JP"], False), (["JP", "JP"], False), (["US", "JP"], True)]
)
def test_of_requests_that_share_a_name_a_right_one_may_be_taken(
    countries: list[str],
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    law = RefusalsLaw({})
    for country in countries:
        law.ordered(placed(country))

    with nullcontext() if holds else pytest.raises(Broken, match=WRONG):
        law.told("OrderConfirmed", {"orderId": "ord_1"}, 0)


@pytest.mark.parametrize(("captured_at_ms", "holds"), [(1, True), (0, False)])
def test_an_order_that_costs_nothing_is_paid_by_a_capture_of_nothing(
    captured_at_ms: int,
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    delivered = SimpleNamespace(value="delivered")
    order = SimpleNamespace(status=delivered, exchange=None, payment_id="pay_ord_1")
    payment = SimpleNamespace(captured_minor=0, captured_at_ms=captured_at_ms)
    rows = {"orders": {"ord_1": order}, "payments": {"pay_ord_1": payment}, "reservations": {}}

    with nullcontext() if holds else pytest.raises(Broken, match=PAID):
        EndLaw(rows).ended()


@pytest.mark.parametrize(
    ("paid", "favour", "holds"),
    [
        ([500], False, True),
        ([300, 200], False, True),
        ([540], False, False),
        ([], False, False),
        ([540], True, True),
    ],
    ids=["as told", "in two parts", "more", "nothing", "somebody asked for more"],
)
def test_a_cancelled_order_that_gets_another_sum_than_was_told_breaks_a_law(
    paid: list[int],
    favour: bool,  # noqa: FBT001 - a parameter of pytest
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    nothing = {"exchange": None, "returns": (), "unpaid": (), "history": (), "flags": ()}
    nothing |= {"subscription_id": None}
    cancelled = SimpleNamespace(value="cancelled")
    nothing |= {"captured_minor": 500, "tax_minor": 0}
    order = SimpleNamespace(payment_id="pay_ord_1", total_minor=500, status=cancelled, **nothing)
    marks = {"stuck": (), "resolved": (), "owed": None, "charged_back_minor": 0, "refunds": ()}
    payment = SimpleNamespace(status=SimpleNamespace(value="REFUNDED"), **marks)
    law = WorthLaw({"orders": {"ord_1": order}, "payments": {"pay_ord_1": payment}})
    if favour:
        law.asked({"paymentId": "pay_ord_1"})

    first = {"orderId": "ord_1", "paymentId": "pay_ord_1"}
    law.told("PaymentProcessed", first | {"amount": 5.0})
    law.told("PaymentProcessed", first | {"paymentId": "pay_ord_1:1", "amount": 2.0})  # Unheard.
    law.told("OrderCancelled", {"orderId": "ord_1", "refund": {"amount": 5.0}})
    for minor in paid:
        law.told("RefundIssued", first | {"amount": minor / 100})
    # What was under way and what nobody had heard of goes back as well.
    law.told("RefundIssued", first | {"paymentId": "pay_ord_1:1", "amount": 2.0})
    law.told("RefundIssued", first | {"paymentId": "pay_ord_1:2", "amount": 1.0})

    with nullcontext() if holds else pytest.raises(Broken, match=PROMISED):
        law.ended()


@pytest.mark.parametrize(
    ("version", "total_minor", "holds"),
    [(2, 500, True), (3, 400, True), (2, 400, False), (1, 500, False)],
    ids=["as it was", "another version", "changed in silence", "an older version"],
)
def test_an_order_that_changes_and_has_no_newer_version_breaks_a_law(
    version: int,
    total_minor: int,
    holds: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    fields = {"status": SimpleNamespace(value="paid"), "lines": (), "history": ()}
    before = SimpleNamespace(version=2, total_minor=500, **fields)
    after = SimpleNamespace(version=version, total_minor=total_minor, **fields)

    with nullcontext() if holds else pytest.raises(Broken, match=VERSION):
        order("ord_1", before, after)
