"""Every rule by which an older shape becomes the canonical one, a rule a test."""

import json
from datetime import date
from typing import Any

import pytest

import events
from events.writer import writer_of

AT_MS = 1_700_000_000_000
LINE = {"productId": "p1", "quantity": 2, "unitPrice": 34.99}
HOME = {"line1": "1 Main St", "city": "Boston", "country": "US"}
CONFIRMED = {
    "orderId": "o1",
    "userId": "u1",
    "orderItems": [LINE],
    "orderTotal": 69.98,
    "currency": "USD",
    "shippingAddress": HOME,
    "shippingMethod": "standard",
    "orderStatus": "confirmed",
}
PROCESSED = {"paymentId": "y1", "amount": 5, "currency": "EUR", "paymentMethod": "paypal"}
INITIATED = {"orderId": "o1", "customerId": "u1", "amount": 5, "paymentMethod": {"type": "crypto"}}
RISK = {"paymentId": "y1", "riskScore": 9, "riskLevel": "low"}
DUE = {
    "subscriptionId": "s1",
    "userId": "u1",
    "amount": 5,
    "currency": "USD",
    "dueDate": "2024-02-01",
}


def _read(record: dict[str, Any], expect: str | None = None, **hints: str) -> events.Envelope[Any]:
    raw = json.dumps(record).encode()
    return events.decode(raw, expect=expect, record_timestamp_ms=AT_MS, **hints)


# --- the envelope ---


def test_a_flat_record_keeps_the_envelopes_fields_out_of_its_data() -> None:
    record = {
        "eventId": "e1",
        "eventType": "OrderConfirmed",
        "timestamp": "2025-11-16T10:15:29.553Z",
    }

    envelope = _read({**record, **CONFIRMED, "metadata": {"correlationId": "c1"}})

    assert (envelope.event_id, envelope.correlation_id) == ("e1", "c1")
    assert envelope.timestamp_ms == 1_763_288_129_553
    assert envelope.data.order_total_minor == 6998


@pytest.mark.parametrize("field", ["eventType", "type"])
def test_either_name_field_names_the_message(field: str) -> None:
    assert _read({field: "OrderConfirmed", "data": CONFIRMED}).event_type == "OrderConfirmed"


@pytest.mark.parametrize("hint", [{"expect": "OrderConfirmed"}, {"event_type": "OrderConfirmed"}])
def test_a_record_without_a_name_takes_the_hint(hint: dict[str, str]) -> None:
    assert _read(CONFIRMED, **hint).event_type == "OrderConfirmed"


def test_a_topic_with_one_message_names_it() -> None:
    record = {
        "notificationId": "n1",
        "recipient": {"customerId": "u1"},
        "channel": "SMS",
        "templateId": "t1",
        "idempotencyKey": "k1",
    }

    envelope = _read(record, topic="notifications.dev.queue")

    assert envelope.event_type == "SendNotification"
    assert envelope.data.priority == "NORMAL"


def test_the_records_own_name_outranks_its_header() -> None:
    record = {"eventType": "OrderConfirmed", "data": CONFIRMED}

    assert _read(record, event_type="OrderFailed").event_type == "OrderConfirmed"


@pytest.mark.parametrize("alias", ["OrderPlaced", "OrderCreated", "order.placed"])
def test_other_names_of_a_confirmed_order_are_read(alias: str) -> None:
    assert _read({"eventType": alias, "data": CONFIRMED}).event_type == "OrderConfirmed"


def test_the_event_suffix_may_be_absent_or_superfluous() -> None:
    signed_up = {"userId": "u1", "email": "ada@example.com", "signupMethod": "email"}

    assert _read({"eventType": "UserSignedUp", "data": signed_up}).event_type == "UserSignedUpEvent"
    assert (
        _read({"eventType": "OrderConfirmedEvent", "data": CONFIRMED}).event_type
        == "OrderConfirmed"
    )


