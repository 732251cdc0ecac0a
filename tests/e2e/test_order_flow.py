"""The happy path on real Kafka: what lies on each topic once one order is paid."""

from collections import Counter
from typing import Any

import pytest

from tests.e2e.harness import Workers, until
from tests.e2e.heard import Ear, Said
from tests.e2e.shop import ABROAD, Sender, line, order

pytestmark = pytest.mark.own_broker

TWO_LINES = (line("prd_happy_a", 2, 19.99), line("prd_happy_b", 1, 5.00))
TOTAL, TOTAL_MINOR = 44.98, 4498
ROW_S_MAX = 90
FEE, NET = 1.60, 43.38
"""2.9 % of 44.98 is 1.30442; with 0.30 it is 1.60, cut to cents."""


class Story:
    """One order that was paid, and everything that was said of it."""

    def __init__(self, ear: Ear, sender: Sender) -> None:
        self.request = order("happy", *TWO_LINES, isGift=True)
        for product in ("prd_happy_a", "prd_happy_b"):
            sender.stock(product, 10)
        ear.until(lambda: len(brought(ear)) == 2, "goods arrived")
        self.command = sender.send("PlaceOrder", self.request, metadata={"channel": "web"})
        self.id = self.request["orderId"]
        ear.until_said(self.id, "PaymentComplete")
        ear.until_said(self.id, "ShipmentCreated")
        ear.until_quiet()
        self.said = ear.of(self.id)

    def on(self, topic: str) -> list[Said]:
        return [said for said in self.said if said.topic == topic]

    def names_on(self, topic: str) -> list[str]:
        return [said.name for said in self.on(topic)]

    def one(self, name: str) -> Said:
        [said] = [said for said in self.said if said.name == name]
        return said


def brought(ear: Ear) -> list[Said]:
    return [
        said
        for said in ear.everything
        if said.name == "InventoryAdjusted"
        and str(said.key).startswith("prd_happy_")
        and said.data["reason"] == "restock"
    ]


@pytest.fixture(scope="module")
def story(ear: Ear, sender: Sender) -> Story:
    return Story(ear, sender)


def test_each_topic_holds_its_events_once_and_in_order(story: Story) -> None:
    assert story.names_on("orders.dev.commands") == ["PlaceOrder"]
    assert story.names_on("orders.dev.events") == ["OrderConfirmed"]
    assert story.names_on("payments.dev.commands") == ["ProcessPayment", "CapturePayment"]
    assert story.names_on("payments.dev.events") == [
        "PaymentInitiated",
        "RiskScoreCalculated",
        "FraudCheckCompleted",
        "StripeChargeSucceeded",
        "ChargeCaptured",
        "PaymentProcessed",
        "PaymentComplete",
    ]
    assert story.names_on("shipping.dev.commands") == ["CreateShipment", "BookCarrier"]
    assert story.names_on("shipping.dev.events") == ["CarrierBooked", "ShipmentCreated"]


@pytest.mark.parametrize("product", ["prd_happy_a", "prd_happy_b"])
def test_each_product_is_reserved_then_committed(story: Story, product: str) -> None:
    commands = [s for s in story.on("inventory.dev.commands") if s.key == product]
    events = [s for s in story.on("inventory.dev.events") if s.key == product]

    assert [said.name for said in commands] == ["ReserveStock", "CommitStock"]
    assert [(said.data["reason"], said.data.get("committed", False)) for said in events] == [
        ("order_reserved", False),
        ("order_reserved", True),
    ]


@pytest.mark.parametrize(
    ("topic", "key"),
    [
        ("orders.dev.commands", "{}"),
        ("orders.dev.events", "{}"),
        ("payments.dev.commands", "pay_{}"),
        ("payments.dev.events", "pay_{}"),
        ("shipping.dev.events", "shp_{}"),
    ],
)
def test_records_are_keyed_as_the_contract_has_it(story: Story, topic: str, key: str) -> None:
    assert {said.key for said in story.on(topic)} == {key.format(story.id)}


def test_an_order_its_payment_and_its_shipment_lie_in_one_partition(story: Story) -> None:
    places = {
        said.partition
        for topic in ("orders.dev.events", "payments.dev.events", "shipping.dev.commands")
        for said in story.on(topic)
    }

    assert len(places) == 1


def test_headers_tell_what_a_record_is_and_to_which_order_it_belongs(story: Story) -> None:
    ours = [said for said in story.said if said.topic != "orders.dev.commands"]

    for said in ours:
        assert said.headers["eventType"] == said.name
        assert said.headers["contentType"] == "application/json"
        assert said.headers["correlationId"] == story.command["eventId"]


