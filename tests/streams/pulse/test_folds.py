"""What each message adds to a tally: a row a message and case."""

from collections.abc import Callable
from typing import Any

import pytest

from events import Envelope, Message
from events.carriers import WEBHOOK, CarrierBooked, CarrierBookingFailed
from events.fraud import FraudCheckCompleted, RiskScoreCalculated
from events.inventory import InventoryAdjusted, OutOfStock
from events.orders import OrderCancelled, OrderConfirmed, OrderFailed
from events.payments import GatewayResponse, PaymentFailed, PaymentProcessed
from events.refunds import RefundIssued
from events.shipping import DeliveryFailed, ShipmentDelivered, UpdateShipmentStatus
from events.shipping_parts import ProofOfDelivery, Recipient
from events.types import Address, Place
from streams.moments import moment_of
from streams.pulse import inventory, orders, payments, risk, shipping
from streams.pulse.rules import PulseRules
from streams.pulse.tally import EMPTY, Tally

RULES = PulseRules(order_promise_s=2, payment_promise_s=3, stock_promise_s=1)
Fold = Callable[[Tally, Any, int, PulseRules], Tally]
Wrap = Callable[..., Envelope[Any]]


def confirmed(currency: str = "USD", minor: int = 1_999) -> OrderConfirmed:
    return OrderConfirmed(
        order_id="o",
        user_id="u",
        order_items=(),
        order_total_minor=minor,
        currency=currency,
        shipping_address=Address(line1="1", city="c", postal_code="p", country="GB"),
        shipping_method="standard",
        order_status="confirmed",
    )


def processed(**changes: object) -> PaymentProcessed:
    plain = {
        "payment_id": "p",
        "amount_minor": 1,
        "currency": "USD",
        "payment_method": "paypal",
        "status": "confirmed",
    }
    return PaymentProcessed.model_validate(plain | changes)


def failed(**changes: object) -> PaymentFailed:
    plain = {
        "payment_id": "p",
        "amount_minor": 1,
        "currency": "USD",
        "failure_reason": "card_declined",
        "retryable": True,
        "attempt_number": 1,
    }
    return PaymentFailed.model_validate(plain | changes)


def adjusted(reason: str, units: int, status: str | None = None) -> InventoryAdjusted:
    return InventoryAdjusted(
        adjustment_id="a",
        product_id="prod",
        warehouse_id="w",
        adjustment_type="increase" if units > 0 else "decrease",
        previous_quantity=10,
        adjusted_quantity=units,
        new_quantity=10 + units,
        reason=reason,
        reservation_status=status,
    )


def out_of_stock(previous: int, current: int, order_id: str | None) -> OutOfStock:
    return OutOfStock(
        product_id="prod",
        sku="prod",
        warehouse_id="w",
        previous_quantity=previous,
        current_quantity=current,
        triggered_by_order_id=order_id,
    )


def scored(score: int) -> RiskScoreCalculated:
    return RiskScoreCalculated(payment_id="p", risk_score=score, risk_level="low")


CANCELLED = OrderCancelled(
    order_id="o",
    user_id="u",
    cancellation_reason="OUT_OF_STOCK",
    order_items=(),
    order_total_minor=1,
    currency="USD",
    order_status="cancelled",
)
REFUSED = OrderFailed(order_id="o", user_id="u", rejection_reason="PRICE_MISMATCH")
DECIDED = FraudCheckCompleted(
    transaction_id="t",
    payment_id="p",
    risk_score=5,
    decision="APPROVED",
    reasons=(),
    confidence=0.9,
)
REFUND = RefundIssued(
    refund_id="r",
    payment_id="p",
    amount_minor=250,
    currency="EUR",
    total_refunded_minor=250,
    payment_status="refunded",
)
STRIPE = {"provider": "stripe", "latencyMs": 120}

BOOKED = CarrierBooked(
    shipment_id="shp_o",
    order_id="o",
    carrier="UPS",
    purpose="outbound",
    tracking_number="1Z",
    label_url="https://labels.example.com/1Z.pdf",
    idempotency_key="k",
)
NOT_BOOKED = CarrierBookingFailed(
    shipment_id="shp_o",
    order_id="o",
    carrier="DHL",
    purpose="outbound",
    failure_code="no_answer",
    retryable=True,
    idempotency_key="k",
)
SCAN = UpdateShipmentStatus(
    shipment_id="shp_o", status="in_transit", carrier="UPS", updated_at=moment_of(900)
)


def arrived(at_ms: int, promised_ms: int | None) -> ShipmentDelivered:
    return ShipmentDelivered(
        shipment_id="shp_o",
        order_id="o",
        delivered_at=moment_of(at_ms),
        carrier="UPS",
        tracking_number="1Z",
        delivery_type="front_door",
        signature_required=False,
        proof_of_delivery=ProofOfDelivery(),
        recipient=Recipient(name="Ann", address=Place(city="c", country="GB")),
        estimated_delivery=None if promised_ms is None else moment_of(promised_ms),
    )