def test_a_type_that_is_a_field_of_the_data_does_not_name_the_message() -> None:
    invoice = {
        "invoiceId": "i1",
        "invoiceNumber": "INV-2024-00001",
        "customerId": "u1",
        "type": "one_time",
        "lineItems": [],
        "subtotal": 1,
        "tax": 0.08,
        "total": 1.08,
        "currency": "USD",
        "dueDate": "2024-05-26",
        "status": "generated",
    }

    data = _read(invoice, "InvoiceGenerated").data

    assert (data.type, data.status, data.total_minor) == ("one_time", "issued", 108)


def test_an_expected_message_refuses_any_other() -> None:
    with pytest.raises(
        events.ContractError, match="eventType: got 'OrderFailed', expected OrderConfirmed"
    ):
        _read({"eventType": "OrderFailed", "data": {}}, "OrderConfirmed")


def test_the_version_may_stand_in_the_metadata() -> None:
    record = {"eventType": "OrderConfirmed", "data": CONFIRMED, "metadata": {"version": "0.0.4"}}

    assert _read(record).event_version == "0.0.4"


@pytest.mark.parametrize("record", [{"eventVersion": "2.0.0"}, {"metadata": {"version": "3.1"}}])
def test_a_later_major_version_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(events.UnsupportedVersion, match=r"expected 1\.0\.0"):
        _read({"eventType": "OrderConfirmed", "data": CONFIRMED, **record})


def test_the_time_is_the_envelopes_then_the_datas_then_the_records() -> None:
    told = {
        "eventType": "OrderConfirmed",
        "data": {**CONFIRMED, "confirmationTimestamp": AT_MS + 5},
    }

    assert _read({**told, "timestamp": "2024-01-01"}).timestamp_ms == 1_704_067_200_000
    assert _read(told).timestamp_ms == AT_MS + 5
    assert _read({"eventType": "OrderConfirmed", "data": CONFIRMED}).timestamp_ms == AT_MS


def test_an_absent_id_follows_from_the_record() -> None:
    record = {"eventType": "OrderConfirmed", "data": CONFIRMED}

    same, other = _read(dict(reversed(record.items()))), _read({**record, "source": "shop"})

    assert _read(record).event_id == same.event_id != other.event_id
    assert same.correlation_id == same.event_id


def test_a_webhooks_id_is_the_events_but_a_flat_records_id_is_its_own() -> None:
    charge = {"id": "ch1", "amount": 4999, "currency": "usd", "status": "succeeded"}
    charge["metadata"] = {"paymentId": "y1"}

    webhook = _read({"id": "evt1", "type": "charge.succeeded", "data": {"object": charge}})
    flat = _read(
        {**PROCESSED, "paymentId": None, "id": "y9", "status": "SUCCESS"}, "PaymentProcessed"
    )

    assert webhook.event_id == "evt1"
    assert webhook.data.charge_id == "ch1"
    assert (webhook.data.amount_minor, webhook.data.currency) == (4999, "USD")
    assert (flat.data.payment_id, flat.data.status) == ("y9", "confirmed")


def test_the_source_is_the_first_publisher_unless_told() -> None:
    record = {"eventType": "OrderConfirmed", "data": CONFIRMED}

    assert _read(record).source == "orders-service"
    assert _read({**record, "source": "shop"}).source == "shop"


def test_a_flat_field_that_the_envelope_has_too_belongs_to_both() -> None:
    charge = {"amount": 4999, "currency": "usd", "source": "tok_1", "metadata": {"paymentId": "y1"}}

    envelope = _read(charge, "ChargeCard")

    assert envelope.data.card_source == "tok_1"
    assert envelope.data.payment_id == "y1"
    assert envelope.source == "payment-gateway-service"


def test_a_property_named_after_the_message_is_unwrapped() -> None:
    record = {"UpdateShipmentStatus": {"shipmentId": "h1", "status": "shipped"}}

    assert _read(record, "UpdateShipmentStatus").data.status == "shipped"


# --- the data ---


def test_renamed_fields_are_read_under_every_name_and_the_first_present_wins() -> None:
    line = {"itemId": "p1", "name": "Shirt", "quantity": 2, "pricePerUnit": 1, "price": 34.99}
    address = {
        "street": "1 Main St",
        "zipCode": "02101",
        "region": "MA",
        "city": "Boston",
        "country": "US",
    }

    data = _read(
        {**CONFIRMED, "orderItems": [line], "shippingAddress": address}, "OrderConfirmed"
    ).data

    assert (data.order_items[0].product_id, data.order_items[0].product_name) == ("p1", "Shirt")
    assert data.order_items[0].unit_price_minor == 3499
    assert data.shipping_address.postal_code == "02101"


