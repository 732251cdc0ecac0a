"""The agents of the daily reports in memory, and the messages of an order's life."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.metrics import metrics_agent
from agents.reports import reports_agent
from engine.driver import Driver
from events.base import Message
from events.orders import OrderCancelled, OrderConfirmed
from events.payments import PaymentComplete, PaymentInitiated
from events.returns import ReturnedItem, ReturnReceived
from events.shipping import ShipmentCreated, ShipmentDelivered, ShipmentDispatched
from events.shipping_parts import Package, ProofOfDelivery, Recipient
from events.types import Address, Money, OrderItem, PaymentMethod, Place, ShippedItem
from streams.clock import TRUE, Clock
from streams.metrics.rules import MetricsRules
from tests.agents.caller import Caller
from topics import ORDERS_EVENTS

EXAMPLE = Path(__file__).parents[1] / "events/examples/OrderMetricsCalculated/daily-metrics.json"
EVE = datetime(2024, 4, 14, tzinfo=UTC)
CATEGORIES = {"ELEC": "Electronics", "HOME": "Home & Garden", "WEAR": "Clothing", "TOYS": "Toys"}
RULES = MetricsRules(categories=CATEGORIES)
HOME = Address(line1="1 Main St", city="Austin", state="TX", country="US")
SOON = datetime(2030, 1, 1, tzinfo=UTC)
CARD = PaymentMethod(type="credit_card", token="tok_visa")


class Desk(Caller):
    """Both agents, and messages sent to them at the driver's time."""

    def __init__(
        self,
        rules: MetricsRules = RULES,
        *,
        clock: Clock = TRUE,
        chunk_max: int = 1_000,
        ticked: bool = True,
    ) -> None:
        agents = [metrics_agent(rules, clock), reports_agent(rules, clock, partitions=3)]
        start_ms = round(EVE.timestamp() * 1000)
        self.driver = Driver(agents, start_ms=start_ms, chunk_max=chunk_max)
        if ticked:
            self.driver.tick()

    def send(self, *messages: Message) -> "Desk":
        """Send messages; they are read when time passes."""
        for message in messages:
            self.put(message)
        return self

    def until(self, moment: str) -> "Desk":
        """Read what was sent, then let time pass until that moment, with one tick."""
        self.driver.run()
        due = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        self.driver.advance(round(due.timestamp() * 1000) - self.driver.now_ms)
        return self

    @property
    def reports(self) -> list[Any]:
        """Every OrderMetricsCalculated, by day."""
        mine = self.said(ORDERS_EVENTS, name="OrderMetricsCalculated")
        return sorted(mine, key=lambda envelope: envelope.data.report_id)

    def row(self, table: Any, day: str) -> Any:
        """A day's report."""
        return self.driver.rows(table)[day]


def confirmed(order_id: str, total: int, *items: OrderItem, **told: Any) -> OrderConfirmed:
    goods = items or (OrderItem(product_id="p", quantity=1, unit_price_minor=total),)
    return OrderConfirmed(
        **{
            "order_id": order_id,
            "user_id": f"cus_{order_id}",
            "order_items": goods,
            "order_total_minor": total,
            "currency": "USD",
            "shipping_address": HOME,
            "shipping_method": "standard",
            "order_status": "confirmed",
            **told,
        }
    )


def opened(order_id: str, customer: str) -> PaymentInitiated:
    return PaymentInitiated(
        payment_id=f"pay_{order_id}",
        order_id=order_id,
        customer_id=customer,
        amount_minor=1,
        currency="USD",
        payment_method=CARD,
    )


def complete(order_id: str) -> PaymentComplete:
    return PaymentComplete(
        payment_id=f"pay_{order_id}",
        order_id=order_id,
        customer_id="cus",
        amount_minor=1,
        currency="USD",
        payment_method=CARD,
        status="completed",
    )


def booked(order_id: str, units: int = 1, **told: Any) -> ShipmentCreated:
    goods = ShippedItem(item_id="p", quantity=units)
    return ShipmentCreated(
        **{
            "shipment_id": f"shp_{order_id}",
            "order_id": order_id,
            "shipping_address": HOME,
            "shipping_method": "standard",
            "carrier": "UPS",
            "packages": (Package(package_id="pkg_1", weight_kg=1.0, items=(goods,)),),
            "estimated_delivery": SOON,
            "shipping_cost": Money(amount_minor=0, currency="USD"),
            **told,
        }
    )


def left(order_id: str, **told: Any) -> ShipmentDispatched:
    return ShipmentDispatched(
        **{
            "shipment_id": f"shp_{order_id}",
            "order_id": order_id,
            "carrier": "UPS",
            "tracking_number": "1Z",
            "shipping_method": "standard",
            "estimated_delivery": SOON,
            "destination": Place(city="Austin", country="US"),
            **told,
        }
    )


def arrived(order_id: str, **told: Any) -> ShipmentDelivered:
    return ShipmentDelivered(
        **{
            "shipment_id": f"shp_{order_id}",
            "order_id": order_id,
            "delivered_at": EVE,
            "carrier": "UPS",
            "tracking_number": "1Z",
            "delivery_type": "front_door",
            "signature_required": False,
            "proof_of_delivery": ProofOfDelivery(),
            "recipient": Recipient(name="Ann"),
            **told,
        }
    )


def back(order_id: str, units: int = 1) -> ReturnReceived:
    return ReturnReceived(
        return_id=f"ret_{order_id}",
        shipment_id=f"shp_{order_id}",
        order_id=order_id,
        warehouse_id="wh_1",
        items=(ReturnedItem(sku="p", quantity=units, condition="new"),),
        resolution="refund",
        received_at=EVE,
    )


def cancelled(order_id: str) -> OrderCancelled:
    return OrderCancelled(
        order_id=order_id,
        user_id="cus",
        cancellation_reason="CUSTOMER_REQUEST",
        order_items=(OrderItem(product_id="p", quantity=1, unit_price_minor=1),),
        order_total_minor=1,
        currency="USD",
        order_status="cancelled",
    )