# Every envelope says that its cause happened at 1,000 ms. Cells are name: (count, total).
CASES: list[tuple[str, Fold, Message, int, dict[str, Any] | None, dict[str, tuple[int, int]]]] = [
    (
        "a label counts by carrier, with the time it took",
        shipping.booked,
        BOOKED,
        1_070,
        None,
        {"booked|UPS": (1, 0), "latency|UPS": (1, 70)},
    ),
    (
        "a label that was not to be had counts by its reason",
        shipping.unbooked,
        NOT_BOOKED,
        1_900,
        None,
        {"unbooked|DHL|no_answer": (1, 0), "latency|DHL": (1, 900)},
    ),
    (
        "a scan that was asked for is not late",
        shipping.scanned,
        SCAN,
        9_000,
        None,
        {"scan|UPS": (1, 0)},
    ),
    (
        "a parcel that comes by its moment is on time",
        shipping.delivered,
        arrived(5_000, 5_000),
        9_000,
        None,
        {"delivered|on_time": (1, 0)},
    ),
    (
        "a parcel that comes after it is late",
        shipping.delivered,
        arrived(5_001, 5_000),
        9_000,
        None,
        {"delivered|late": (1, 0)},
    ),
    (
        "a parcel that nothing was promised of is not late",
        shipping.delivered,
        arrived(5_001, None),
        9_000,
        None,
        {"delivered|on_time": (1, 0)},
    ),
    (
        "an attempt that failed counts by its reason",
        shipping.failed,
        DeliveryFailed(
            shipment_id="shp_o", order_id="o", failure_reason="lost", reason_code="LOST"
        ),
        9_000,
        None,
        {"failed|LOST": (1, 0)},
    ),
    (
        "an order counts by currency, with its value and its wait",
        orders.confirmed,
        confirmed("USD", 1_999),
        1_040,
        None,
        {"confirmed|USD": (1, 1_999), "latency": (1, 40)},
    ),
    (
        "an order beyond the promise is slow, and 2 s is beyond",
        orders.confirmed,
        confirmed("EUR", 5),
        3_000,
        None,
        {"confirmed|EUR": (1, 5), "latency": (1, 2_000), "slow": (1, 0)},
    ),
    (
        "clocks that disagree make no negative wait",
        orders.confirmed,
        confirmed(),
        900,
        None,
        {"confirmed|USD": (1, 1_999), "latency": (1, 0)},
    ),
    (
        "a refusal counts by reason",
        orders.refused,
        REFUSED,
        1,
        None,
        {"refused|PRICE_MISMATCH": (1, 0)},
    ),
    (
        "a cancellation counts by reason",
        orders.cancelled,
        CANCELLED,
        1,
        None,
        {"cancelled|OUT_OF_STOCK": (1, 0)},
    ),
    (
        "a payment counts by provider, with the latency it tells",
        payments.processed,
        processed(),
        9_000,
        STRIPE,
        {"confirmed|stripe": (1, 0), "latency|stripe": (1, 120)},
    ),
    (
        "an order that claims a renewal's money was no payment of its own",
        payments.processed,
        processed(),
        1,
        {"claimed": True},
        {},
    ),
    (
        "a payment beyond the promise is slow",
        payments.processed,
        processed(),
        1,
        {"provider": "stripe", "latencyMs": 3_000},
        {"confirmed|stripe": (1, 0), "latency|stripe": (1, 3_000), "slow": (1, 0)},
    ),
    (
        "a foreign payment tells neither provider nor latency",
        payments.processed,
        processed(),
        9_000,
        {"provider": 7, "latencyMs": "fast"},
        {"confirmed|unknown": (1, 0)},
    ),
    (
        "a payment that is pending counts for nothing",
        payments.processed,
        processed(status="pending"),
        1,
        STRIPE,
        {},
    ),
    (
        "a failed attempt counts by provider and reason",
        payments.failed,
        failed(),
        1,
        STRIPE,
        {"failed|stripe|card_declined": (1, 0), "latency|stripe": (1, 120)},
    ),
    (
        "the latency of a second attempt holds the retry delay and does not count",
        payments.failed,
        failed(attempt_number=2),
        1,
        STRIPE,
        {"failed|stripe|card_declined": (1, 0)},
    ),
    (
        "a failed attempt without metadata names the gateway of its response",
        payments.failed,
        failed(gateway_response=GatewayResponse(gateway_id="adyen")),
        1,
        None,
        {"failed|adyen|card_declined": (1, 0)},
    ),
    (
        "a provider's name cannot break a cell's name",
        payments.processed,
        processed(),
        1,
        {"provider": "a|b"},
        {"confirmed|a/b": (1, 0)},
    ),
    (
        "a refund counts by currency, with its amount and how long it took",
        payments.refunded,
        REFUND,
        1_700,
        {"latencyMs": 4_000},
        {"refunded|EUR": (1, 250), "refund_latency": (1, 4_000)},
    ),
    (
        "a refund that tells no time took none that counts",
        payments.refunded,
        REFUND,
        1_700,
        None,
        {"refunded|EUR": (1, 250)},
    ),
    ("a score counts in its band", risk.scored, scored(49), 1, None, {"score|40-49": (1, 49)}),
    ("the lowest score has a band", risk.scored, scored(0), 1, None, {"score|00-09": (1, 0)}),
    ("the highest score has a band", risk.scored, scored(100), 1, None, {"score|90-100": (1, 100)}),
    (
        "a fraud decision counts, with how long it took",
        risk.decided,
        DECIDED,
        1_300,
        None,
        {"decision|APPROVED": (1, 0), "latency": (1, 300)},
    ),
    (
        "a hold counts a line, its units and how long it took",
        inventory.adjusted,
        adjusted("order_reserved", -3, "CONFIRMED"),
        1_030,
        None,
        {"held": (1, 3), "latency": (1, 30)},
    ),
    (
        "a hold beyond the promise is slow",
        inventory.adjusted,
        adjusted("order_reserved", -1, "CONFIRMED"),
        2_000,
        None,
        {"held": (1, 1), "latency": (1, 1_000), "slow": (1, 0)},
    ),
    (
        "a line's part in another warehouse adds units, not a line",
        inventory.adjusted,
        adjusted("order_reserved", -2, "PENDING"),
        1_030,
        None,
        {"held": (0, 2)},
    ),
    (
        "a commit moves no stock",
        inventory.adjusted,
        adjusted("order_reserved", 0, "CONFIRMED"),
        1,
        None,
        {},
    ),
    (
        "a lapsed hold counts",
        inventory.adjusted,
        adjusted("reservation_expired", 2, "EXPIRED"),
        1,
        None,
        {"expired": (1, 0)},
    ),
    (
        "a released hold is neither check nor update",
        inventory.adjusted,
        adjusted("order_cancelled", 2),
        1,
        None,
        {},
    ),
    (
        "any other change is an update with a latency",
        inventory.adjusted,
        adjusted("restock", 5),
        1_090,
        None,
        {"update_latency": (1, 90)},
    ),
    (
        "a line that found too little counts",
        inventory.short,
        out_of_stock(2, 2, "o"),
        1,
        None,
        {"short": (1, 0)},
    ),
    (
        "a shelf emptied by a line that was filled does not",
        inventory.short,
        out_of_stock(2, 0, "o"),
        1,
        None,
        {},
    ),
    (
        "nor does a shelf that no order emptied",
        inventory.short,
        out_of_stock(0, 0, None),
        1,
        None,
        {},
    ),
]