def test_a_null_under_the_first_name_gives_way_to_another_name() -> None:
    address = {**HOME, "line1": None, "street": "2 High St"}

    data = _read({**CONFIRMED, "shippingAddress": address}, "OrderConfirmed").data

    assert data.shipping_address.line1 == "2 High St"


def test_an_absent_line_total_is_quantity_times_price() -> None:
    assert _read(CONFIRMED, "OrderConfirmed").data.order_items[0].total_price_minor == 6998


def test_a_dotted_path_reaches_into_the_data() -> None:
    record = {
        "customer": {"customerId": "u7"},
        "items": [LINE],
        "shippingAddress": HOME,
        "payment": {"type": "card"},
    }

    data = _read(record, "PlaceOrder").data

    assert (data.user_id, data.payment.method, data.currency) == ("u7", "credit_card", "USD")


def test_a_dotted_field_is_put_where_it_belongs() -> None:
    metrics = {"totalOrders": 1, "totalRevenue": 2.5, "averageOrderValue": 2.5}
    record = {"calculationId": "r1", "calculationDate": "2024-01-15", "metrics": metrics}

    assert _read(record, "OrderMetricsCalculated").data.period.date == date(2024, 1, 15)


def test_a_field_in_the_envelopes_metadata_is_read_even_in_a_canonical_envelope() -> None:
    command = {**PROCESSED, "idempotencyKey": "k1", "paymentMethod": {"type": "paypal"}}
    record = {
        "eventId": "e1",
        "eventType": "ProcessPayment",
        "eventVersion": "1.0.0",
        "timestamp": "2024-01-15T10:30:00Z",
        "metadata": {"subscriptionId": "s1", "correlationId": "c1"},
        "data": command,
    }

    envelope = _read(record)

    assert (envelope.data.subscription_id, envelope.correlation_id) == ("s1", "c1")


def test_where_a_payment_is_made_from_may_stand_in_the_metadata() -> None:
    record = {**INITIATED, "metadata": {"ipAddress": "10.0.0.201"}}
    told = {**record, "ipAddress": "10.0.0.7"}

    found, own = (_read(one, "PaymentInitiated").data for one in (record, told))

    assert (found.ip_address, own.ip_address) == ("10.0.0.201", "10.0.0.7")


def test_a_bare_value_stands_for_its_object() -> None:
    initiated = _read({**INITIATED, "paymentMethod": "Credit Card"}, "PaymentInitiated").data
    risk = _read({**RISK, "indicators": ["Unusual location"]}, "RiskScoreCalculated").data
    due = _read({**DUE, "planId": "pro"}, "SubscriptionPaymentDue").data

    assert initiated.payment_method.type == "credit_card"
    assert (risk.factors[0].name, risk.factors[0].description) == ("other", "Unusual location")
    assert due.plan.plan_id == "pro"


def test_an_absent_payment_id_follows_from_the_order() -> None:
    assert _read(INITIATED, "PaymentInitiated").data.payment_id == "pay_o1"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Wrong ADDRESS", "ADDRESS_NOT_FOUND"),
        ("Customer unavailable", "CUSTOMER_UNAVAILABLE"),
        ("Package damaged", "DAMAGED_IN_TRANSIT"),
        ("Dog", "OTHER"),
    ],
)
def test_a_delivery_failures_code_follows_from_its_text(text: str, code: str) -> None:
    record = {"shipmentId": 84305, "orderId": "o1", "failureReason": text}

    data = _read(record, "DeliveryFailed").data

    assert (data.reason_code, data.shipment_id) == (code, "84305")