def test_every_record_has_the_command_for_its_saga_and_a_record_for_its_cause(
    story: Story,
) -> None:
    ids = {said.value["eventId"] for said in story.said}
    caused = [said for said in story.said if said.name != "PlaceOrder"]

    assert {said.value["correlationId"] for said in caused} == {story.command["eventId"]}
    assert all(said.value["causationId"] in ids for said in caused)


@pytest.mark.parametrize(
    ("effect", "cause"),
    [
        ("OrderConfirmed", "PlaceOrder"),
        ("PaymentInitiated", "PlaceOrder"),
        ("FraudCheckCompleted", "PaymentInitiated"),
        ("ProcessPayment", "FraudCheckCompleted"),
        ("StripeChargeSucceeded", "ProcessPayment"),
        ("ChargeCaptured", "CapturePayment"),
        ("PaymentProcessed", "ChargeCaptured"),
    ],
)
def test_each_step_names_the_step_that_caused_it(story: Story, effect: str, cause: str) -> None:
    assert story.one(effect).value["causationId"] == story.one(cause).value["eventId"]


def test_no_event_id_occurs_twice(story: Story) -> None:
    ids = Counter(said.value["eventId"] for said in story.said)

    assert set(ids.values()) == {1}


def test_money_travels_as_major_units(story: Story) -> None:
    processed, complete = story.one("PaymentProcessed").data, story.one("PaymentComplete").data

    assert story.one("OrderConfirmed").data["orderTotal"] == TOTAL
    assert (processed["amount"], processed["currency"], processed["status"]) == (
        TOTAL, "USD", "confirmed"
    )  # fmt: skip
    assert (complete["amount"], complete["processingFee"], complete["netAmount"]) == (
        TOTAL, FEE, NET
    )  # fmt: skip
    assert story.one("CapturePayment").data["amountMinor"] == TOTAL_MINOR


def test_what_the_customer_asked_for_is_carried_on(story: Story) -> None:
    confirmed = story.one("OrderConfirmed")

    assert confirmed.data["isGift"] is True
    assert confirmed.data["shippingAddress"]["city"] == "Chicago"
    assert confirmed.value["metadata"]["channel"] == "web"


def test_rows_say_that_the_order_is_paid_and_its_stock_is_its_own(
    story: Story, workers: Workers
) -> None:
    def booked() -> dict[str, Any] | None:
        row = workers.row("orders", story.id)
        return row if row is not None and row["status"] == "processing" else None

    order_row = until(booked, ROW_S_MAX, "a carrier is booked")
    payment = workers.row("payments", f"pay_{story.id}")
    holds = [workers.row("reservations", f"{story.id}:{number}") for number in (1, 2)]

    assert order_row["captured_minor"] == TOTAL_MINOR
    assert payment is not None
    assert payment["status"] == "CAPTURED"
    assert [(hold["status"], hold["committed"]) for hold in holds if hold] == [
        ("CONFIRMED", True)
    ] * 2


@pytest.mark.parametrize(("product", "held"), [("prd_happy_a", 2), ("prd_happy_b", 1)])
def test_stock_is_on_hand_until_it_is_dispatched_and_held_meanwhile(
    story: Story, workers: Workers, product: str, held: int
) -> None:
    stock = workers.row("stock", product)

    assert stock is not None
    [level] = stock["levels"]
    assert (level["on_hand"], level["reserved"]) == (10, held)


def test_an_order_from_abroad_in_another_currency_is_paid_as_well(
    story: Story, ear: Ear, sender: Sender
) -> None:
    request = order("abroad", line("prd_happy_a", 1, 19.99), currency="GBP", shippingAddress=ABROAD)

    order_id = sender.place(request)

    paid = ear.until_said(order_id, "PaymentProcessed").data
    assert (paid["amount"], paid["currency"]) == (19.99, "GBP")


def test_an_order_without_an_id_is_named_once_whatever_is_repeated(
    story: Story, ear: Ear, sender: Sender
) -> None:
    request = order("nameless", line("prd_happy_a", 1, 19.99))
    del request["orderId"]
    command = {"eventId": "nameless-1", "eventType": "PlaceOrder", "data": request}
    for _ in range(2):
        sender.send_raw("orders.{env}.commands", command, request["userId"])

    def confirmed() -> list[Said]:
        return [
            said
            for said in ear.everything
            if said.name == "OrderConfirmed" and said.data["userId"] == request["userId"]
        ]

    [one] = ear.until(confirmed, "it is confirmed")
    ear.until_said(one.order_id, "PaymentComplete")
    ear.until_quiet()
    assert one.order_id.startswith("ord_")
    assert confirmed() == [one]
