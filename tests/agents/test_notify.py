"""From events to messages: who is told, where, and never twice."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import agents_of
from events.analytics import OrderMetrics, OrderMetricsCalculated, ReportPeriod
from events.base import Message
from events.billing import InvoiceGenerated, SubscriptionPaymentDue
from events.fraud import FraudDetected
from events.inventory import AddInventory, InventoryAdjusted, LowStockAlert, OutOfStock
from events.orders import OrderAmended, OrderCancelled, OrderFailed
from events.payments import PaymentFailed, PaymentProcessed
from events.refunds import ChargebackClosed, ChargebackOpened, RefundFailed, RefundIssued
from events.registrations import UserForgotPasswordEvent, UserSignedUpEvent
from events.shipping import (
    DeliveryFailed,
    ShipmentBookingFailed,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentInTransit,
    ShipmentRouteUpdated,
)
from events.shipping_parts import ProofOfDelivery, Recipient
from events.subscriptions import (
    PlanMigrationCompleted,
    SubscriptionRenewedEvent,
    SubscriptionSuspended,
    UserSubscriptionCancelled,
    UserSubscriptionStarted,
)
from events.types import (
    Customer,
    Money,
    Period,
    Place,
    Plan,
)
from settings import Settings
from streams.alarms import alarm
from streams.moments import DAY_MS, HOUR_MS
from streams.notifications.occasions import is_told as is_told_at_all
from streams.notifications.rules import EMAIL, NotificationRules
from tables.notifications import NOTIFICATIONS
from tests.agents.noticed import ADDRESS, ITEM, confirmed, place
from tests.agents.post_office import PostOffice
from topics import NOTIFICATIONS_EVENTS, NOTIFICATIONS_QUEUE, ORDERS_EVENTS, PAYMENTS_EVENTS


def test_a_confirmed_order_is_mailed_once_and_shown_in_the_app() -> None:
    office = PostOffice().tell(place(), confirmed())

    (mail,) = office.mails()
    assert (mail.to, mail.subject) == (("ann@example.com",), "Your order ord_1 is confirmed")
    assert "2 x Lamp: 30.00 USD" in mail.text
    assert office.statuses() == {"event-2:EMAIL": "sent", "event-2:IN_APP": "sent"}


# --- with the whole shop ---------------------------------------------------------------------


def shop(**told: Any) -> PostOffice:
    """Every agent of the application, and the notification agents."""
    agents, effects = agents_of(Settings())
    return PostOffice(
        tuple(agent for agent in agents if agent.name not in {"notify", "notifier"}),
        tuple(effect for effect in effects if not effect.name.startswith("sender-")),
        **told,
    )


def stocked(office: PostOffice) -> PostOffice:
    receipt = AddInventory(product_id="prd_1", quantity=100, warehouse_id="wh_1")
    return office.tell(receipt)


@pytest.mark.parametrize("chunk_max", [1, 1000])
def test_a_placed_order_ends_in_a_confirmation_and_a_receipt_once_each(chunk_max: int) -> None:
    office = stocked(shop(chunk_max=chunk_max)).tell(place())

    office.driver.restart().advance(60_000, step_ms=5_000)

    subjects = sorted(mail.subject for mail in office.mails())
    assert subjects.count("Your order ord_1 is confirmed") == 1
    assert subjects.count("Your receipt for order ord_1") == 1
    assert all(kept.sent == 1 for kept in office.outboxes[EMAIL].messages())
    assert len(office.said(NOTIFICATIONS_EVENTS, name="NotificationSent")) == len(
        {told.data.notification_id for told in office.said(NOTIFICATIONS_EVENTS)}
    )


def test_the_same_events_again_send_nothing_again() -> None:
    office = stocked(shop()).tell(place())
    before = office.mails()
    for topic in (ORDERS_EVENTS, PAYMENTS_EVENTS, NOTIFICATIONS_QUEUE):
        for record in list(office.driver.outputs(topic)):
            key = (record.key or b"").decode()
            office.driver.send(topic, record.value, key, headers=record.headers)

    office.driver.run()

    assert office.mails() == before
    assert all(kept.sent == 1 for kept in office.outboxes[EMAIL].messages())


# --- who is told what, and where (G-34) ------------------------------------------------------

AT = datetime(2025, 6, 16, 12, tzinfo=UTC)
DAY = date(2025, 6, 20)
PLACE = Place(city="New York", country="US")
PLAN = Plan(plan_id="plan_monthly_pro", name="Pro")
PARCEL = {"shipment_id": "shp_ord_1", "order_id": "ord_1"}
CARRIED = {**PARCEL, "carrier": "UPS", "tracking_number": "1Z"}

ALL_OUTSIDE = {"EMAIL", "SMS", "PUSH"}
MAIL_AND_APP = {"EMAIL", "IN_APP"}

SIGNED_UP = UserSignedUpEvent(user_id="cus_1", email="ann@example.com", signup_method="email")

DISPUTE: dict[str, Any] = {
    "chargeback_id": "cb_1",
    "payment_id": "pay_ord_1",
    "order_id": "ord_1",
    "amount_minor": 2_000,
    "currency": "USD",
}


def refund_refused(*, rejected: bool) -> RefundFailed:
    return RefundFailed(
        refund_id="ref_1",
        payment_id="pay_ord_1",
        order_id="ord_1",
        amount_minor=3_000,
        currency="USD",
        failure_reason="outside_window" if rejected else "provider_error",
        rejected=rejected,
    )


TOLD: list[tuple[Message, set[str], str]] = [
    (confirmed(), MAIL_AND_APP, "NORMAL"),
    (
        OrderCancelled(
            order_id="ord_1",
            user_id="cus_1",
            cancellation_reason="OUT_OF_STOCK",
            order_items=(ITEM,),
            order_total_minor=3_000,
            currency="USD",
            order_status="cancelled",
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        OrderAmended(
            order_id="ord_1",
            user_id=None,
            amendment_type="ADDRESS_CHANGE",
            amendments=(),
            new_order_total_minor=3_000,
            currency="USD",
            order_status="confirmed",
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        OrderFailed(
            order_id="ord_1",
            user_id="cus_1",
            rejection_reason="PRICE_MISMATCH",
            details=("payment.amount: 0.01, expected 0.02",),
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        PaymentProcessed(
            payment_id="pay_ord_1",
            order_id="ord_1",
            amount_minor=3_000,
            currency="USD",
            payment_method="credit_card",
            status="confirmed",
        ),
        {"EMAIL"},
        "NORMAL",
    ),
    (
        PaymentFailed(
            payment_id="pay_ord_1",
            order_id="ord_1",
            amount_minor=3_000,
            currency="USD",
            failure_reason="insufficient_funds",
            retryable=True,
        ),
        ALL_OUTSIDE,
        "HIGH",
    ),
    (
        RefundIssued(
            refund_id="ref_1",
            payment_id="pay_ord_1",
            order_id="ord_1",
            amount_minor=3_000,
            currency="USD",
            total_refunded_minor=3_000,
            payment_status="refunded",
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (refund_refused(rejected=True), MAIL_AND_APP, "NORMAL"),
    (
        FraudDetected(
            payment_id="pay_ord_1", order_id="ord_1", fraud_type="VELOCITY", severity="high"
        ),
        {"EMAIL", "SMS"},
        "HIGH",
    ),
    (
        OutOfStock(
            product_id="prd_1",
            sku="sku_1",
            warehouse_id="ALL",
            previous_quantity=1,
            current_quantity=0,
            triggered_by_order_id="ord_1",
        ),
        {"EMAIL"},
        "NORMAL",
    ),
    (
        ShipmentCreated(
            **CARRIED,
            shipping_address=ADDRESS,
            shipping_method="standard",
            packages=(),
            estimated_delivery=AT,
            shipping_cost=Money(amount_minor=599, currency="USD"),
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        ShipmentDispatched(
            **CARRIED, shipping_method="standard", estimated_delivery=AT, destination=PLACE
        ),
        ALL_OUTSIDE,
        "NORMAL",
    ),
    (
        ShipmentInTransit(
            **CARRIED,
            transit_type="domestic",
            current_location=PLACE,
            destination=PLACE,
            status="in_transit",
            estimated_delivery=AT,
            transit_history=(),
        ),
        {"IN_APP"},
        "NORMAL",
    ),
    (
        ShipmentDelivered(
            **CARRIED,
            delivered_at=AT,
            delivery_type="front_door",
            signature_required=False,
            proof_of_delivery=ProofOfDelivery(),
            recipient=Recipient(name="Ann"),
        ),
        ALL_OUTSIDE,
        "NORMAL",
    ),
    (
        DeliveryFailed(**PARCEL, failure_reason="nobody there", reason_code="CUSTOMER_UNAVAILABLE"),
        ALL_OUTSIDE,
        "HIGH",
    ),
    (
        InvoiceGenerated(
            invoice_id="inv_1",
            invoice_number="INV-2025-00001",
            customer_id="cus_1",
            type="subscription",
            line_items=(),
            subtotal_minor=2_999,
            tax_minor=240,
            total_minor=3_239,
            currency="USD",
            due_date=DAY,
            status="issued",
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        UserSubscriptionStarted(
            subscription_id="sub_1",
            user_id="cus_1",
            plan=PLAN,
            trial_period_days=0,
            start_date=DAY,
            next_billing_date=DAY,
            payment_method_id="pm_1",
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        UserSubscriptionCancelled(
            subscription_id="sub_1",
            user_id="cus_1",
            plan=PLAN,
            cancellation_reason="other",
            cancelled_by="customer",
            effective_date=DAY,
            refund_amount_minor=0,
            subscription_duration_days=30,
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        SubscriptionSuspended(
            subscription_id="sub_1",
            user_id="cus_1",
            plan=PLAN,
            suspended_at=AT,
            failed_payment_attempts=3,
        ),
        ALL_OUTSIDE,
        "HIGH",
    ),
    (
        SubscriptionPaymentDue(
            subscription_id="sub_1",
            user_id="cus_1",
            plan=PLAN,
            amount_minor=3_239,
            currency="USD",
            due_date=DAY,
            days_until_due=3,
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        SubscriptionRenewedEvent(
            subscription_id="sub_1",
            user_id="cus_1",
            plan=PLAN,
            period=Period(start=DAY, end=DAY),
            next_billing_date=DAY,
            payment_id="pay_inv_1",
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        PlanMigrationCompleted(
            subscription_id="sub_1",
            user_id="cus_1",
            from_plan=PLAN,
            to_plan=PLAN,
            effective_date=DAY,
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        ShipmentRouteUpdated(
            **PARCEL,
            route_version=2,
            reason="WEATHER_EVENT",
            previous_eta=AT,
            updated_eta=AT,
            customer_notification_required=True,
            occurred_at=AT,
        ),
        MAIL_AND_APP,
        "NORMAL",
    ),
    (
        UserForgotPasswordEvent(user_id="cus_1", email="ann@example.com", reset_token={}),
        {"EMAIL"},
        "HIGH",
    ),
]


@pytest.mark.parametrize(
    ("event", "channels", "priority"), TOLD, ids=lambda value: getattr(value, "name", "")
)
def test_an_event_is_told_by_its_channels(
    event: Message, channels: set[str], priority: str
) -> None:
    office = PostOffice().tell(SIGNED_UP, place())

    office.put(event, event_id="evt_x")
    office.driver.run()

    asked = [told.data for told in office.said(NOTIFICATIONS_QUEUE)]
    first = [told for told in asked if told.source_service != "notification-service"]
    assert {told.channel for told in first} == channels
    assert {told.priority for told in first} == {priority}
    assert {told.recipient.customer_id for told in first} == {"cus_1"}
    assert {told.idempotency_key for told in first} == {f"evt_x:{c}" for c in channels}
    if "EMAIL" in channels:
        (mail,) = office.mails()
        assert mail.subject
        assert mail.html.startswith("<!doctype html>")


# --- what is not told, or to others ----------------------------------------------------------


def adjusted(before: int, after: int) -> InventoryAdjusted:
    return InventoryAdjusted(
        adjustment_id=f"adj_{before}_{after}",
        product_id="prd_1",
        warehouse_id="wh_1",
        adjustment_type="increase",
        previous_quantity=before,
        adjusted_quantity=after - before,
        new_quantity=after,
        reason="restock",
    )


def short(*, backorder: bool, line: int | None = None) -> OutOfStock:
    return OutOfStock(
        reservation_id=None if line is None else f"ord_1:{line}",
        product_id="prd_1",
        sku="sku_1",
        warehouse_id="ALL",
        previous_quantity=1,
        current_quantity=0,
        triggered_by_order_id="ord_1",
        backorder_allowed=backorder,
    )


def fraud(severity: str) -> FraudDetected:
    return FraudDetected(
        payment_id="pay_ord_1", order_id="ord_1", fraud_type="VELOCITY", severity=severity
    )


@pytest.mark.parametrize(("beside", "receipts"), [(None, 1), ({"claimed": True}, 0)])
def test_money_that_a_renewal_took_is_told_with_its_invoice_and_not_again_with_its_order(
    beside: dict[str, Any] | None, receipts: int
) -> None:
    office = PostOffice().tell(SIGNED_UP, place())
    taken = PaymentProcessed(
        payment_id="pay_ord_1",
        order_id="ord_1",
        subscription_id="sub_1",
        user_id="cus_1",
        amount_minor=3_000,
        currency="USD",
        payment_method="credit_card",
        status="confirmed",
    )

    office.put(taken, metadata=beside)
    office.driver.run()

    assert len(office.mails()) == receipts


def asked_of(office: PostOffice) -> set[str]:
    """Who was to be told anything."""
    return {told.data.recipient.customer_id for told in office.said(NOTIFICATIONS_QUEUE)}


@pytest.mark.parametrize(
    "event",
    [
        fraud("medium"),
        refund_refused(rejected=False),
        adjusted(5, 9),
        adjusted(0, 9),
        SubscriptionPaymentDue(
            subscription_id="sub_1",
            user_id="cus_1",
            plan=PLAN,
            amount_minor=1,
            currency="USD",
            due_date=DAY,
            days_until_due=0,
        ),
        ShipmentRouteUpdated(
            **PARCEL,
            route_version=2,
            reason="WEATHER_EVENT",
            previous_eta=AT,
            updated_eta=AT,
            customer_notification_required=False,
            occurred_at=AT,
        ),
        UserForgotPasswordEvent(
            user_id="cus_1",
            email="ann@example.com",
            reset_token={},
            notification={"sentAt": "2025-06-16T12:00:00Z"},
        ),
    ],
    ids=lambda event: event.name,
)
def test_some_events_are_told_nobody(event: Message) -> None:
    office = PostOffice().tell(place(), event)

    assert office.said(NOTIFICATIONS_QUEUE) == []


@pytest.mark.parametrize(("line", "told"), [(None, 1), (1, 1), (2, 0)])
def test_what_an_amendment_or_a_substitute_could_not_have_is_missing_in_no_order(
    line: int | None, told: int
) -> None:
    office = PostOffice().tell(place(), short(backorder=False, line=line), adjusted(0, 9))

    subjects = [mail.subject for mail in office.mails()]
    assert [one for one in subjects if "out of stock" in one] == ["sku_1 is out of stock"] * told
    assert len(subjects) == 2 * told


def test_an_event_of_an_order_nobody_placed_is_told_nobody() -> None:
    office = PostOffice().tell(short(backorder=True))

    assert office.said(NOTIFICATIONS_QUEUE) == []


@pytest.mark.parametrize(
    ("days", "amount_minor", "is_told"),
    [(4, 3_239, False), (3, 3_239, True), (1, 3_239, True), (0, 3_239, False), (3, 0, False)],
)
def test_a_reminder_is_told_also_where_it_is_late_but_not_of_nothing(
    days: int, amount_minor: int, *, is_told: bool
) -> None:
    due = SubscriptionPaymentDue(
        subscription_id="sub_1",
        user_id="cus_1",
        plan=PLAN,
        amount_minor=amount_minor,
        currency="USD",
        due_date=DAY,
        days_until_due=days,
    )

    assert is_told_at_all(due, NotificationRules()) == is_told


@pytest.mark.parametrize(("amount_minor", "is_told"), [(0, False), (1, True)])
def test_nobody_has_a_receipt_for_nothing(amount_minor: int, *, is_told: bool) -> None:
    paid = PaymentProcessed(
        payment_id="pay_ord_1",
        order_id="ord_1",
        amount_minor=amount_minor,
        currency="USD",
        payment_method="credit_card",
        status="confirmed",
    )

    assert is_told_at_all(paid, NotificationRules()) == is_told


def test_critical_fraud_is_told_the_security_team_too() -> None:
    assert asked_of(PostOffice().tell(place(), fraud("high"))) == {"cus_1"}
    office = PostOffice().tell(place(), fraud("critical"))

    assert asked_of(office) == {"cus_1", "security"}
    assert ("security@flowmart.example",) in [mail.to for mail in office.mails()]


def test_low_stock_is_told_the_operators() -> None:
    low = LowStockAlert(
        product_id="prd_1", warehouse_id="wh_1", available_quantity=2, reorder_point=10
    )

    office = PostOffice().tell(low)

    (mail,) = office.mails()
    assert (mail.to, mail.subject) == (("ops@flowmart.example",), "Low stock: prd_1")


def test_what_a_service_raises_by_itself_is_told_the_operators_once() -> None:
    stuck = alarm("stuck_payment", ("pay_1",), "pay_1", 1999, "USD minor", 0)

    office = PostOffice().tell(stuck, stuck)

    (mail,) = office.mails()
    assert (mail.to, mail.subject) == (("ops@flowmart.example",), "To do: stuck payment of pay_1")
    assert "1999 USD minor" in mail.text
    assert "docs/runbooks/stuck_payment.md" in mail.text


def test_a_critical_alert_does_not_wait_behind_an_hours_other_mails() -> None:
    office = PostOffice()
    for number in range(30):
        office.tell(alarm("stuck_payment", (f"pay_{number}",), f"pay_{number}", 1, "USD minor", 0))
    waiting = len(office.mails())

    office.tell(alarm("reconciliation", ("n",), "stripe", 2, "payments", 0, severity="critical"))

    assert waiting < 30
    assert len(office.mails()) == waiting + 1
    assert office.mails()[-1].subject == "To do: reconciliation of stripe"


def test_while_mails_to_operators_wait_each_that_goes_out_says_how_many() -> None:
    office = PostOffice(recipient_max=2)
    for number in range(7):
        office.tell(alarm("stuck_payment", (f"pay_{number}",), f"pay_{number}", 1, "USD minor", 0))
    office.tell(alarm("reconciliation", ("n",), "stripe", 2, "payments", 0, severity="critical"))
    office.driver.advance(3 * HOUR_MS, step_ms=60_000)

    mails = office.mails()
    told = [re.findall(r"(\d+) more messages? to you waits?", m.text + m.html) for m in mails]
    assert told == [[], [], ["5"] * 2, ["3"] * 2, ["3"] * 2, ["1"] * 2, ["1"] * 2, []]


def test_of_an_alert_on_figures_whoever_watches_the_figures_is_told() -> None:
    moment = datetime(2025, 6, 16, tzinfo=UTC)
    on_figures = alarm("low_stock", ("all",), "all", 51, "items", 0).model_copy(
        update={"window_start": moment, "window_end": moment}
    )

    assert PostOffice().tell(on_figures).mails() == []


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        (
            ShipmentBookingFailed(
                shipment_id="shp_ord_1",
                order_id="ord_1",
                attempts=6,
                carriers_tried=("USPS", "UPS"),
                manual_fulfillment=True,
            ),
            "No carrier for shp_ord_1",
        ),
        (
            ChargebackOpened(
                **DISPUTE, reason="fraudulent", evidence_due_by=datetime(2025, 6, 23, tzinfo=UTC)
            ),
            "Dispute: 20.00 USD of payment pay_ord_1",
        ),
        (ChargebackClosed(**DISPUTE, outcome="lost"), "Dispute lost: payment pay_ord_1"),
    ],
    ids=["no carrier", "a dispute", "its end"],
)
def test_what_a_person_has_to_do_is_told_the_operators_and_no_customer(
    event: Message, subject: str
) -> None:
    office = PostOffice().tell(place(), event)

    (mail,) = office.mails()
    assert (mail.to, mail.subject) == (("ops@flowmart.example",), subject)
    assert asked_of(office) == {"ops"}


def test_who_wanted_more_than_there_is_is_told_what_is_left_and_promised_nothing() -> None:
    few = short(backorder=False).model_copy(update={"current_quantity": 1})
    office = PostOffice().tell(place(), few, adjusted(0, 9))

    (mail,) = office.mails()
    assert "We have 1 left." in mail.text
    assert "when it is back" not in mail.text


def test_more_of_what_was_there_all_along_is_no_news_to_those_who_wait() -> None:
    office = PostOffice().tell(place(), short(backorder=False))
    before = len(office.mails())

    office.tell(adjusted(5, 9))
    assert len(office.mails()) == before
    office.tell(adjusted(0, 1))

    assert len(office.mails()) == before + 1


def test_who_could_not_have_a_product_is_told_once_when_it_is_back() -> None:
    office = PostOffice().tell(place(), short(backorder=False))
    before = len(office.mails())

    office.tell(adjusted(0, 9), adjusted(0, 9))

    assert [mail.subject for mail in office.mails()[before:]] == ["prd_1 is back in stock"]


def test_who_waits_with_a_backorder_is_not_told_of_the_restock() -> None:
    office = PostOffice().tell(place(), short(backorder=True))
    before = len(office.mails())

    office.tell(adjusted(0, 9))

    assert len(office.mails()) == before


def test_only_the_first_scan_of_a_shipment_is_told() -> None:
    scan = next(event for event, _, _ in TOLD if event.name == "ShipmentInTransit")

    office = PostOffice().tell(place(), scan, scan, scan)

    assert len(office.said(NOTIFICATIONS_QUEUE)) == 1


def test_a_template_is_the_event_in_kebab_case() -> None:
    office = PostOffice().tell(place(), confirmed())

    assert {told.data.template_id for told in office.said(NOTIFICATIONS_QUEUE)} == {
        "order-confirmed"
    }


def test_an_order_does_not_change_where_an_account_is_reached() -> None:
    thief = Customer(customer_id="cus_1", email="thief@example.com")

    office = PostOffice().tell(SIGNED_UP, place(customer=thief), confirmed())

    assert [mail.to for mail in office.mails()] == [("ann@example.com",)]


# --- whatever the batches --------------------------------------------------------------------


@settings(max_examples=15)
@given(st.lists(st.sampled_from([event for event, _, _ in TOLD]), max_size=12), st.integers(1, 5))
def test_batch_boundaries_and_restarts_change_nothing(told: list[Message], chunk_max: int) -> None:
    # Topics race, so which ten of a customer's messages are this hour's is anybody's guess.
    limits = {"partitions": 2, "recipient_max": 1_000}
    whole, parted = PostOffice(**limits), PostOffice(chunk_max=chunk_max, **limits)
    for office in (whole, parted):
        office.tell(SIGNED_UP, place())
        for event in told:
            office.put(event)

    whole.driver.run()
    parted.driver.run()
    parted.driver.restart().run()

    assert whole.driver.rows(NOTIFICATIONS) == parted.driver.rows(NOTIFICATIONS)
    ids = [told.event_id for told in parted.said(NOTIFICATIONS_EVENTS)]
    assert len(ids) == len(set(ids))
    assert set(ids) == {told.event_id for told in whole.said(NOTIFICATIONS_EVENTS)}
    assert sorted(mail.key for mail in whole.mails()) == sorted(m.key for m in parted.mails())


def test_a_days_figures_are_in_the_operators_digest_next_morning() -> None:
    report = OrderMetricsCalculated(
        report_id="rep_1",
        period=ReportPeriod(date=DAY),
        metrics=OrderMetrics(
            total_orders=7, total_revenue_minor=12_300, average_order_value_minor=1_757
        ),
    )
    office = PostOffice().tell(report)

    office.driver.advance(DAY_MS, step_ms=HOUR_MS)

    (mail,) = office.mails()
    assert mail.to == ("ops@flowmart.example",)
    assert "2025-06-20: 7 orders, 123.00" in mail.text