@pytest.mark.parametrize(
    ("fold", "message", "at_ms", "metadata", "cells"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_a_message_is_counted_in_its_cells(
    wrap: Wrap,
    fold: Fold,
    message: Message,
    at_ms: int,
    metadata: dict[str, Any] | None,
    cells: dict[str, tuple[int, int]],
) -> None:
    after = fold(EMPTY, wrap(message, metadata=metadata), at_ms, RULES)

    assert {name: (cell.count, cell.total) for name, cell in after.cells.items()} == cells
    assert after.seq == (1 if cells else 0)
    assert Tally() == EMPTY


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        (orders.confirmed, confirmed()),
        (payments.refunded, REFUND),
        (risk.decided, DECIDED),
        (inventory.adjusted, adjusted("order_reserved", -1, "CONFIRMED")),
    ],
)
def test_an_event_that_names_no_cause_counts_without_a_latency(
    wrap: Wrap, fold: Fold, message: Message
) -> None:
    after = fold(EMPTY, wrap(message, causation_id=None), 9_000_000, RULES)

    assert after.seq == 1
    assert not any("latency" in name for name in after.cells)


def test_a_foreign_update_of_stock_adds_nothing(wrap: Wrap) -> None:
    envelope = wrap(adjusted("restock", 5), causation_id=None)

    assert inventory.adjusted(EMPTY, envelope, 9_000, RULES) is EMPTY


def test_units_held_rank_products(wrap: Wrap) -> None:
    tally = EMPTY
    for units in (2, 3):
        held = wrap(adjusted("order_reserved", -units, "CONFIRMED"))
        tally = inventory.adjusted(tally, held, 1_010, RULES)

    assert tally.ranked == {"prod": 5}
    assert tally.ranked_error == 0


def test_what_a_carrier_tells_by_itself_says_how_late_it_is(wrap: Wrap) -> None:
    tally = shipping.scanned(EMPTY, wrap(SCAN, source=WEBHOOK), 1_000, RULES)

    assert tally.cells["lag"].total == 100