def test_a_flat_receipt_becomes_one_item() -> None:
    record = {
        "inventoryId": "i1",
        "warehouseId": "w1",
        "receivedAt": "2024-02-15T09:45:00Z",
        "sku": "S1",
        "quantity": 500,
        "unitCost": 12.5,
        "warehouseLocation": "Aisle 12",
    }

    (item,) = _read(record, "InventoryGenerated").data.items

    assert (item.sku, item.quantity_received, item.unit_cost_minor) == ("S1", 500, 1250)
    assert item.location == "Aisle 12"


@pytest.mark.parametrize(
    ("reason", "code"),
    [("Customer requested cancellation", "CUSTOMER_REQUEST"), ("Bored", "OTHER"), (None, "OTHER")],
)
def test_a_free_cancellation_reason_becomes_a_code(reason: str | None, code: str) -> None:
    record = {
        "orderId": "o1",
        "userId": "u1",
        "orderItems": [LINE],
        "totalAmount": 69.98,
        "orderStatus": "cancelled",
        "cancellationReason": reason,
    }

    data = _read(record, "OrderCancelled").data

    assert (data.cancellation_reason, data.currency) == (code, "USD")


@pytest.mark.parametrize(
    ("word", "decision"),
    [("passed", "APPROVED"), ("flagged", "MANUAL_REVIEW"), ("blocked", "DECLINED")],
)
def test_older_words_of_a_decision_are_read(word: str, decision: str) -> None:
    record = {
        "transactionId": "t",
        "paymentId": "y",
        "riskScore": 1,
        "reasons": [],
        "confidence": 1,
    }

    assert _read({**record, "decision": word}, "FraudCheckCompleted").data.decision == decision


def test_a_kind_of_fraud_is_put_into_snake_case_in_any_envelope() -> None:
    fraud = {"paymentId": "y1", "fraudType": "Stolen Card", "severity": "HIGH"}

    data = _read({"eventType": "FraudDetected", "data": fraud}).data

    assert (data.fraud_type, data.severity) == ("stolen_card", "high")


def test_an_unknown_word_is_dropped_where_optional_and_refused_where_required() -> None:
    odd = {"method": "paypal", "status": "levitating"}

    assert _read({**CONFIRMED, "payment": odd}, "OrderConfirmed").data.payment.status is None
    with pytest.raises(
        events.ContractError, match="shippingMethod: expected 'standard' or 'express'"
    ):
        _read({**CONFIRMED, "shippingMethod": "drone"}, "OrderConfirmed")


def test_a_null_is_an_absent_optional_field() -> None:
    record = {**INITIATED, "checkoutType": None, "discountCode": None}

    assert _read(record, "PaymentInitiated").data.checkout_type == "standard"


def test_a_date_time_is_cut_to_its_date() -> None:
    record = {**DUE, "planId": "pro", "dueDate": "2024-02-01T13:14:15Z"}

    assert _read(record, "SubscriptionPaymentDue").data.due_date == date(2024, 2, 1)


def test_unknown_fields_are_left_out() -> None:
    data = _read({**CONFIRMED, "mood": "sunny"}, "OrderConfirmed").data

    assert b"sunny" not in writer_of(type(data)).data(data)


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (
            {"userId": "u", "items": [LINE], "shippingAddress": HOME, "payment": {"type": "card"}},
            "PlaceOrder",
        ),
        ({"orderId": "o1", "userId": "u1", "cancellationReason": "late"}, "CancelOrder"),
        ({"data": {"orderId": "o1", "userId": "u1", "cancellationReason": "late"}}, "CancelOrder"),
    ],
)
def test_a_record_without_a_name_is_the_command_whose_fields_it_has(
    record: dict[str, Any], name: str
) -> None:
    assert _read(record, topic="orders.dev.commands").event_type == name


@pytest.mark.parametrize(
    ("record", "topic"),
    [
        ({"orderId": "o1", "userId": "u1"}, "orders.dev.commands"),
        (INITIATED, "payments.dev.events"),
        ({"orderId": "o1", "userId": "u1", "cancellationReason": "late"}, None),
    ],
)
def test_a_record_that_fits_no_command_of_its_topic_stays_nameless(
    record: dict[str, Any], topic: str
) -> None:
    with pytest.raises(events.UnknownMessage, match="no eventType"):
        _read(record, topic=topic)
